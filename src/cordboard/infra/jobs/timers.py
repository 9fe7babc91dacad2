"""Timers: one row a sleeper, unique by kind and scope, so that arming twice is harmless and cancelling is a delete.

A timer carries the step that it was armed for; its handler ignores one that comes late for a thing that has moved on.
Handlers get batches and only write rows, in the transaction that removes the timers. Each kind is fired by itself: a
million of one kind, or a handler that fails, holds up no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog

from cordboard.infra.db.pool import Database, Tx, wait_for_work
from cordboard.kit.clock import Clock

CHANNEL = "timers"
_BATCH = 500
_LONGEST_SLEEP = 5.0
_RETRY = timedelta(seconds=30)
_MOST_FAILURES = 5
_COLUMNS = "kind, account_id, scope, fire_at, step, payload"
_DUE = "select {} from timers where kind = $1 and fire_at <= $2 order by fire_at limit $3 for update skip locked"
_log = structlog.get_logger(__name__)


class Timer(msgspec.Struct, frozen=True):
    """Wakes `kind`'s handler at `fire_at` (business time) for `scope` of an account."""

    kind: str
    account_id: UUID
    scope: str
    fire_at: datetime
    step: int = 0
    payload: dict[str, Any] = {}


TimerHandler = Callable[[Tx, Sequence[Timer]], Awaitable[None]]


async def arm(tx: Tx, timers: Sequence[Timer]) -> None:
    """Sets timers; one that exists for the same kind and scope is moved, and of several in `timers` the last counts."""
    if not timers:
        return
    # In one order for all, so that two that arm the same timers wait for each other instead of deadlocking.
    timers = sorted({_key(timer): timer for timer in timers}.values(), key=_key)
    await tx.execute(
        "with armed as (insert into timers (account_id, kind, scope, fire_at, step, payload)"
        " select * from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::jsonb[])"
        " on conflict (account_id, kind, scope)"
        " do update set fire_at = excluded.fire_at, step = excluded.step, payload = excluded.payload)"
        " select pg_notify('timers', '')",
        [timer.account_id for timer in timers],
        [timer.kind for timer in timers],
        [timer.scope for timer in timers],
        [timer.fire_at for timer in timers],
        [timer.step for timer in timers],
        [timer.payload for timer in timers],
    )


async def cancel(tx: Tx, kind: str, account_id: UUID, scopes: Sequence[str]) -> None:
    """Removes timers that have not fired."""
    await tx.execute(
        "delete from timers where account_id = $1 and kind = $2 and scope = any($3)", account_id, kind, list(scopes)
    )


def _key(timer: Timer) -> tuple[UUID, str, str]:
    return timer.account_id, timer.kind, timer.scope


class TimerLoop:
    """Fires what is due. `handle` first, then `run` or `fire_due`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._handlers: dict[str, TimerHandler] = {}
        self._resting: dict[str, datetime] = {}

    def handle(self, kind: str, handler: TimerHandler) -> None:
        """Names the handler of `kind`."""
        self._handlers[kind] = handler

    async def run(self, wakeup: asyncio.Event) -> None:
        """Fires until cancelled, sleeping until the next due time."""
        while True:
            if not await self.fire_due():
                await wait_for_work(wakeup, await self._seconds_to_next())

    async def fire_due(self) -> int:
        """Fires a batch of each kind that is due; answers how many timers it fired."""
        now = self._clock.now()
        return sum([await self._fire(kind, now) for kind, at in (await self._next_times()).items() if at <= now])

    async def _fire(self, kind: str, now: datetime) -> int:
        try:
            async with self._database.transaction() as tx:
                batch = await _take(tx, kind, now)
                if batch:
                    await self._handlers[kind](tx, batch)
                return len(batch)
        except Exception:  # noqa: BLE001  (logged, then fired one by one)
            _log.exception("timers.batch_failed", kind=kind)
            return await self._fire_singly(kind, now)

    async def _fire_singly(self, kind: str, now: datetime) -> int:
        """After a failed batch: each timer under a savepoint of its own; those that fail are put off. After several
        failures the whole kind rests.
        """
        failed: list[Timer] = []
        async with self._database.transaction() as tx:
            batch = await _lock_due(tx, kind, now)
            for index, timer in enumerate(batch):
                try:
                    async with tx.transaction():
                        await cancel(tx, kind, timer.account_id, [timer.scope])
                        await self._handlers[kind](tx, [timer])
                except Exception as error:
                    if tx.is_closed():
                        raise
                    _log.error("timers.failed", kind=kind, scope=timer.scope, reason=repr(error))
                    failed.append(timer)
                if len(failed) == _MOST_FAILURES:
                    failed += batch[index + 1 :]
                    self._resting[kind] = now + _RETRY
                    break
            await arm(tx, [msgspec.structs.replace(timer, fire_at=now + _RETRY) for timer in failed])
        return len(batch) - len(failed)

    async def _next_times(self) -> dict[str, datetime]:
        """When each kind is to be looked at next; without those that nothing waits of."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "select kind, (select min(fire_at) from timers where timers.kind = kinds.kind) as fire_at"
                " from unnest($1::text[]) as kinds (kind)",
                list(self._handlers),
            )
        return {
            row["kind"]: max(row["fire_at"], self._resting.get(row["kind"], row["fire_at"]))
            for row in rows
            if row["fire_at"] is not None
        }

    async def _seconds_to_next(self) -> float:
        times = await self._next_times()
        if not times:
            return _LONGEST_SLEEP
        return min(_LONGEST_SLEEP, (min(times.values()) - self._clock.now()).total_seconds())


async def _take(tx: Tx, kind: str, now: datetime) -> list[Timer]:
    rows = await tx.fetch(
        f"delete from timers where ctid = any(array({_DUE.format('ctid')})) returning {_COLUMNS}", kind, now, _BATCH
    )
    return sorted((Timer(**dict(row)) for row in rows), key=lambda timer: timer.fire_at)


async def _lock_due(tx: Tx, kind: str, now: datetime) -> list[Timer]:
    return [Timer(**dict(row)) for row in await tx.fetch(_DUE.format(_COLUMNS), kind, now, _BATCH)]
