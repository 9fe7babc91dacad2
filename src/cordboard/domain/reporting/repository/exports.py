"""Exports of logs (`log_exports`)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.reporting.models import LogExport
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row

_FIELDS: Final = LogExport.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)
_LOCK: Final = 0x6C6F6773  # "logs"


async def lock_account(tx: Tx, account_id: UUID) -> None:
    """Lets the requests of an account follow each other until the transaction ends."""
    await tx.execute("select pg_advisory_xact_lock($1, hashtext($2))", _LOCK, str(account_id))


async def requested_since(tx: Tx, account_id: UUID, moment: datetime) -> list[datetime]:
    """When exports were asked for after a moment, the oldest first."""
    rows = await tx.fetch(
        "select requested_at from log_exports where account_id = $1 and requested_at > $2 order by requested_at",
        account_id,
        moment,
    )
    return [row["requested_at"] for row in rows]


async def insert(tx: Tx, export: LogExport) -> None:
    """Adds an export."""
    await insert_row(tx, "log_exports", export, _FIELDS)


async def find(tx: Tx, account_id: UUID, export_id: UUID) -> LogExport | None:
    """One export of the account."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from log_exports where account_id = $1 and id = $2", account_id, export_id
    )
    return LogExport(**dict(row)) if row else None


async def page(tx: Tx, account_id: UUID, size: int, offset: int) -> list[LogExport]:
    """The account's exports, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from log_exports where account_id = $1 order by requested_at desc, id limit $2 offset $3",
        account_id,
        size,
        offset,
    )
    return [LogExport(**dict(row)) for row in rows]


async def advance(tx: Tx, before: LogExport, after: LogExport) -> bool:
    """Writes how an export has gone on; False when another run was faster."""
    changed = await tx.fetchval(
        "update log_exports set status = $5, part = $6, after_at = $7, after_id = $8, read = $9, records = $10,"
        " raw_bytes = $11, size = $12, url = $13, finished_at = $14, expires_at = $15"
        " where account_id = $1 and id = $2 and status = $3 and part = $4 returning true",
        before.account_id,
        before.id,
        before.status,
        before.part,
        after.status,
        after.part,
        after.after_at,
        after.after_id,
        after.read,
        after.records,
        after.raw_bytes,
        after.size,
        after.url,
        after.finished_at,
        after.expires_at,
    )
    return bool(changed)


async def forget_before(tx: Tx, moment: datetime) -> None:
    """Removes exports whose files are long gone."""
    await tx.execute("delete from log_exports where requested_at < $1 and status <> 'processing'", moment)
