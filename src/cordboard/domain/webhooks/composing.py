"""The HTTP request of a delivery, made of its target and its event; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlencode

import msgspec

from cordboard.domain.webhooks.errors import UnsendableError
from cordboard.domain.webhooks.models import FORM_BODY, JSON_BODY, METHODS_WITH_BODY, Delivery, Target
from cordboard.domain.webhooks.signing import signature_headers
from cordboard.domain.webhooks.variables import JSON_VARIABLES, fields_of, scope_of
from cordboard.engines.templates.json_bodies import render_json
from cordboard.engines.templates.variables import render

_CONTENT_TYPE: Final = "Content-Type"
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NAME_ESCAPES: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
_MASK: Final = "***"
_PAIRS: Final = json.JSONDecoder(object_pairs_hook=list)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent. `sensitive` names the headers that authorise us."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None
    sensitive: frozenset[str]

    def shown_headers(self) -> str:
        """The headers for a log, a line each, without what authorises."""
        return "\n".join(
            f"{name}: {_MASK if name in self.sensitive else value}" for name, value in self.headers.items()
        )


def compose(target: Target, delivery: Delivery, now: datetime) -> Request:
    """The request. Raises UnsendableError when a header's value would hold a line break or a control character."""
    scope = _Scope(delivery.payload)
    body, content_type = _body(target, delivery, scope) if target.method in METHODS_WITH_BODY else (None, None)
    own = _rendered(target.headers, scope)
    auth = {name: value for name, value in _rendered(target.auth_headers, scope).items() if not _has(own, name)}
    headers = _merged({_CONTENT_TYPE: content_type} if content_type else {}, target.common_headers, scope, auth, own)
    if content_type and target.content_type not in (JSON_BODY, FORM_BODY):
        headers = {name: value for name, value in headers.items() if name.lower() != _CONTENT_TYPE.lower()}
        headers[_CONTENT_TYPE] = content_type  # only we know the boundary
    if target.secrets:
        headers.update(signature_headers(target.secrets, delivery.message_id, now, body))
    return Request(
        method=target.method,
        url=render(target.url, scope.values, escape=_in_url) if "%" in target.url else target.url,
        headers=headers,
        body=body,
        sensitive=frozenset(auth),
    )


class _Scope:
    """The event's variables, read when the first one is asked for: most bodies need none."""

    def __init__(self, payload: str) -> None:
        self._payload = payload
        self._values: dict[str, str] | None = None

    @property
    def values(self) -> dict[str, str]:
        if self._values is None:
            self._values = scope_of(self._payload)
        return self._values


def _body(target: Target, delivery: Delivery, scope: _Scope) -> tuple[bytes, str]:
    """The body and its type."""
    template = target.body_template
    if target.content_type == JSON_BODY:
        text = render_json(template, scope.values, raw=JSON_VARIABLES) if template.strip() else delivery.payload
        return text.encode(), "application/json"
    if target.content_type == FORM_BODY:
        return _form(template, delivery, scope).encode(), "application/x-www-form-urlencoded"
    boundary = f"cordboard-{delivery.message_id.hex}"
    return _multipart(_fields(template, delivery, scope), boundary), f"multipart/form-data; boundary={boundary}"


def _form(template: str, delivery: Delivery, scope: _Scope) -> str:
    """A template that is written as a form, `a=%%TO%%&b=1`, keeps its shape; its values are encoded."""
    if template.strip() and _members(template) is None:
        return render(template.strip(), scope.values, escape=_in_form)
    return urlencode(_fields(template, delivery, scope))


def _fields(template: str, delivery: Delivery, scope: _Scope) -> list[tuple[str, str]]:
    """The form's fields: of a JSON object or of `a=1&b=2` in the template, else the event's members."""
    if not template.strip():
        return fields_of(delivery.payload)
    pairs = _members(template)
    if pairs is None:
        split = (pair.partition("=") for pair in template.strip().split("&"))
        pairs = [(name.strip(), value) for name, _, value in split]
    return [(name, render(value, scope.values)) for name, value in pairs]


def _members(template: str) -> list[tuple[str, str]] | None:
    """The members of a template that is a JSON object, in order; None for any other text."""
    if not template.lstrip().startswith("{"):
        return None
    try:
        pairs: list[tuple[str, Any]] = _PAIRS.decode(template)
    except (ValueError, RecursionError):
        return None
    return [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in pairs]


def _multipart(fields: list[tuple[str, str]], boundary: str) -> bytes:
    """RFC 7578: a part a field."""
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name.translate(_NAME_ESCAPES)}"\r\n\r\n{value}\r\n'
        for name, value in fields
    )
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


def _rendered(headers: Mapping[str, str], scope: _Scope) -> dict[str, str]:
    """Headers with their variables replaced. Raises UnsendableError."""
    rendered = {}
    for name, value in headers.items():
        rendered[name] = render(value, scope.values) if "%" in value else value
        if _UNSAFE.search(rendered[name]):
            raise UnsendableError(f"the header {name} would hold a line break or a control character")
    return rendered


def _merged(
    base: dict[str, str], common: Mapping[str, str], scope: _Scope, auth: Mapping[str, str], own: Mapping[str, str]
) -> dict[str, str]:
    """Later headers replace earlier ones of the same name in any case of letters."""
    by_name: dict[str, tuple[str, str]] = {}
    for headers in (base, _rendered(common, scope), auth, own):
        by_name.update((name.lower(), (name, value)) for name, value in headers.items())
    return dict(by_name.values())


def _has(headers: Mapping[str, str], name: str) -> bool:
    return any(name.lower() == other.lower() for other in headers)


def _in_url(_name: str, value: str) -> str:
    return quote(value, safe="")


def _in_form(_name: str, value: str) -> str:
    return quote_plus(value)
