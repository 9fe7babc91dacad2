"""The log of finished deliveries, its list together with what waits, and replays out of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.webhooks.models import WAITING, Delivery, FinalState, LoggedDelivery
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert
from cordboard.kit.paging import Page

_LOGGED: Final = {
    "account_id": "uuid",
    "endpoint_id": "uuid",
    "seq": "bigint",
    "created_at": "timestamptz",
    "subject": "text",
    "message_id": "uuid",
    "event_type": "text",
    "method": "text",
    "url": "text",
    "payload": "text",
    "about": "uuid",
    "occurred_at": "timestamptz",
    "attempts": "jsonb",
}
_insert_logged: Final = BulkInsert("webhook_deliveries", {**_LOGGED, "state": "text", "finished_at": "timestamptz"})
_QUEUED: Final = (
    "account_id, endpoint_id, subject, message_id, event_type, method, url, payload, about, occurred_at, created_at,"
    " attempts"
)
_SHOWN: Final = "seq, message_id, event_type, subject, payload, about, occurred_at, created_at, attempts"


async def record(tx: Tx, finished: Sequence[tuple[Delivery, FinalState]], now: datetime) -> None:
    """Adds deliveries that came to an end."""
    await _insert_logged(
        tx, [[*(getattr(delivery, name) for name in _LOGGED), state, now] for delivery, state in finished]
    )


async def search(tx: Tx, account_id: UUID, endpoint_id: UUID, state: str | None, page: Page) -> list[LoggedDelivery]:
    """An endpoint's deliveries, waiting and finished, the newest first."""
    waiting = (
        f"(select {_SHOWN}, '{WAITING}' as state, null::timestamptz as finished_at from webhook_queue"
        " where account_id = $1 and endpoint_id = $2 order by seq desc limit $3)"
    )
    finished = (
        f"(select {_SHOWN}, state, finished_at from webhook_deliveries where account_id = $1 and endpoint_id = $2"
        " and ($5::text is null or state = $5) order by seq desc limit $3)"
    )
    sources = [waiting] if state in (None, WAITING) else []
    sources += [finished] if state != WAITING else []
    rows = await tx.fetch(
        f"select * from ({' union all '.join(sources)}) d where $5::text is null or state = $5"
        " order by seq desc limit $3 - $4 offset $4",
        account_id,
        endpoint_id,
        page.size + page.offset,
        page.offset,
        state,
    )
    return [LoggedDelivery(**dict(row)) for row in rows]


async def replay(tx: Tx, account_id: UUID, endpoint_id: UUID, since: datetime, *, most: int, now: datetime) -> int:
    """Puts the endpoint's finished deliveries of events since a moment back into the queue, each event once and in
    their old order; those that wait already are left alone. Answers how many.
    """
    count: int = await tx.fetchval(
        "with once as (select distinct on (message_id) * from webhook_deliveries where account_id = $1"
        " and endpoint_id = $2 and created_at >= $3 and occurred_at >= $3 order by message_id, seq),"
        " picked as materialized (select * from once o where not exists (select from webhook_queue q"
        " where q.account_id = $1 and q.endpoint_id = $2 and q.message_id = o.message_id) order by o.seq limit $4),"
        " lanes as (insert into webhook_lanes (account_id, endpoint_id, subject, due_at)"
        " select $1, $2, s.subject, $5 from (select distinct subject from picked) s order by s.subject"
        " on conflict (account_id, endpoint_id, subject) do update set subject = excluded.subject),"
        f" queued as (insert into webhook_queue ({_QUEUED}) select account_id, endpoint_id, subject, message_id,"
        " event_type, method, url, payload, about, occurred_at, $5, '[]'::jsonb from picked order by seq returning 1)"
        " select count(*), pg_notify('webhooks', '') from queued",
        account_id,
        endpoint_id,
        since,
        most,
        now,
    )
    return count
