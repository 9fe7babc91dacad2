"""Cells of CSV files that people open in spreadsheets. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

_FORMULA: Final = re.compile(r"[=@\t\r\n＝＠]|[+\-＋－](?![0-9 ().-]*$)")
"""How a text begins that spreadsheets take for a formula. A sign before nothing but digits is a telephone number."""


def header(columns: Sequence[str]) -> bytes:
    """The first line."""
    return _lines([columns])


def lines(columns: Sequence[str], records: Iterable[Mapping[str, Any]]) -> bytes:
    """A line a record (RFC 4180, UTF-8)."""
    return _lines([cell(record.get(name)) for name in columns] for record in records)


def cell(value: Any) -> str:
    """A member as a cell: nothing for None, JSON for lists and objects, and no formula: a text that a spreadsheet would
    carry out gets an apostrophe before it.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return msgspec.json.encode(value).decode()
    text = str(value)
    return f"'{text}" if isinstance(value, str) and _FORMULA.match(text) else text


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode("utf-8", "replace")
