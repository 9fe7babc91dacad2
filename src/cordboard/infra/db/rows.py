"""Records as rows: a struct whose fields are named as the table's columns."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cordboard.infra.db.pool import Tx


async def insert_row(
    tx: Tx, table: str, record: msgspec.Struct, columns: Sequence[str], *, unless_there: bool = False
) -> bool:
    """Adds a record. A row with one of its keys raises asyncpg.UniqueViolationError, or with `unless_there` stays as it
    is and the answer is False.
    """
    places = ", ".join(f"${index}" for index in range(1, len(columns) + 1))
    conflict = " on conflict do nothing" if unless_there else ""
    added = await tx.fetchval(
        f"insert into {table} ({', '.join(columns)}) values ({places}){conflict} returning true",
        *(getattr(record, name) for name in columns),
    )
    return bool(added)
