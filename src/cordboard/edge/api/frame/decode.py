"""Bodies and queries into structs: booleans and integers as such or as texts, one error for each bad field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec

from cordboard.kit.errors import FieldError, InvalidInputError, UnsupportedMediaError

T = TypeVar("T", bound=msgspec.Struct)

_MESSAGE: Final = re.compile(r"^(?P<problem>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_MISMATCH: Final = re.compile(r"Expected (?P<wanted>[a-z |]+), got (?P<given>[a-z]+)")
_WORDS: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "uuid": "a UUID",
}
# Clients that send what a text box holds name it text/plain; it is JSON all the same.
_JSON_TYPE: Final = re.compile(r"(application/([\w.-]+\+)?json|text/(json|plain)|\*/\*|) *(;.*)?", re.IGNORECASE)
_TRUE_WORDS: Final = {"true": True, "false": False}
_DEEPEST: Final = 64
_TOO_DEEP: Final = f"is nested more than {_DEEPEST} levels deep"
_NO_NUL: Final = "must not contain the character U+0000"
_SMALLEST_INT, _LARGEST_INT = -(2**63), 2**63 - 1
_MOST_PARAMETERS: Final = 1000


def parse_body(raw: bytes, content_type: str, bare_list: str = "") -> dict[str, Any]:
    """The members of a JSON body; none for an empty one. A list is the member `bare_list`, where there is one. Raises
    InvalidInputError, UnsupportedMediaError.
    """
    if not raw:
        return {}
    if not _JSON_TYPE.fullmatch(content_type):
        raise UnsupportedMediaError(f"send application/json, not {content_type.split(';')[0]}")
    try:
        members = msgspec.json.decode(raw)
    except RecursionError as error:
        raise InvalidInputError.of("body", _TOO_DEEP) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError.of("body", f"is not JSON: {error}") from error
    if bare_list and isinstance(members, list):
        return {bare_list: members}
    if not isinstance(members, dict):
        raise InvalidInputError.of("body", "must be a JSON object")
    return members


def parse_query(raw: bytes) -> dict[str, str]:
    """The parameters of a query string, the last of each name; an empty value means not given. Raises
    InvalidInputError.
    """
    if not raw:
        return {}
    try:
        return dict(parse_qsl(raw.decode("latin-1"), max_num_fields=_MOST_PARAMETERS))
    except ValueError as error:
        raise InvalidInputError.of("query", f"may have {_MOST_PARAMETERS} parameters") from error


def build(kind: type[T], members: Mapping[str, Any]) -> T:
    """A `kind` from named values, each field by itself so that every bad one is named. Null means not given; unknown
    members are ignored.
    """
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, wire_name, hint, required in _fields(kind):
        value = members.get(wire_name)
        if value is None:
            if required:
                errors.append(FieldError(wire_name, "is required"))
            continue
        try:
            values[name] = _converted(wire_name, value, hint)
        except InvalidInputError as error:
            errors += error.errors
    if errors:
        raise InvalidInputError(errors)
    return kind(**values)


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str, Any, bool], ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple((f.name, f.encode_name, hints[f.name], f.required) for f in msgspec.structs.fields(kind))


def _converted(name: str, value: Any, hint: Any) -> Any:
    """`value` as `hint` asks. Raises InvalidInputError."""
    if flaw := _flaw(value):
        raise InvalidInputError.of(name + flaw[0], flaw[1])
    try:
        converted = msgspec.convert(_lenient(value, hint), hint, strict=False, str_keys=True)
    except msgspec.ValidationError as error:
        raise InvalidInputError([_field_error(name, str(error), hint)]) from error
    if isinstance(converted, int) and (flaw := _flaw(converted)):  # it may have come as a string of digits
        raise InvalidInputError.of(name, flaw[1])
    return converted


def _flaw(value: Any, depth: int = 1) -> tuple[str, str] | None:
    """Where in a decoded value and why no column could keep it: U+0000, an integer past 64 bits, bottomless nesting."""
    if isinstance(value, str):
        return ("", _NO_NUL) if "\0" in value else None
    if isinstance(value, int):
        return None if _SMALLEST_INT <= value <= _LARGEST_INT else ("", "must fit into 64 bits")
    if isinstance(value, (dict, list)):
        if depth >= _DEEPEST:
            return "", _TOO_DEEP
        return _flaw_in_members(value, depth) if isinstance(value, dict) else _flaw_in_items(value, depth)
    return None


def _flaw_in_members(value: dict[str, Any], depth: int) -> tuple[str, str] | None:
    for key, item in value.items():
        if "\0" in key:
            return "", _NO_NUL
        if flaw := _flaw(item, depth + 1):
            return f".{key}{flaw[0]}", flaw[1]
    return None


def _flaw_in_items(value: list[Any], depth: int) -> tuple[str, str] | None:
    for index, item in enumerate(value):
        if flaw := _flaw(item, depth + 1):
            return f"[{index}]{flaw[0]}", flaw[1]
    return None


def _lenient(value: Any, hint: Any) -> Any:
    """Booleans spelled "true" or "false" in any case; everything else is left to msgspec's lax mode."""
    if isinstance(value, str) and _takes_bool(hint):
        return _TRUE_WORDS.get(value.strip().lower(), value)
    return value


@cache
def _takes_bool(hint: Any) -> bool:
    return hint is bool or bool in getattr(hint, "__args__", ())


def _field_error(name: str, message: str, hint: Any) -> FieldError:
    """A message of msgspec in words for whoever wrote the request: it names the types of Python."""
    match = _MESSAGE.match(message)
    problem, path = (match["problem"], match["path"] or "") if match else (message, "")
    problem = problem.replace("`", "")
    if problem.startswith("Invalid enum value") and not path and (choices := _choices(hint)):
        return FieldError(name, f"must be one of {', '.join(choices)}")
    if problem.startswith("Expected str matching") and (words := _described(hint)):
        return FieldError(name + path, f"must be made of {words}")
    if mismatch := _MISMATCH.fullmatch(problem):
        wanted, given = (_in_words(mismatch[place]) for place in ("wanted", "given"))
        return FieldError(name + path, f"must be {wanted}, not {given}")
    return FieldError(name + path, problem[:1].lower() + problem[1:])


def _in_words(types: str) -> str:
    """`str | null` as `text`: what is null counts as not given, so it is nothing to ask for."""
    names = [one for one in types.split(" | ") if one != "null"] or ["null"]
    return " or ".join(_WORDS.get(one, one) for one in names)


@cache
def _described(hint: Any) -> str:
    """What the pattern of a type asks for, in the words of its description; also of one beside None."""
    for one in (hint, *get_args(hint)):
        for meta in getattr(one, "__metadata__", ()):
            if isinstance(meta, msgspec.Meta) and meta.pattern and meta.description:
                return meta.description
    return ""


@cache
def _choices(hint: Any) -> tuple[str, ...]:
    """The values that a Literal allows, also one beside None."""
    if get_origin(hint) is Literal:
        return tuple(map(str, get_args(hint)))
    return tuple(choice for one in get_args(hint) for choice in _choices(one))
