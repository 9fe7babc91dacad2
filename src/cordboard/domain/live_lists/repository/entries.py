"""Who is in line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.live_lists.models import Entry, LiveList, NewEntry, Removal
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkRows

_COLUMNS: Final = ", ".join(Entry.__struct_fields__)
_OF_LIST: Final = "account_id = $1 and list_id = $2"
_rows: Final = BulkRows(
    {
        "account_id": "uuid",
        "list_id": "uuid",
        "contact_id": "uuid",
        "campaign_id": "uuid",
        "run_id": "uuid",
        "key": "text",
        "variables": "jsonb",
        "expires_at": "timestamptz",
        "added_at": "timestamptz",
    }
)
_INSERT: Final = (
    f"insert into live_list_entries ({', '.join(_rows.values)}) select {', '.join(_rows.values.values())}"
    f" from {_rows.source} on conflict (account_id, key) do nothing returning list_id"
)


async def insert(tx: Tx, added: Sequence[tuple[LiveList, NewEntry]], now: datetime) -> list[UUID]:
    """Puts contacts in line in their order; answers the list of each that was not there yet."""
    rows = [
        [
            one.account_id,
            live_list.id,
            one.contact_id,
            one.campaign_id,
            one.run_id,
            one.key,
            one.variables,
            one.expires_at,
            now,
        ]
        for live_list, one in added
    ]
    found = await tx.fetch(_INSERT, *_rows.parameters(rows)) if rows else []
    return [row["list_id"] for row in found]


async def first(tx: Tx, live_list: LiveList, size: int, unexpired_at: datetime | None = None) -> list[Entry]:
    """The first in line, expired ones among them unless a moment is given."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from live_list_entries where {_OF_LIST}"
        " and ($3::timestamptz is null or expires_at is null or expires_at > $3) order by sequence limit $4",
        live_list.account_id,
        live_list.id,
        unexpired_at,
        size,
    )
    return [Entry(**dict(row)) for row in rows]


async def remove(tx: Tx, live_list: LiveList, sequences: Sequence[int], now: datetime) -> Removal:
    """Takes some out of the line, and all that have expired before the last of them; for none, all that have expired.

    Who was put there meanwhile by a transaction that began earlier stays: it is neither.
    """
    (row,) = await tx.fetch(
        f"with gone as (delete from live_list_entries where {_OF_LIST} and sequence <= $4"
        " and (sequence = any($3) or expires_at <= $5) returning sequence)"
        f" select (select count(*) from gone) as count, exists (select from live_list_entries where {_OF_LIST}"
        " and sequence not in (select sequence from gone)) as is_anybody_left",
        live_list.account_id,
        live_list.id,
        list(sequences),
        max(sequences, default=2**63 - 1),
        now,
    )
    return Removal(**dict(row))


async def remove_expired(tx: Tx, before: datetime) -> set[tuple[UUID, UUID]]:
    """Removes what expired before a moment, but for what somebody is taking out just now; answers the lists by account
    and id.
    """
    rows = await tx.fetch(
        "delete from live_list_entries e using (select account_id, list_id, sequence from live_list_entries"
        " where expires_at < $1 for update skip locked) old where e.account_id = old.account_id"
        " and e.list_id = old.list_id and e.sequence = old.sequence returning e.account_id, e.list_id",
        before,
    )
    return {(row["account_id"], row["list_id"]) for row in rows}
