"""Outbox: events appended in the transaction that made them true, carried to their subscribers at least once, in order.

One dispatcher works at a time in the whole installation (a transaction-level advisory lock), because two could overtake
each other
for the same subject. Its batch, the subscribers' writes and the removal of the events are one transaction, so for
subscribers that
only write rows the effect is exactly once. An event whose subscriber keeps failing is parked, so that it holds up
nobody.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog

from cordboard.infra.db.pool import Database, Tx, wait_for_work

CHANNEL = "outbox"
_BATCH = 500
_MOST_ATTEMPTS = 8
_LOCK = 0x6F757462  # "outb"
_log = structlog.get_logger(__name__)


class Event(msgspec.Struct, frozen=True):
    """Something that happened. `topic` is `<context>.<past participle>`; events of one `subject` are told in order."""

    topic: str
    account_id: UUID
    subject: str
    payload: dict[str, Any]
    occurred_at: datetime
    request_id: str | None = None
    id: int = 0


Subscriber = Callable[[Tx, Sequence[Event]], Awaitable[None]]


async def append(tx: Tx, events: Sequence[Event]) -> None:
    """Adds events to the outbox; they are told once the transaction has committed."""
    if not events:
        return
    await tx.execute(
        "with added as (insert into outbox (account_id, topic, subject, payload, occurred_at, request_id)"
        " select * from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::timestamptz[], $6::text[]))"
        " select pg_notify('outbox', '')",
        [event.account_id for event in events],
        [event.topic for event in events],
        [event.subject for event in events],
        [event.payload for event in events],
        [event.occurred_at for event in events],
        [event.request_id for event in events],
    )


class Dispatcher:
    """Carries events to the subscribers of their topic. `subscribe` first, then `run` or `drain`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscribers: dict[str, list[Subscriber]] = defaultdict(list)

    def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Calls `subscriber` with batches of events of `topic`, inside the dispatcher's transaction."""
        self._subscribers[topic].append(subscriber)

    async def run(self, wakeup: asyncio.Event, *, poll: float = 1.0) -> None:
        """Dispatches until cancelled."""
        while True:
            if not await self.drain():
                await wait_for_work(wakeup, poll)

    async def drain(self) -> int:
        """Dispatches one batch; answers how many events it settled (0: nothing there, or another dispatcher is at
        it).
        """
        try:
            return await self._dispatch(_BATCH)
        except Exception:  # noqa: BLE001  (logged, then settled one by one)
            _log.exception("outbox.batch_failed")
            return await self._dispatch_one_by_one()

    async def _dispatch(self, limit: int) -> int:
        async with self._database.transaction() as tx:
            if not await tx.fetchval("select pg_try_advisory_xact_lock($1)", _LOCK):
                return 0
            events = await _take(tx, limit)
            by_topic: dict[str, list[Event]] = defaultdict(list)
            for event in events:
                by_topic[event.topic].append(event)
            for topic, batch in by_topic.items():
                for subscriber in self._subscribers.get(topic, ()):
                    await subscriber(tx, batch)
            return len(events)

    async def _dispatch_one_by_one(self) -> int:
        """After a failed batch: settles events singly until one fails, which is counted and at last parked."""
        settled = 0
        for _ in range(_BATCH):
            try:
                if not await self._dispatch(1):
                    return settled
            except Exception as error:  # noqa: BLE001  (counted on the event, which is parked at last)
                await self._count_failure(repr(error))
                return settled
            settled += 1
        return settled

    async def _count_failure(self, reason: str) -> None:
        async with self._database.transaction() as tx:
            parked = await tx.fetchval(
                "update outbox set attempts = attempts + 1, last_error = $1, parked = attempts + 1 >= $2"
                " where id = (select min(id) from outbox where not parked) returning parked",
                reason,
                _MOST_ATTEMPTS,
            )
        _log.error("outbox.event_failed", reason=reason, parked=bool(parked))
        await asyncio.sleep(0.1)


async def _take(tx: Tx, limit: int) -> list[Event]:
    rows = await tx.fetch(
        "with taken as (delete from outbox where id = any(array("
        "select id from outbox where not parked order by id limit $1 for update skip locked))"
        " returning id, topic, account_id, subject, payload, occurred_at, request_id) select * from taken order by id",
        limit,
    )
    return [Event(**dict(row)) for row in rows]
