"""Writing and reading the debug log."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from cordboard.domain.debuglog.models import Entry, StoredEntry
from cordboard.infra.db import Tx
from cordboard.kit.ids import time_uuid_at

_MOST_ENTRIES = 5000


async def record(tx: Tx, entries: Sequence[Entry]) -> None:
    """Adds entries in the caller's transaction, so that the log tells what was committed."""
    if not entries:
        return
    await tx.execute(
        "insert into debug_log (account_id, subject_id, entry_id, type, data, client_id, date)"
        " select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[],"
        " $6::uuid[], $7::timestamptz[])",
        [entry.account_id for entry in entries],
        [entry.subject_id for entry in entries],
        [time_uuid_at(entry.date) for entry in entries],
        [entry.type for entry in entries],
        [msgspec.json.encode(entry.data).decode() for entry in entries],
        [entry.client_id for entry in entries],
        [entry.date for entry in entries],
    )


async def entries_of(tx: Tx, account_id: UUID, subject_id: UUID) -> list[StoredEntry]:
    """The steps of a subject, oldest first; empty when the account has none of that id."""
    rows = await tx.fetch(
        "select account_id, subject_id, entry_id, type, data, client_id, date from debug_log"
        " where account_id = $1 and subject_id = $2 order by date, step limit $3",
        account_id,
        subject_id,
        _MOST_ENTRIES,
    )
    return [StoredEntry(**dict(row)) for row in rows]
