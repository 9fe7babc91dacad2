"""The free-form data of a contact: checked, normalised, and what is computed from it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from cordboard.domain.contacts.models import PHONE_FIELD, ConflictMode
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.phone import parse_number
from cordboard.kit.timezones import UNKNOWN, timezone_of_number, timezone_of_zip

MOST_FIELDS: Final = 200
LONGEST_NAME: Final = 64
LONGEST_VALUE: Final = 4096
MOST_KEYS: Final = 20
LONGEST_KEY: Final = 255

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE_NAME: Final = re.compile(r"phonenumber\d+", re.ASCII)
_EMAIL_NAME: Final = re.compile(r"email\d+", re.ASCII)
_LETTERS_NAME: Final = re.compile(r"(?:state|country)\d+", re.ASCII)
_TWO_LETTERS: Final = re.compile(r"[A-Za-z]{2}")
_PHONE_KEY: Final = re.compile(r"\+[\d ().-]+", re.ASCII)


def clean_ext_data(given: Mapping[str, Any]) -> dict[str, str]:
    """`given` with lower-case names and text values; null leaves a field out. Raises InvalidInputError naming each bad
    field.
    """
    require_few_fields(given)
    cleaned: dict[str, str] = {}
    errors: list[FieldError] = []
    for name, value in given.items():
        if value is None:
            continue
        lower = name.strip().lower()
        try:
            cleaned[lower] = _clean(lower, value)
        except ValueError as problem:
            errors.append(FieldError(f"extData.{name[:LONGEST_NAME]}", str(problem)))
    if errors:
        raise InvalidInputError(errors)
    return cleaned


def require_few_fields(ext_data: Mapping[str, Any]) -> None:
    """Raises InvalidInputError when a contact would have more fields than are kept."""
    if len(ext_data) > MOST_FIELDS:
        raise InvalidInputError.of("extData", f"has {len(ext_data)} fields; at most {MOST_FIELDS} are kept")


def clean_keys(given: Iterable[str], field: str, *, most: int = MOST_KEYS) -> list[str]:
    """Look-up keys without repeats, in order; what is a phone number becomes E.164. Raises InvalidInputError."""
    keys = list(dict.fromkeys(_key(key.strip()) for key in given if key.strip()))
    require_few_keys(keys, field, most=most)
    if any(len(key) > LONGEST_KEY for key in keys):
        raise InvalidInputError.of(field, f"must be keys of at most {LONGEST_KEY} characters")
    return keys


def require_few_keys(keys: list[str], field: str, *, most: int = MOST_KEYS) -> None:
    """Raises InvalidInputError when there are more keys than a contact keeps, or `most`."""
    if len(keys) > most:
        raise InvalidInputError.of(field, f"has {len(keys)} keys; at most {most} may be given")


def with_computed_keys(keys: Iterable[str], ext_data: Mapping[str, str]) -> list[str]:
    """The keys, and the number of the contact's phone."""
    phone = ext_data.get(PHONE_FIELD)
    return list(dict.fromkeys([*keys, phone] if phone else keys))


def merge_ext_data(present: Mapping[str, str], given: Mapping[str, str], mode: ConflictMode) -> dict[str, str]:
    """What is there and what is given: REPLACE keeps what is given only, APPEND prefers what is there, OVERWRITE what
    is given. Raises InvalidInputError when both together are too much.
    """
    match mode:
        case "REPLACE":
            merged = dict(given)
        case "APPEND":
            merged = {**given, **present}
        case _:
            merged = {**present, **given}
    require_few_fields(merged)
    return merged


def timezone_of(ext_data: Mapping[str, str]) -> int:
    """The time zone's id by country and postal code, else by the phone's prefix. No country means the US."""
    by_zip = timezone_of_zip(ext_data.get("country1") or "US", ext_data.get("zip1", ""))
    if by_zip is not None:
        return by_zip
    phone = ext_data.get(PHONE_FIELD)
    return timezone_of_number(phone) if phone else UNKNOWN


def _key(key: str) -> str:
    return (parse_number(key) or key) if _PHONE_KEY.fullmatch(key) else key


def _clean(name: str, value: Any) -> str:
    """The value as it is kept. Raises ValueError with the problem."""
    if not 1 <= len(name) <= LONGEST_NAME:
        raise ValueError(f"must have a name of 1 to {LONGEST_NAME} characters")
    text = _text(value)
    if len(text) > LONGEST_VALUE:
        raise ValueError(f"has {len(text)} characters; at most {LONGEST_VALUE} are kept")
    return _formatted(name, text) if text else text


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool() | int() | float():
            return msgspec.json.encode(value).decode()
        case _:
            raise ValueError("must be a text")


def _formatted(name: str, text: str) -> str:
    """The value of a field whose name promises a format (as the reference's Contacts page lists them)."""
    if _PHONE_NAME.fullmatch(name):
        number = parse_number(text)
        if number is None:
            raise ValueError("is not a phone number; send it as +19495551234")
        return number
    if _EMAIL_NAME.fullmatch(name) and not _EMAIL.fullmatch(text):
        raise ValueError("is not an e-mail address; send it as name@example.com")
    if _LETTERS_NAME.fullmatch(name):
        if not _TWO_LETTERS.fullmatch(text):
            raise ValueError("must be two letters, such as CA")
        return text.upper()
    return text


def has_format(name: str) -> bool:
    """Whether the name of a field, in lower case, promises a format of its values."""
    return any(pattern.fullmatch(name) for pattern in (_PHONE_NAME, _EMAIL_NAME, _LETTERS_NAME))


def clean_value(name: str, value: Any) -> str:
    """The value of a field whose name is in lower case, as it is kept. Raises ValueError with the problem."""
    return _clean(name, value)
