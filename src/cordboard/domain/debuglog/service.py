"""Writing and reading the debug log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.debuglog.models import Entry, StoredEntry
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert
from cordboard.kit.ids import time_uuid_at

_MOST_ENTRIES = 5000


LOGGED: Final = BulkInsert(
    "debug_log",
    {
        "account_id": "uuid",
        "subject_id": "uuid",
        "entry_id": "uuid",
        "type": "text",
        "data": "text",
        "client_id": "uuid",
        "date": "timestamptz",
    },
)
"""Adds entries, for those who write them together with rows of their own; see `rows_of`."""


async def record(tx: Tx, entries: Sequence[Entry]) -> None:
    """Adds entries in the caller's transaction, so that the log tells what was committed."""
    await LOGGED(tx, rows_of(entries))


def rows_of(entries: Sequence[Entry]) -> list[tuple[Any, ...]]:
    """Entries as `LOGGED` takes them."""
    return [
        (
            entry.account_id,
            entry.subject_id,
            time_uuid_at(entry.date),
            entry.type,
            msgspec.json.encode(entry.data).decode(),
            entry.client_id,
            entry.date,
        )
        for entry in entries
    ]


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
