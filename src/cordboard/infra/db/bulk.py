"""Writing many rows in one statement: a column travels as an array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
        self._rows = BulkRows(columns)
        names = ", ".join(columns)
        self._sql = (
            f"insert into {table} ({names}) select {', '.join(self._rows.values.values())} from {self._rows.source}"
            f" {suffix}"
        )

    async def __call__(self, tx: Tx, rows: Sequence[Sequence[Any]]) -> None:
        """Inserts `rows`; no statement is run for none."""
        if rows:
            await tx.execute(self._sql, *self._rows.parameters(rows))


def _as_text(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
