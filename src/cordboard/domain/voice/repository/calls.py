"""Call records (`calls`): written when a call is made or comes in, changed as it goes on, read as logs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordboard.domain.voice.models import CallFilter, CallKey, CallRecord
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert, BulkRows
from cordboard.infra.db.rows import lock_rows

_FIELDS: Final = CallRecord.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)
_UUIDS: Final = (
    "account_id",
    "id",
    "parent_account_id",
    "parent_call_id",
    "client_id",
    "contact_id",
    "number_set_id",
    "campaign_id",
    "conference_id",
)
_TYPES: Final = {
    **dict.fromkeys(_FIELDS, "text"),
    **dict.fromkeys(_UUIDS, "uuid"),
    **dict.fromkeys(("created_at", "answered_at", "ended_at"), "timestamptz"),
    **dict.fromkeys(("metadata", "options", "media"), "jsonb"),
    **dict.fromkeys(("price", "cost", "surcharge"), "bigint"),
    "billed_seconds": "integer",
}
ADDED: Final = BulkInsert("calls", {name: _TYPES[name] for name in _FIELDS})

_ENDED: Final = (
    "status",
    "reason",
    "hangup_by",
    "answered_by",
    "digits",
    "conference_id",
    "media",
    "ended_at",
    "billed_seconds",
    "cost",
    "surcharge",
)
_changes = BulkRows({name: _TYPES[name] for name in ("account_id", "id", "created_at", *_ENDED)}, alias="c")
_KEYED: Final = "m.account_id = c.account_id and m.id = c.id and m.created_at = c.created_at"
_update = (
    f"update calls m set {', '.join(f'{name} = {_changes.values[name]}' for name in _ENDED)}"
    f" from {_changes.source} where {_KEYED}"
)
_GOES_ON: Final = ("status", "trunk", "node", "answered_at")
_progress = BulkRows({name: _TYPES[name] for name in ("account_id", "id", "created_at", *_GOES_ON)}, alias="c")
_advance = (
    f"update calls m set {', '.join(f'{name} = {_progress.values[name]}' for name in _GOES_ON)}"
    f" from {_progress.source} where {_KEYED}"
)


def rows_of(records: Sequence[CallRecord]) -> list[list[Any]]:
    """Records as `ADDED` takes them."""
    return [[getattr(record, name) for name in _FIELDS] for record in records]


async def lock(tx: Tx, keys: Sequence[CallKey]) -> list[CallRecord]:
    """The records behind `keys`, locked until the transaction ends, in an order that all lockers share."""
    return await lock_rows(tx, "calls", CallRecord, keys)


async def advance(tx: Tx, records: Sequence[CallRecord]) -> None:
    """Writes how far calls have come that are not over."""
    if records:
        rows = [(*record.key, *(getattr(record, name) for name in _GOES_ON)) for record in records]
        await tx.execute(_advance, *_progress.parameters(rows))


async def conclude(tx: Tx, records: Sequence[CallRecord]) -> None:
    """Writes how calls ended."""
    if records:
        rows = [(*record.key, *(getattr(record, name) for name in _ENDED)) for record in records]
        await tx.execute(_update, *_changes.parameters(rows))


async def change_options(tx: Tx, key: CallKey, changes: dict[str, Any]) -> None:
    """Changes how a call is to be handled that nobody has taken yet."""
    await tx.execute(
        "update calls set options = options || $4 where account_id = $1 and id = $2 and created_at = $3", *key, changes
    )


async def find(tx: Tx, account_id: UUID, call_id: UUID, created_at: datetime) -> CallRecord | None:
    """One record of the account."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from calls where account_id = $1 and id = $2 and created_at = $3",
        account_id,
        call_id,
        created_at,
    )
    return CallRecord(**dict(row)) if row else None


async def find_all(tx: Tx, keys: Sequence[CallKey]) -> list[CallRecord]:
    """The records behind `keys`."""
    rows = await tx.fetch(
        f"select {', '.join(f'm.{name}' for name in _FIELDS)} from unnest($1::uuid[], $2::uuid[], $3::timestamptz[])"
        " as k (account_id, id, created_at) join calls m using (account_id, id, created_at)",
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
    )
    return [CallRecord(**dict(row)) for row in rows]


async def search(tx: Tx, account_id: UUID, wanted: CallFilter) -> list[CallRecord]:
    """The account's calls that fit, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from calls where account_id = $1 and created_at >= $2 and created_at < $3"
        " and ($4::text is null or direction = $4) and ($5::text is null or status = $5)"
        " and ($6::text is null or kind = $6) and ($7::uuid is null or campaign_id = $7)"
        " and ($8::text is null or caller = $8) and ($9::text is null or callee = $9)"
        " order by created_at desc, id limit $10 offset $11",
        account_id,
        wanted.start,
        wanted.end,
        wanted.direction,
        wanted.status,
        wanted.kind,
        wanted.campaign_id,
        wanted.caller,
        wanted.callee,
        wanted.limit,
        wanted.offset,
    )
    return [CallRecord(**dict(row)) for row in rows]


async def read_on(
    tx: Tx, account_id: UUID, start: datetime, end: datetime, after: tuple[datetime, UUID], limit: int
) -> list[CallRecord]:
    """The account's calls made at `start` <= t < `end` that stand behind `after` (when made, id), the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from calls where account_id = $1 and created_at >= greatest($2, $4::timestamptz)"
        " and created_at < $3 and (created_at, id) > ($4, $5) order by created_at, id limit $6",
        account_id,
        start,
        end,
        *after,
        limit,
    )
    return [CallRecord(**dict(row)) for row in rows]
