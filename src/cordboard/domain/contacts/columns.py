"""Rows of a table as contacts: each column is a field, looked at once for the whole table. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from cordboard.domain.contacts.ext_data import (
    LONGEST_NAME,
    LONGEST_VALUE,
    MOST_FIELDS,
    clean_keys,
    clean_value,
    has_format,
    require_few_keys,
    timezone_of,
    with_computed_keys,
)
from cordboard.kit.errors import InvalidInputError

KEYS_COLUMN: Final = "keys"
"""The column that holds look-up keys in place of a field."""

KEYS_SEPARATOR: Final = "|"


class ContactRow(msgspec.Struct, frozen=True):
    """What a row says of a contact, checked: `keys` holds the phone's number too."""

    ext_data: dict[str, str]
    keys: list[str]
    timezone: int


def check_columns(columns: Sequence[str]) -> str | None:
    """Why a table with these columns, in lower case, can be no table of contacts; None if it can."""
    fields = [name for name in columns if name != KEYS_COLUMN]
    if len(fields) > MOST_FIELDS:
        return f"has {len(fields)} columns; a contact has at most {MOST_FIELDS} fields"
    if odd := next((name for name in fields if len(name) > LONGEST_NAME), None):
        return f"has a column {odd[:LONGEST_NAME]}…; names have at most {LONGEST_NAME} characters"
    return None


class ContactColumns:
    """Reads the rows of a table whose columns passed `check_columns`."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._formats = [has_format(name) for name in columns]
        self._fields = [(index, name) for index, name in enumerate(columns) if name != KEYS_COLUMN]
        self._keys = columns.index(KEYS_COLUMN) if KEYS_COLUMN in columns else None

    def read(self, cells: Sequence[str]) -> ContactRow | str:
        """The contact of a row, or what is wrong with it. A cell with nothing in it leaves its field out."""
        data: dict[str, str] = {}
        problems: list[str] = []
        for index, name in self._fields:
            cell = cells[index].strip()
            if not cell:
                continue
            if not self._formats[index] and len(cell) <= LONGEST_VALUE:
                data[name] = cell
                continue
            try:
                data[name] = clean_value(name, cell)
            except ValueError as problem:
                problems.append(f"{name} {problem}")
        if problems:
            return "; ".join(problems)
        return self._with_keys(data, cells)

    def _with_keys(self, data: dict[str, str], cells: Sequence[str]) -> ContactRow | str:
        try:
            given = clean_keys(cells[self._keys].split(KEYS_SEPARATOR), KEYS_COLUMN) if self._keys is not None else []
            keys = with_computed_keys(given, data)
            require_few_keys(keys, KEYS_COLUMN)
        except InvalidInputError as error:
            return " ".join((error.errors[0].field, error.errors[0].problem))
        if not data and not keys:
            return "has nothing in it"
        return ContactRow(data, keys, timezone_of(data))
