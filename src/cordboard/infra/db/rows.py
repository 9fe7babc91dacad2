"""Records as rows: a struct whose fields are named as the table's columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from cordboard.infra.db.pool import Tx

Record = TypeVar("Record", bound=msgspec.Struct)


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


async def update_row(
    tx: Tx, table: str, record: msgspec.Struct, columns: Sequence[str], *, key: Sequence[str] = ("account_id", "id")
) -> None:
    """Writes columns of a record to the row with its `key`."""
    names = (*key, *columns)
    found = " and ".join(f"{name} = ${place}" for place, name in enumerate(key, 1))
    sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, len(key) + 1))
    await tx.execute(f"update {table} set {sets} where {found}", *(getattr(record, name) for name in names))


async def lock_rows(
    tx: Tx, table: str, record: type[Record], keys: Sequence[tuple[UUID, UUID, datetime]]
) -> list[Record]:
    """The records of a partitioned table behind `keys` (account, id, when made), locked until the transaction ends, in
    an order that all lockers share.
    """
    columns = ", ".join(f"m.{name}" for name in record.__struct_fields__)
    rows = await tx.fetch(
        f"select {columns} from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as k (account_id, id, created_at)"
        f" join {table} m using (account_id, id, created_at) order by m.account_id, m.id for update of m",
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
    )
    return [record(**dict(row)) for row in rows]
