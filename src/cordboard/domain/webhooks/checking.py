"""The rules that a customer's configurations must keep; a bad one names every field that breaks one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from cordboard.domain.webhooks.judging import path_problem
from cordboard.domain.webhooks.models import CONTENT_TYPES, EVENT_TYPES, HTTP_OK, METHODS, Webhook
from cordboard.engines.templates.variables import render, variables
from cordboard.infra.http import check_url
from cordboard.kit.errors import FieldError, InvalidInputError

_LONGEST_NAME: Final = 255
_LONGEST_DESCRIPTION: Final = 2_000
_LONGEST_TEMPLATE: Final = 64 * 1024
_LONGEST_HEADER: Final = 4_096
_LARGEST_STRATEGY: Final = 4_096
_MOST_HEADERS: Final = 50
_MOST_MAPPED: Final = 50
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")  # RFC 9110, 5.6.2
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OURS: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"}
    | {"webhook-id", "webhook-timestamp", "webhook-signature"}
)


def check_connection(name: str, description: str, headers: Mapping[str, str], auth_headers: Mapping[str, str]) -> None:
    """Raises InvalidInputError unless a common configuration may be so."""
    errors = [
        *_name_problems(name),
        *header_problems("headers", headers),
        *header_problems("authHeaders", auth_headers),
    ]
    if len(description) > _LONGEST_DESCRIPTION:
        errors.append(FieldError("description", f"may have {_LONGEST_DESCRIPTION} characters"))
    if errors:
        raise InvalidInputError(errors)


def check_webhook(webhook: Webhook, *, allow_private: bool) -> None:
    """Raises InvalidInputError unless a configuration may be so."""
    errors = [
        *_choice_problems("eventType", webhook.event_type, EVENT_TYPES),
        *_name_problems(webhook.name),
        *_url_problems(webhook.url, allow_private=allow_private),
        *_choice_problems("httpMethod", webhook.http_method, METHODS),
        *_choice_problems("contentType", webhook.content_type, CONTENT_TYPES),
        *header_problems("headers", webhook.headers),
        *_success_problems(webhook),
        *_mapping_problems("responseMapping", webhook.response_mapping),
        *_mapping_problems("errorResponseMapping", webhook.error_response_mapping),
    ]
    if len(webhook.body_template) > _LONGEST_TEMPLATE:
        errors.append(FieldError("bodyTemplate", f"may have {_LONGEST_TEMPLATE} characters"))
    if len(msgspec.json.encode(webhook.failure_strategy)) > _LARGEST_STRATEGY:
        errors.append(FieldError("failureStrategy", f"may have {_LARGEST_STRATEGY} bytes"))
    if errors:
        raise InvalidInputError(errors)


def header_problems(field: str, headers: Mapping[str, str]) -> list[FieldError]:
    """What is wrong with headers that somebody wants sent."""
    errors = []
    if len(headers) > _MOST_HEADERS:
        errors.append(FieldError(field, f"has {len(headers)} headers; at most {_MOST_HEADERS} are sent"))
    for name, value in headers.items():
        where = f"{field}.{name[:128]}"
        if not _TOKEN.fullmatch(name):
            errors.append(FieldError(where, "is not a header name: letters, digits and hyphens"))
        elif name.lower() in _OURS:
            errors.append(FieldError(where, "is set by the platform; leave it out"))
        if _CONTROL.search(value):
            errors.append(FieldError(where, "must not hold line breaks or control characters"))
        if len(value) > _LONGEST_HEADER:
            errors.append(FieldError(where, f"may have {_LONGEST_HEADER} characters"))
    return errors


def _name_problems(name: str) -> list[FieldError]:
    if not name.strip():
        return [FieldError("name", "is required")]
    if len(name) > _LONGEST_NAME:
        return [FieldError("name", f"may have {_LONGEST_NAME} characters")]
    return []


def _choice_problems(field: str, value: str, choices: Collection[str]) -> list[FieldError]:
    if not value:
        return [FieldError(field, "is required")]
    return [] if value in choices else [FieldError(field, f"must be one of {', '.join(choices)}")]


def _url_problems(url: str, *, allow_private: bool) -> list[FieldError]:
    """A URL may hold variables; it is judged as if each stood for a letter."""
    if not url:
        return [FieldError("url", "is required")]
    problem = check_url(render(url, dict.fromkeys(variables(url), "x")), allow_private)
    return [FieldError("url", problem)] if problem else []


def _success_problems(webhook: Webhook) -> list[FieldError]:
    errors = []
    if webhook.success_path != HTTP_OK and (problem := path_problem(webhook.success_path)):
        errors.append(FieldError("successPath", f"{problem}; or {HTTP_OK}"))
    if len(webhook.success_value) > _LONGEST_NAME:
        errors.append(FieldError("successValue", f"may have {_LONGEST_NAME} characters"))
    return errors


def _mapping_problems(field: str, mapping: Mapping[str, str]) -> list[FieldError]:
    errors = []
    if len(mapping) > _MOST_MAPPED:
        errors.append(FieldError(field, f"has {len(mapping)} variables; at most {_MOST_MAPPED} are kept"))
    for name, path in mapping.items():
        if not name.strip() or len(name) > _LONGEST_NAME:
            errors.append(FieldError(field, f"a variable's name must have 1 to {_LONGEST_NAME} characters"))
        elif problem := path_problem(path):
            errors.append(FieldError(f"{field}.{name}", problem))
    return errors
