"""Timers: one row a sleeper, unique by kind and scope, so that arming twice is harmless and cancelling is a delete.

A timer carries the step that it was armed for; its handler ignores one that comes late for a thing that has moved on.
Handlers get batches and only write rows, in the transaction that removes the timers.
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
from cordboard.kit.clock import Clock

CHANNEL = "timers"
_BATCH = 200
_LONGEST_SLEEP = 5.0
_RETRY_SECONDS = 30
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
    """Sets timers; one that exists for the same kind and scope is moved."""
    if not timers:
        return
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


class TimerLoop:
    """Fires what is due. `handle` first, then `run` or `fire_due`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._handlers: dict[str, TimerHandler] = {}

    def handle(self, kind: str, handler: TimerHandler) -> None:
        """Names the handler of `kind`."""
        self._handlers[kind] = handler

    async def run(self, wakeup: asyncio.Event) -> None:
        """Fires until cancelled, sleeping until the next due time."""
        while True:
            if not await self.fire_due():
                await wait_for_work(wakeup, await self._seconds_to_next())

    async def fire_due(self) -> int:
        """Fires one batch; answers how many timers it took."""
        kind, fired = await self._fire_batch()
        if kind is not None:
            await self._postpone(kind)
        return fired

    async def _fire_batch(self) -> tuple[str | None, int]:
        """Fires a batch in one transaction; on a failure nothing is fired and the failing kind is answered."""
        kind = ""
        try:
            async with self._database.transaction() as tx:
                by_kind: dict[str, list[Timer]] = defaultdict(list)
                taken = await _take(tx, list(self._handlers), self._clock.now())
                for timer in taken:
                    by_kind[timer.kind].append(timer)
                for kind, batch in by_kind.items():
                    await self._handlers[kind](tx, batch)
                return None, len(taken)
        except Exception:  # noqa: BLE001  (logged, and the kind is postponed)
            _log.exception("timers.handler_failed", kind=kind)
            return kind, 0

    async def _postpone(self, kind: str) -> None:
        """Sets the failing kind's due timers back, so that the other kinds go on."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "update timers set fire_at = fire_at + make_interval(secs => $3) where kind = $1 and fire_at <= $2",
                kind,
                self._clock.now(),
                _RETRY_SECONDS,
            )

    async def _seconds_to_next(self) -> float:
        async with self._database.connection() as connection:
            next_due: datetime | None = await connection.fetchval(
                "select min(fire_at) from timers where kind = any($1)", list(self._handlers)
            )
        if next_due is None:
            return _LONGEST_SLEEP
        return min(_LONGEST_SLEEP, (next_due - self._clock.now()).total_seconds())


async def _take(tx: Tx, kinds: list[str], now: datetime) -> list[Timer]:
    rows = await tx.fetch(
        "delete from timers where ctid = any(array("
        "select ctid from timers where fire_at <= $1 and kind = any($2) order by fire_at"
        " limit $3 for update skip locked))"
        " returning kind, account_id, scope, fire_at, step, payload",
        now,
        kinds,
        _BATCH,
    )
    return [Timer(**dict(row)) for row in rows]
