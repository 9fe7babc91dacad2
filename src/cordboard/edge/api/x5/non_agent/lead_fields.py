"""The members of a lead as programs send them, cut to what the field's columns hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cordboard.edge.api.x5.parameters import BLANK, Parameters

_TEXTS: Final = {
    "vendor_lead_code": 20,
    "source_id": 50,
    "title": 10,
    "first_name": 30,
    "middle_initial": 1,
    "last_name": 30,
    "address1": 100,
    "address2": 100,
    "address3": 100,
    "city": 50,
    "state": 2,
    "province": 50,
    "postal_code": 10,
    "country_code": 3,
    "email": 70,
    "security_phrase": 100,
    "comments": 255,
    "owner": 20,
}
_GENDERS: Final = ("U", "M", "F")
_FURTHEST: Final = Decimal(14)
_HIGHEST_RANK: Final = 99_999


def given_fields(given: Parameters) -> dict[str, Any]:
    """The fields of a lead that a request has, by their names in `Lead`; `--BLANK--` empties one."""
    found: dict[str, Any] = {}
    for name, longest in _TEXTS.items():
        if given.raw(name):
            found[name] = "" if given.raw(name) == BLANK else given.text(name, most=longest)
    for name, read in _READERS.items():
        if given.raw(name) and (value := read(given, name)) is not None:
            found[name] = value
    return found


def _digits(given: Parameters, name: str) -> str:
    return "" if given.raw(name) == BLANK else given.digits(name, most=12)


def _gender(given: Parameters, name: str) -> str | None:
    return given.choice(name) if given.choice(name) in _GENDERS else None


def _date(given: Parameters, name: str) -> date | None:
    try:
        return date.fromisoformat(given.raw(name).strip())
    except ValueError:
        return None


def _offset(given: Parameters, name: str) -> Decimal | None:
    try:
        value = Decimal(given.raw(name).strip())
    except InvalidOperation:
        return None
    return round(value, 2) if value.is_finite() and abs(value) <= _FURTHEST else None


def _rank(given: Parameters, name: str) -> int | None:
    value = given.whole(name)
    return None if value is None else max(-_HIGHEST_RANK, min(_HIGHEST_RANK, value))


def _count(given: Parameters, name: str) -> int | None:
    digits = given.digits(name, most=5)
    return int(digits) if digits else None


_READERS: Final[Mapping[str, Callable[[Parameters, str], Any]]] = {
    "alt_phone": _digits,
    "gender": _gender,
    "date_of_birth": _date,
    "gmt_offset_now": _offset,
    "rank": _rank,
    "called_count": _count,
}
