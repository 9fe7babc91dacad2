"""Lines of rate cards as people write them: the file of `cordboard rates import`, CSV with the columns of `COLUMNS`,
and what `cordboard rates set` is told.

Amounts are decimals of the currency, percentages decimals too (`8.25`); an empty cell says nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

from cordboard.domain.billing.models import EVERY_SERVICE, NUMBER_TYPES, SERVICES, Rate
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.money import from_micros, to_micros

VALUES: Final = ("price", "surcharge", "surcharge_percent", "tax_percent")
COLUMNS: Final = ("account", "service", "number_type", "prefix", *VALUES)
_PREFIX: Final = re.compile(r"\+?\d{0,15}", re.ASCII)
_LARGEST: Final = to_micros("1000000")
_MOST_LINES: Final = 100_000
_MOST_ERRORS: Final = 20


def read_rates(path: Path) -> list[Rate]:
    """The lines of the file. Raises InvalidInputError: one error a bad line, the first twenty."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if unknown := [name for name in reader.fieldnames or () if name not in COLUMNS]:
            raise InvalidInputError.of("line 1", f"has the column {unknown[0]!r}; use {', '.join(COLUMNS)}")
        if "service" not in (reader.fieldnames or ()):
            raise InvalidInputError.of("line 1", f"must name the columns {', '.join(COLUMNS)}; service is missing")
        rates, errors = [], []
        for row in reader:
            if reader.line_num > _MOST_LINES:
                raise InvalidInputError.of(f"line {reader.line_num}", f"is one too many; {_MOST_LINES} may be read")
            try:
                rates.append(rate_of(row))
            except InvalidInputError as error:
                errors += [FieldError(f"line {reader.line_num}", f"{e.field} {e.problem}") for e in error.errors]
    if errors:
        raise InvalidInputError(errors[:_MOST_ERRORS])
    return rates


def rate_of(texts: Mapping[str, str | None]) -> Rate:
    """A line from the texts of its columns. Raises InvalidInputError, naming each bad column."""
    given = {name: (texts.get(name) or "").strip() for name in COLUMNS}
    if errors := [*_problems(given)]:
        raise InvalidInputError(errors)
    return Rate(
        account_id=parse_uuid(given["account"]),
        service=given["service"],
        number_type=given["number_type"],
        prefix=given["prefix"],
        **{name: to_micros(given[name]) for name in VALUES if given[name]},
    )


def texts_of(rate: Rate) -> dict[str, str]:
    """The texts of a line's columns, as they are read."""
    values = {name: getattr(rate, name) for name in VALUES}
    return {
        "account": _text(rate.account_id),
        "service": rate.service,
        "number_type": rate.number_type,
        "prefix": rate.prefix,
        **{name: "" if value is None else f"{from_micros(value):f}" for name, value in values.items()},
    }


def _problems(given: Mapping[str, str]) -> Iterator[FieldError]:
    if given["account"] and parse_uuid(given["account"]) is None:
        yield FieldError("account", "must be an account's id, or empty for all")
    if given["service"] not in (*SERVICES, EVERY_SERVICE):
        yield FieldError("service", f"must be one of {', '.join(SERVICES)}, or {EVERY_SERVICE} for all of them")
    if given["number_type"] not in (*NUMBER_TYPES, ""):
        yield FieldError("number_type", f"must be one of {', '.join(NUMBER_TYPES)}, or empty for any")
    if not _PREFIX.fullmatch(given["prefix"]):
        yield FieldError("prefix", "must be the beginning of a number, such as +1949, or empty for all")
    if not any(given[name] for name in VALUES):
        yield FieldError("price", f"give at least one of {', '.join(VALUES)}")
    if given["price"] and given["service"] == EVERY_SERVICE:
        yield FieldError("price", "cannot be the same for every service; name one")
    for name in VALUES:
        yield from _amount_problems(name, given[name])


def _amount_problems(name: str, text: str) -> Iterator[FieldError]:
    try:
        fits = not text or 0 <= to_micros(text) <= _LARGEST
    except ValueError:
        fits = False
    if not fits:
        yield FieldError(name, f"must be a decimal from 0 to {_LARGEST // 10**6}, with at most six decimals")


def _text(account_id: UUID | None) -> str:
    return str(account_id) if account_id else ""
