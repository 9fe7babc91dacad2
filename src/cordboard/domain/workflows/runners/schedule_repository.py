"""Schedules (`workflow_schedules`)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cordboard.domain.workflows.runners.models import Schedule
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row, update_row
from cordboard.kit.paging import Page

_FIELDS: Final = Schedule.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)
_CHANGED: Final = tuple(name for name in _FIELDS if name not in ("account_id", "id", "campaign_id", "created_at"))


async def insert(tx: Tx, schedule: Schedule) -> None:
    """Adds a schedule."""
    await insert_row(tx, "workflow_schedules", schedule, _FIELDS)


async def update(tx: Tx, schedule: Schedule) -> None:
    """Writes all of a schedule."""
    await update_row(tx, "workflow_schedules", schedule, _CHANGED)


async def find(tx: Tx, account_id: UUID, schedule_id: UUID, *, lock: bool = False) -> Schedule | None:
    """One schedule."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from workflow_schedules where account_id = $1 and id = $2"
        + (" for update" if lock else ""),
        account_id,
        schedule_id,
    )
    return Schedule(**dict(row)) if row else None


async def page(tx: Tx, account_id: UUID, wanted: Page) -> list[Schedule]:
    """The account's schedules, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from workflow_schedules where account_id = $1 order by created_at, id limit $2 offset $3",
        account_id,
        wanted.size,
        wanted.offset,
    )
    return [Schedule(**dict(row)) for row in rows]


async def delete(tx: Tx, account_id: UUID, schedule_id: UUID) -> None:
    """Removes a schedule."""
    await tx.execute("delete from workflow_schedules where account_id = $1 and id = $2", account_id, schedule_id)
