"""Outbox: events appended in the transaction that made them true, carried to their subscribers at least once, in order.

One dispatcher works at a time in the whole installation (a transaction-level advisory lock), because two could overtake
each other for the same subject. Its batch, the subscribers' writes and the removal of the events are one transaction,
so for subscribers that only write rows the effect is exactly once.

An event whose subscriber fails is tried again after pauses that double, and its subject waits with it; everything else
goes on. After several attempts it is parked: it stays in the table with its error, and its subject goes on without it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
import structlog

from cordboard.infra.db.pool import Database, Tx, wait_for_work
from cordboard.kit.clock import monotonic

CHANNEL = "outbox"
_BATCH = 500
_GATHER_SECONDS = 0.03
_MOST_ATTEMPTS = 8
_LONGEST_PAUSE = 60.0
_MOST_RESTING = 10_000
LOCK = 0x6F757462  # "outb"
"""The advisory lock of whoever dispatches."""
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
Subject: TypeAlias = tuple[UUID, str]


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
    """Carries events to the subscribers of their topic. `subscribe` first, then `run` or `drain`.

    `pause` is the time in seconds before a failed event's second attempt.
    """

    def __init__(self, database: Database, *, pause: float = 0.5) -> None:
        self._database = database
        self._pause = pause
        self._subscribers: dict[str, list[Subscriber]] = defaultdict(list)
        self._resting: dict[Subject, float] = {}

    def subscribe(self, topic: str, subscriber: Subscriber) -> None:
        """Calls `subscriber` with batches of events of `topic`, inside the dispatcher's transaction."""
        self._subscribers[topic].append(subscriber)

    async def run(self, wakeup: asyncio.Event, *, poll: float = 1.0) -> None:
        """Dispatches until cancelled. A moment is left for events to gather: a batch costs little more than one
        alone.
        """
        while True:
            if not await self.drain():
                await wait_for_work(wakeup, poll)
            await asyncio.sleep(_GATHER_SECONDS)

    async def drain(self) -> int:
        """Dispatches one batch; answers how many events it settled (0: nothing there, or another dispatcher is at
        it).
        """
        try:
            return await self._dispatch()
        except Exception:  # noqa: BLE001  (logged, then settled one by one)
            _log.exception("outbox.batch_failed")
            return await self._dispatch_singly()

    async def _dispatch(self) -> int:
        async with self._turn() as (tx, events):
            for batch in batches_of(events):
                await self._tell(tx, batch)
            await _remove(tx, events)
            return len(events)

    async def _dispatch_singly(self) -> int:
        """After a failed batch: each event under a savepoint of its own, so that only those that fail stay behind."""
        async with self._turn() as (tx, events):
            told, parked = [], 0
            for event in events:
                if _subject(event) in self._resting:
                    continue
                try:
                    async with tx.transaction():
                        await self._tell(tx, [event])
                except Exception as error:  # noqa: BLE001  (counted on the event, which is parked at last)
                    parked += await self._count_failure(tx, event, repr(error))
                else:
                    told.append(event)
            await _remove(tx, told)
            return len(told) + parked

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[tuple[Tx, Sequence[Event]]]:
        """The events that wait, in order; none while another dispatcher works."""
        now = monotonic()
        self._resting = {subject: until for subject, until in self._resting.items() if until > now}
        async with self._database.transaction() as tx:
            # What a crash of the server takes back is told again: this commit need not wait for the disk.
            free = len(self._resting) < _MOST_RESTING and await tx.fetchval(
                "select pg_try_advisory_xact_lock($1) from set_config('synchronous_commit', 'off', true)", LOCK
            )
            yield tx, await _waiting(tx, list(self._resting)) if free else []

    async def _tell(self, tx: Tx, batch: Sequence[Event]) -> None:
        for subscriber in self._subscribers.get(batch[0].topic, ()):
            await subscriber(tx, batch)

    async def _count_failure(self, tx: Tx, event: Event, reason: str) -> bool:
        """Notes the failure on the event; True when that parks it, otherwise its subject rests for a while."""
        attempts: int = await tx.fetchval(
            "update outbox set attempts = attempts + 1, last_error = $2, parked = attempts + 1 >= $3 where id = $1"
            " returning attempts",
            event.id,
            reason,
            _MOST_ATTEMPTS,
        )
        parked = attempts >= _MOST_ATTEMPTS
        if not parked:
            self._resting[_subject(event)] = monotonic() + min(_LONGEST_PAUSE, self._pause * 2**attempts)
        _log.error("outbox.event_failed", topic=event.topic, event_id=event.id, reason=reason, parked=parked)
        return parked


def batches_of(events: Sequence[Event]) -> list[list[Event]]:
    """Events in batches of one topic each, as few as keep every subject's events in their order."""
    batches: list[list[Event]] = []
    newest_of_topic: dict[str, int] = {}
    last_of_subject: dict[Subject, int] = {}
    for event in events:
        subject = _subject(event)
        index = newest_of_topic.get(event.topic, -1)
        if index < last_of_subject.get(subject, 0):
            index = newest_of_topic[event.topic] = len(batches)
            batches.append([])
        batches[index].append(event)
        last_of_subject[subject] = index
    return batches


def _subject(event: Event) -> Subject:
    return event.account_id, event.subject


async def _waiting(tx: Tx, resting: Sequence[Subject]) -> list[Event]:
    rows = await tx.fetch(
        "select id, topic, account_id, subject, payload, occurred_at, request_id from outbox where not parked"
        " and (account_id, subject) not in (select * from unnest($2::uuid[], $3::text[])) order by id limit $1",
        _BATCH,
        [account_id for account_id, _ in resting],
        [subject for _, subject in resting],
    )
    return [Event(**dict(row)) for row in rows]


async def _remove(tx: Tx, events: Sequence[Event]) -> None:
    await tx.execute("delete from outbox where id = any($1)", [event.id for event in events])
