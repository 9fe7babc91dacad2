"""The SQL of assistants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.assistants.models import Assistant, AssistantChanges
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row, update_row
from cordboard.kit.paging import Page

_COLUMNS: Final = ", ".join(Assistant.__struct_fields__)
_CHANGED: Final = AssistantChanges.__struct_fields__


async def insert(tx: Tx, assistant: Assistant) -> None:
    """Adds one."""
    await insert_row(tx, "assistants", assistant, Assistant.__struct_fields__)


async def update(tx: Tx, assistant: Assistant) -> None:
    """Writes what may change."""
    await update_row(tx, "assistants", assistant, _CHANGED)


async def find(tx: Tx, account_id: UUID, assistant_id: UUID, *, lock: bool = False) -> Assistant | None:
    """One of the account."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from assistants where account_id = $1 and id = $2" + (" for no key update" if lock else ""),
        account_id,
        assistant_id,
    )
    return Assistant(**dict(row)) if row else None


async def page(tx: Tx, account_id: UUID, wanted: Page) -> list[Assistant]:
    """The account's, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from assistants where account_id = $1 order by created_at, id limit $2 offset $3",
        account_id,
        wanted.size,
        wanted.offset,
    )
    return [Assistant(**dict(row)) for row in rows]


async def known(tx: Tx, account_id: UUID, assistant_ids: Sequence[UUID]) -> set[UUID]:
    """Those that the account has."""
    rows = await tx.fetch(
        "select id from assistants where account_id = $1 and id = any($2)", account_id, list(assistant_ids)
    )
    return {row["id"] for row in rows}


async def delete(tx: Tx, account_id: UUID, assistant_id: UUID) -> Assistant | None:
    """Removes one; answers what it was."""
    row = await tx.fetchrow(
        f"delete from assistants where account_id = $1 and id = $2 returning {_COLUMNS}", account_id, assistant_id
    )
    return Assistant(**dict(row)) if row else None
