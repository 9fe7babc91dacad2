"""The file of `cordboard numbers import`: CSV with the columns phone_number, carrier and attributes.

Attributes stand in one cell, separated by spaces or semicolons, such as `sms-enabled mms-enabled`; an empty cell means
sms-enabled.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from cordboard.domain.numbers.inventory import ATTRIBUTES
from cordboard.domain.numbers.models import OfferedNumber
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.phone import parse_sender

COLUMNS = ("phone_number", "carrier", "attributes")
_MOST_ERRORS = 20
_USUAL = ["sms-enabled"]


def read_inventory(path: Path, carriers: Collection[str]) -> list[OfferedNumber]:
    """The offers of the file, whose carriers have to be among `carriers`. Raises InvalidInputError: one error a bad
    line, the first twenty.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing := [name for name in COLUMNS[:2] if name not in (reader.fieldnames or ())]:
            raise InvalidInputError.of(
                "line 1", f"must name the columns {', '.join(COLUMNS)}; {' and '.join(missing)} missing"
            )
        offers, errors = [], []
        for row in reader:
            problems = list(_problems(row, carriers))
            errors += [FieldError(f"line {reader.line_num}", problem) for problem in problems]
            if not problems:
                offers.append(OfferedNumber(parse_sender(row["phone_number"]) or "", row["carrier"], _attributes(row)))
    if errors:
        raise InvalidInputError(errors[:_MOST_ERRORS])
    return offers


def _problems(row: dict[str, str | None], carriers: Collection[str]) -> Iterator[str]:
    number, carrier = row["phone_number"] or "", row["carrier"] or ""
    if parse_sender(number) is None:
        yield f"phone_number {number!r} is neither a number such as +19495551234 nor a short code"
    if carrier not in carriers:
        yield f"carrier {carrier!r} is not configured; there {'is' if len(carriers) == 1 else 'are'}" + (
            f" {', '.join(sorted(carriers))}" if carriers else " none"
        )
    if unknown := [name for name in _attributes(row) if name not in ATTRIBUTES.values()]:
        yield f"attribute {unknown[0]!r} is unknown; use {', '.join(ATTRIBUTES.values())}"


def _attributes(row: dict[str, str | None]) -> list[str]:
    return [name for name in re.split(r"[\s;]+", row.get("attributes") or "") if name] or _USUAL
