"""Writing many rows in one statement: a column travels as an array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from cordboard.infra.db.pool import Tx

_JSON = "jsonb"


class BulkRows:
    """Rows as parameters of a statement. `columns` maps each column to its PostgreSQL type, in the rows' order.

    `source` stands in a `from` clause and numbers its parameters from `first`. JSON travels as text, because a list
    inside an array would be read as a second dimension; other array columns cannot travel this way.
    """

    def __init__(self, columns: Mapping[str, str], *, alias: str = "r", first: int = 1) -> None:
        self._json = [kind == _JSON for kind in columns.values()]
        arrays = (
            f"${index}::{'text' if kind == _JSON else kind}[]" for index, kind in enumerate(columns.values(), first)
        )
        self.source = f"unnest({', '.join(arrays)}) as {alias} ({', '.join(columns)})"
        self.values = {name: f"{alias}.{name}" + ("::jsonb" if kind == _JSON else "") for name, kind in columns.items()}

    def parameters(self, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """The statement's parameters for `rows`, a list a column."""
        return [
            [_as_text(row[index]) for row in rows] if is_json else [row[index] for row in rows]
            for index, is_json in enumerate(self._json)
        ]


class BulkInsert:
    """`insert into table (...)` for lists of rows. `suffix` follows the statement, such as `on conflict do nothing`."""

    def __init__(self, table: str, columns: Mapping[str, str], suffix: str = "") -> None:
        self._table = table
        self._columns = columns
        self._suffix = suffix
        self._rows = BulkRows(columns)
        self._sql = self.sql(1)

    @property
    def width(self) -> int:
        """How many parameters it takes."""
        return len(self._columns)

    def sql(self, first: int) -> str:
        """The statement with its parameters numbered from `first`."""
        rows = BulkRows(self._columns, first=first)
        names = ", ".join(self._columns)
        values = ", ".join(rows.values.values())
        return f"insert into {self._table} ({names}) select {values} from {rows.source} {self._suffix}"

    def parameters(self, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """The statement's parameters for `rows`."""
        return self._rows.parameters(rows)

    async def __call__(self, tx: Tx, rows: Sequence[Sequence[Any]]) -> None:
        """Inserts `rows`; no statement is run for none."""
        if rows:
            await tx.execute(self._sql, *self.parameters(rows))


async def insert_together(tx: Tx, inserts: Sequence[tuple[BulkInsert, Sequence[Sequence[Any]]]]) -> None:
    """Several inserts in one round trip: tables that do not refer to each other's new rows."""
    filled = [(insert, rows) for insert, rows in inserts if rows]
    if filled:
        sql = _together(tuple(insert for insert, _ in filled))
        await tx.execute(sql, *(values for insert, rows in filled for values in insert.parameters(rows)))


@cache
def _together(inserts: tuple[BulkInsert, ...]) -> str:
    first, parts = 1, []
    for index, insert in enumerate(inserts):
        parts.append(f"part_{index} as ({insert.sql(first)})")
        first += insert.width
    return f"with {', '.join(parts)} select"


def _as_text(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
