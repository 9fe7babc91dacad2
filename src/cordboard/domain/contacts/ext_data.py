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
_PHONE_NAME: Final = re.compile(r"phonenumber\d+")
_EMAIL_NAME: Final = re.compile(r"email\d+")
_LETTERS_NAME: Final = re.compile(r"(?:state|country)\d+")
_TWO_LETTERS: Final = re.compile(r"[A-Za-z]{2}")


def clean_ext_data(given: Mapping[str, Any]) -> dict[str, str]:
    """`given` with lower-case names and text values; null leaves a field out. Raises InvalidInputError naming each bad
    field.
    """
    cleaned: dict[str, str] = {}
    errors: list[FieldError] = []
    for name, value in given.items():
        if value is None:
            continue
        lower = name.strip().lower()
        text, problem = _clean(lower, value if isinstance(value, str) else msgspec.json.encode(value).decode())
        if problem:
            errors.append(FieldError(f"extData.{name[:LONGEST_NAME]}", problem))
        cleaned[lower] = text
    if len(cleaned) > MOST_FIELDS:
        errors.append(FieldError("extData", f"has {len(cleaned)} fields; at most {MOST_FIELDS} are kept"))
    if errors:
        raise InvalidInputError(errors)
    return cleaned


def clean_keys(given: Iterable[str], field: str) -> list[str]:
    """Look-up keys without repeats, in order; what is a phone number becomes E.164. Raises InvalidInputError."""
    keys = list(dict.fromkeys(key.strip() for key in given if key.strip()))
    if len(keys) > MOST_KEYS:
        raise InvalidInputError.of(field, f"has {len(keys)} keys; at most {MOST_KEYS} are kept")
    if any(len(key) > LONGEST_KEY for key in keys):
        raise InvalidInputError.of(field, f"a key may have {LONGEST_KEY} characters")
    return list(dict.fromkeys(_key(key) for key in keys))


def with_computed_keys(keys: Iterable[str], ext_data: Mapping[str, str]) -> list[str]:
    """The keys, and the number of the contact's phone."""
    phone = ext_data.get(PHONE_FIELD)
    return list(dict.fromkeys([*keys, phone] if phone else keys))


def merge_ext_data(present: Mapping[str, str], given: Mapping[str, str], mode: ConflictMode) -> dict[str, str]:
    """What is there and what is given, by `mode`; REJECT refuses fields that are there with another value."""
    if mode == "REPLACE":
        return dict(given)
    if mode == "APPEND":
        return {**given, **present}
    if mode == "REJECT":
        clashes = [name for name, value in given.items() if present.get(name, value) != value]
        if clashes:
            raise InvalidInputError(
                [FieldError(f"extData.{name}", "has another value; conflictMode REJECT keeps it") for name in clashes]
            )
    return {**present, **given}


def timezone_of(ext_data: Mapping[str, str]) -> int:
    """The time zone's id by country and postal code, else by the phone's prefix."""
    code = ext_data.get("zip1", "")
    by_zip = timezone_of_zip(ext_data.get("country1", "US"), code) if code else None
    if by_zip is not None:
        return by_zip
    phone = ext_data.get(PHONE_FIELD)
    return timezone_of_number(phone) if phone else UNKNOWN


def _key(key: str) -> str:
    digits = key.lstrip("+").replace("-", "").replace(" ", "")
    return (parse_number(key) or key) if digits.isdecimal() and key.startswith("+") else key


def _clean(name: str, value: str) -> tuple[str, str | None]:
    """The value as it is kept, or the problem with it."""
    if not name or len(name) > LONGEST_NAME:
        return value, f"a field's name must have 1 to {LONGEST_NAME} characters"
    if len(value) > LONGEST_VALUE:
        return value, f"may have {LONGEST_VALUE} characters"
    if not value:
        return value, None
    if _PHONE_NAME.fullmatch(name):
        number = parse_number(value)
        return number or value, None if number else "is not a phone number; send it as +19495551234"
    if _EMAIL_NAME.fullmatch(name) and not _EMAIL.fullmatch(value):
        return value, "is not an e-mail address"
    if _LETTERS_NAME.fullmatch(name):
        return value.upper(), None if _TWO_LETTERS.fullmatch(value) else "must be two letters"
    return value, None
