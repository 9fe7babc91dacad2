"""Runners (`runners`) and those who wait to enter, in line (`runner_contacts`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.workflows.runners.models import Runner
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row, update_row
from cordboard.kit.paging import Page

_FIELDS: Final = Runner.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)
_CHANGED: Final = tuple(name for name in _FIELDS if name not in ("account_id", "id", "campaign_id", "created_at"))


async def insert(tx: Tx, runner: Runner) -> None:
    """Adds a runner."""
    await insert_row(tx, "runners", runner, _FIELDS)


async def update(tx: Tx, runner: Runner) -> None:
    """Writes all of a runner, which is locked."""
    await update_row(tx, "runners", runner, _CHANGED)


async def find(tx: Tx, account_id: UUID, runner_id: UUID, *, lock: bool = False) -> Runner | None:
    """One runner."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from runners where account_id = $1 and id = $2" + (" for update" if lock else ""),
        account_id,
        runner_id,
    )
    return Runner(**dict(row)) if row else None


async def page(tx: Tx, account_id: UUID, campaign_id: UUID | None, wanted: Page) -> list[Runner]:
    """The account's runners, or a campaign's, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from runners where account_id = $1 and ($2::uuid is null or campaign_id = $2)"
        " order by created_at desc, id limit $3 offset $4",
        account_id,
        campaign_id,
        wanted.size,
        wanted.offset,
    )
    return [Runner(**dict(row)) for row in rows]


async def add_contacts(tx: Tx, runner: Runner, contact_ids: Sequence[UUID]) -> None:
    """Puts contacts at the end of a runner's line."""
    await tx.execute(
        "insert into runner_contacts (account_id, runner_id, place, contact_id)"
        " select $1, $2, $3 + place, contact_id from unnest($4::uuid[]) with ordinality as c (contact_id, place)",
        runner.account_id,
        runner.id,
        runner.queued,
        list(contact_ids),
    )


async def clear_contacts(tx: Tx, runner: Runner) -> None:
    """Empties a runner's line."""
    await tx.execute(
        "delete from runner_contacts where account_id = $1 and runner_id = $2", runner.account_id, runner.id
    )


async def remove_first(tx: Tx, runner: Runner, count: int) -> None:
    """Takes the contacts that enter next out of a runner's line."""
    await tx.execute(
        "delete from runner_contacts where account_id = $1 and runner_id = $2 and place > $3 and place <= $4",
        runner.account_id,
        runner.id,
        runner.started,
        runner.started + count,
    )


async def next_contacts(tx: Tx, runner: Runner, count: int) -> list[UUID]:
    """The contacts that enter next."""
    rows = await tx.fetch(  # by place, so that it does not walk over a million deleted rows that await the vacuum
        "select contact_id from runner_contacts where account_id = $1 and runner_id = $2 and place > $3"
        " order by place limit $4",
        runner.account_id,
        runner.id,
        runner.started,
        count,
    )
    return [row["contact_id"] for row in rows]
