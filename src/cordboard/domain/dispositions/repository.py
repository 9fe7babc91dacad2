"""The SQL of dispositions (a built-in one has a row once its workflow is set) and of their assignments."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.dispositions.models import Assignment, Disposition
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row

_COLUMNS: Final = ", ".join(Disposition.__struct_fields__)


async def all_of(tx: Tx, account_id: UUID) -> list[Disposition]:
    """The account's, in the order in which they were made."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from dispositions where account_id = $1 order by created_at, key", account_id
    )
    return [Disposition(**dict(row)) for row in rows]


async def count(tx: Tx, account_id: UUID) -> int:
    """How many the account has."""
    total: int = await tx.fetchval("select count(*) from dispositions where account_id = $1", account_id)
    return total


async def find(tx: Tx, account_id: UUID, key: str) -> Disposition | None:
    """One of the account, locked against being changed."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from dispositions where account_id = $1 and key = $2 for update", account_id, key
    )
    return Disposition(**dict(row)) if row else None


async def add(tx: Tx, new: Disposition) -> bool:
    """Adds one; False when its key is taken."""
    return await insert_row(tx, "dispositions", new, Disposition.__struct_fields__, unless_there=True)


async def put(tx: Tx, disposition: Disposition) -> None:
    """Writes one, there or not."""
    if await add(tx, disposition):
        return
    await tx.execute(
        "update dispositions set description = $3, tags = $4, direction = $5, triggered_campaign_id = $6"
        " where account_id = $1 and key = $2",
        disposition.account_id,
        disposition.key,
        disposition.description,
        disposition.tags,
        disposition.direction,
        disposition.triggered_campaign_id,
    )


async def delete(tx: Tx, account_id: UUID, key: str) -> None:
    """Removes one."""
    await tx.execute("delete from dispositions where account_id = $1 and key = $2", account_id, key)


async def assign(tx: Tx, assignment: Assignment) -> list[str]:
    """Puts an assignment in the place of the former one of its subject; answers what that said."""
    columns = Assignment.__struct_fields__
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns[2:])
    former: list[str] = await tx.fetchval(
        f"insert into disposition_assignments ({', '.join(columns)}) values ($1, $2, $3, $4, $5, $6, $7)"
        f" on conflict (account_id, subject_id) do update set {changes}, former = disposition_assignments.dispositions"
        " returning former",
        *(getattr(assignment, name) for name in columns),
    )
    return former


async def assignment_of(tx: Tx, account_id: UUID, subject_id: UUID) -> Assignment | None:
    """What was said last of a call or a message."""
    row = await tx.fetchrow(
        f"select {', '.join(Assignment.__struct_fields__)} from disposition_assignments"
        " where account_id = $1 and subject_id = $2",
        account_id,
        subject_id,
    )
    return Assignment(**dict(row)) if row else None


async def forget_assignments(tx: Tx, before: datetime) -> None:
    """Removes assignments whose calls and messages are forgotten."""
    await tx.execute("delete from disposition_assignments where assigned_at < $1", before)
