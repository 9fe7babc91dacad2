"""The settings that numbers, number sets and short codes share: read, checked and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from cordboard.domain.numbers.models import URL_FIELDS, NumberChanges, method_of
from cordboard.infra.http import check_url
from cordboard.kit.errors import FieldError, InvalidInputError

_LONGEST_NAME: Final = 255
_LONGEST_KEYWORD: Final = 160
_MOST_KEYWORDS: Final = 200

HttpMethod = Literal["GET", "POST"]


class NumberSettings(msgspec.Struct, rename="camel", kw_only=True):
    """Each URL has a method, GET or POST; an empty URL unsets it. `keywordActions` maps a text to `{"campaignId":
    ...}`.
    """

    voice_url: str | None = None
    voice_method: HttpMethod | None = None
    voice_fallback_url: str | None = None
    voice_fallback_method: HttpMethod | None = None
    sms_url: str | None = None
    sms_method: HttpMethod | None = None
    sms_fallback_url: str | None = None
    sms_fallback_method: HttpMethod | None = None
    heartbeat_url: str | None = None
    heartbeat_method: HttpMethod | None = None
    hangup_callback_url: str | None = None
    hangup_callback_method: HttpMethod | None = None
    friendly_name: str | None = None
    keyword_actions: dict[str, dict[str, Any]] | None = None


class NumberSetBody(NumberSettings, rename="camel", kw_only=True):
    """The settings that a set pushes to its members; `phoneNumbers` counts where the set is made."""

    name: str | None = None
    forward_number: str | None = None
    caller_id_name: str | None = None
    phone_numbers: list[str] = []


def changes_of(body: NumberSettings, *, allow_private: bool) -> NumberChanges:
    """The settings that a body gives, checked. Raises InvalidInputError naming each bad one."""
    given: dict[str, Any] = {name: value for name, value in msgspec.to_builtins(body).items() if value is not None}
    members = (*URL_FIELDS, *map(method_of, URL_FIELDS))
    urls = {name: str(given[name]) for name in members if name in given}
    errors = [
        FieldError(name, problem)
        for name in URL_FIELDS
        if urls.get(name) and (problem := check_url(urls[name], allow_private))
    ]
    errors += _long_names(given) + _bad_keywords(body.keyword_actions)
    if errors:
        raise InvalidInputError(errors)
    return NumberChanges(
        friendly_name=given.get("friendlyName"),
        urls=urls,
        keyword_actions=body.keyword_actions,
        name=given.get("name"),
        forward_number=given.get("forwardNumber"),
        caller_id_name=given.get("callerIdName"),
    )


def render_urls(urls: Mapping[str, str]) -> dict[str, str]:
    """Every URL with its method, as the reference shows them: POST where none was set."""
    shown: dict[str, str] = {}
    for name in URL_FIELDS:
        shown[name] = urls.get(name, "")
        shown[method_of(name)] = urls.get(method_of(name)) or "POST"
    return shown


def _long_names(given: Mapping[str, Any]) -> list[FieldError]:
    return [
        FieldError(name, f"may have {_LONGEST_NAME} characters")
        for name in ("friendlyName", "name", "forwardNumber", "callerIdName")
        if len(given.get(name, "")) > _LONGEST_NAME
    ]


def _bad_keywords(actions: Mapping[str, Mapping[str, Any]] | None) -> list[FieldError]:
    if not actions:
        return []
    errors = []
    if len(actions) > _MOST_KEYWORDS:
        errors.append(FieldError("keywordActions", f"has {len(actions)} keywords; at most {_MOST_KEYWORDS} are kept"))
    for word, action in actions.items():
        if not word.strip() or len(word) > _LONGEST_KEYWORD:
            errors.append(FieldError("keywordActions", f"a keyword must have 1 to {_LONGEST_KEYWORD} characters"))
        if not isinstance(action.get("campaignId"), str) or not action["campaignId"]:
            errors.append(FieldError(f"keywordActions.{word[:40]}", 'must be {"campaignId": "..."}'))
    return errors
