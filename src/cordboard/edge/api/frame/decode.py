"""Bodies and queries into structs: scalars in either spelling (ruling 5), one error for each bad field (ruling 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar, get_type_hints

import msgspec

from cordboard.kit.errors import FieldError, InvalidInputError, UnsupportedMediaError

T = TypeVar("T", bound=msgspec.Struct)

_MESSAGE = re.compile(r"^(?P<problem>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_FORM_TYPES = ("multipart/", "application/x-www-form-urlencoded", "application/xml", "text/xml")
_TRUE_WORDS = {"true": True, "false": False}


def decode_body(kind: type[T], raw: bytes, content_type: str) -> T:
    """The body as `kind`. Null means not given; unknown members are ignored. Raises InvalidInputError,
    UnsupportedMediaError.
    """
    if content_type.lower().startswith(_FORM_TYPES):
        raise UnsupportedMediaError(f"send application/json, not {content_type.split(';')[0]}")
    try:
        members = msgspec.json.decode(raw or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError.of("body", f"is not JSON: {error}") from error
    if not isinstance(members, dict):
        raise InvalidInputError.of("body", "must be a JSON object")
    return build(kind, members)


def decode_query(kind: type[T], pairs: Iterable[tuple[str, str]]) -> T:
    """The query as `kind`; an empty value means not given."""
    return build(kind, {name: value for name, value in pairs if value != ""})


def build(kind: type[T], members: Mapping[str, Any]) -> T:
    """A `kind` from named values, each field by itself so that every bad one is named."""
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, wire_name, hint, required in _fields(kind):
        value = members.get(wire_name)
        if value is None:
            if required:
                errors.append(FieldError(wire_name, "is required"))
            continue
        try:
            values[name] = msgspec.convert(_lenient(value, hint), hint, strict=False, str_keys=True)
        except msgspec.ValidationError as error:
            errors.append(_field_error(wire_name, str(error)))
    if errors:
        raise InvalidInputError(errors)
    return kind(**values)


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, Any, bool], ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple((f.name, f.encode_name, hints[f.name], f.required) for f in msgspec.structs.fields(kind))


def _lenient(value: Any, hint: Any) -> Any:
    """Booleans spelled "true" or "false" in any case; everything else is left to msgspec's lax mode."""
    if isinstance(value, str) and _takes_bool(hint):
        return _TRUE_WORDS.get(value.strip().lower(), value)
    return value


@cache
def _takes_bool(hint: Any) -> bool:
    return hint is bool or bool in getattr(hint, "__args__", ())


def _field_error(name: str, message: str) -> FieldError:
    match = _MESSAGE.match(message)
    problem, path = (match["problem"], match["path"] or "") if match else (message, "")
    return FieldError(name + path, problem.replace("`", "").lower())
