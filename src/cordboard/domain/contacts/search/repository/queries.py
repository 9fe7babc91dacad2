"""The SQL of saved queries."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cordboard.domain.contacts.search.models import SavedQuery
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row

_COLUMNS: Final = ", ".join(SavedQuery.__struct_fields__)


async def all_of(tx: Tx, account_id: UUID) -> list[SavedQuery]:
    """The account's queries, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from contact_queries where account_id = $1 order by created_at, id", account_id
    )
    return [SavedQuery(**row) for row in rows]


async def find(tx: Tx, account_id: UUID, query_id: UUID) -> SavedQuery | None:
    """One of them."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from contact_queries where account_id = $1 and id = $2", account_id, query_id
    )
    return SavedQuery(**row) if row else None


async def count(tx: Tx, account_id: UUID) -> int:
    """How many there are."""
    many: int = await tx.fetchval("select count(*) from contact_queries where account_id = $1", account_id)
    return many


async def insert(tx: Tx, query: SavedQuery) -> None:
    """Adds one."""
    await insert_row(tx, "contact_queries", query, SavedQuery.__struct_fields__)


async def update(tx: Tx, query: SavedQuery) -> None:
    """Writes what may change."""
    await tx.execute(
        "update contact_queries set name = $3, query = $4 where account_id = $1 and id = $2",
        query.account_id,
        query.id,
        query.name,
        query.query,
    )


async def delete(tx: Tx, account_id: UUID, query_id: UUID) -> None:
    """Removes one."""
    await tx.execute("delete from contact_queries where account_id = $1 and id = $2", account_id, query_id)
