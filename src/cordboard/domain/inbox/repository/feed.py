"""What sockets are told (`inbox_feed`): added by the outbox's dispatcher only, read by every API process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordboard.domain.inbox.models import FeedItem, Publication
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkRows

CHANNEL: Final = "inbox"
_rows: Final = BulkRows(
    {
        "account_id": "uuid",
        "inbox_id": "uuid",
        "contact_id": "uuid",
        "time": "uuid",
        "happened_at": "timestamptz",
        "kind": "text",
        "payload": "jsonb",
        "created_at": "timestamptz",
    }
)
# What a socket was told must not be taken back by a crash, nor its number be given again: this commit does wait for the
# disk, although the dispatcher's others do not.
_ADD: Final = (
    f"with added as (insert into inbox_feed ({', '.join(_rows.values)}) select {', '.join(_rows.values.values())}"
    f" from {_rows.source}) select pg_notify('{CHANNEL}', ''), set_config('synchronous_commit', 'on', true)"
)
# The event is found by its key, row by row, in the order of the feed.
_READ: Final = (
    "select f.id, f.account_id, f.inbox_id, f.contact_id, f.time, f.happened_at, f.kind, f.payload, f.created_at,"
    " c.event, coalesce(i.name, f.account_id::text) as inbox from inbox_feed f"
    " left join inboxes i on i.account_id = f.account_id and i.id = f.inbox_id"
    " left join lateral (select e.event from conversation_events e where e.account_id = f.account_id"
    " and e.time = f.time and e.happened_at = f.happened_at limit 1) c on true"
)


async def add(tx: Tx, publications: Sequence[Publication], now: datetime) -> None:
    """Tells sockets of published events once the transaction has committed."""
    await _add(
        tx,
        [[p.account_id, p.inbox_id, p.contact_id, p.time, p.happened_at, p.type, None, now] for p in publications],
    )


async def add_of_accounts(tx: Tx, told: Sequence[tuple[UUID, Any]], kind: str, now: datetime) -> None:
    """Tells all sockets of accounts something."""
    await _add(tx, [[account_id, None, None, None, None, kind, payload, now] for account_id, payload in told])


async def _add(tx: Tx, rows: list[list[Any]]) -> None:
    if rows:
        await tx.execute(_ADD, *_rows.parameters(rows))


async def newest(tx: Tx) -> int:
    """The id of the last row that can be seen; 0 where there is none."""
    found: int = await tx.fetchval("select coalesce(max(id), 0) from inbox_feed")
    return found


async def of_accounts(tx: Tx, accounts: Sequence[UUID], after: int, upto: int, limit: int) -> list[FeedItem]:
    """Rows of some accounts with ids above `after` up to `upto`, in order."""
    rows = await tx.fetch(
        f"{_READ} where f.id > $1 and f.id <= $2 and f.account_id = any($3) order by f.id limit $4",
        after,
        upto,
        list(accounts),
        limit,
    )
    return [FeedItem(**dict(row)) for row in rows]


async def of_inbox(
    tx: Tx, account_id: UUID, inbox_id: UUID, after: int, upto: int, since: datetime, limit: int
) -> list[FeedItem]:
    """Rows for the sockets of an inbox, those of its account among them."""
    rows = await tx.fetch(
        f"{_READ} where f.account_id = $1 and f.id > $3 and f.id <= $4 and f.created_at >= $5"
        " and (f.inbox_id = $2 or f.inbox_id is null) order by f.id limit $6",
        account_id,
        inbox_id,
        after,
        upto,
        since,
        limit,
    )
    return [FeedItem(**dict(row)) for row in rows]


async def forget_before(tx: Tx, moment: datetime) -> None:
    """Removes rows that are that old."""
    await tx.execute("delete from inbox_feed where created_at < $1", moment)
