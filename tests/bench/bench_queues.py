"""Outbox, jobs and timers: what each carries a second, and how late timers fire.

One process and one PostgreSQL share this machine. Durability is as PostgreSQL ships it. `--scale 0.1` for a quick look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import uvloop
from tests.bench.own_database import measure

from cordboard.infra.db import Database, Tx
from cordboard.infra.events import Dispatcher, Event
from cordboard.infra.events.outbox import append
from cordboard.infra.jobs.queue import Job, JobLoop, enqueue
from cordboard.infra.jobs.timers import Timer, TimerLoop, arm
from cordboard.kit.clock import SystemClock, monotonic

ACCOUNT = UUID(int=1)
Row = TypeVar("Row")
_ROUND = 500
_LATE_SECONDS = 20
_LATE_RATE = 1000


class Bench:
    """The figures, one method each."""

    def __init__(self, database: Database, scale: float) -> None:
        self._database = database
        self._scale = scale
        self._clock = SystemClock()

    async def run(self) -> None:
        """Prints the figures."""
        async with self._database.connection() as connection:
            await connection.execute("create table notes (n bigint)")
        await self.outbox()
        await self.jobs()
        for waiting in (100_000, 1_000_000):
            await self.timers_due_at_once(self._scaled(waiting))
        await self.timers_lateness()

    async def outbox(self) -> None:
        """Appending in batches; dispatching to a subscriber that writes a row an event."""
        count = self._scaled(50_000)
        now = self._clock.now()
        events = [Event("probe.made", ACCOUNT, f"s{n % 1000}", {"n": n, "text": "x" * 200}, now) for n in range(count)]
        await self._timed("outbox: appended", count, self._in_rounds(events, append))
        dispatcher = Dispatcher(self._database)
        dispatcher.subscribe("probe.made", note_events)
        await self._timed("outbox: dispatched to a row each", count, until_idle(dispatcher.drain))

    async def jobs(self) -> None:
        """Enqueueing in batches; claiming, running a handler that does nothing, and completing."""
        count = self._scaled(50_000)
        now = self._clock.now()
        jobs = [Job("probe", ACCOUNT, {"n": n, "url": "https://example.org"}, now) for n in range(count)]
        await self._timed("jobs: enqueued", count, self._in_rounds(jobs, enqueue))
        done = asyncio.Event()
        left = count

        async def handler(_job: Job) -> None:
            nonlocal left
            await asyncio.sleep(0)
            left -= 1
            if not left:
                done.set()

        loop = JobLoop(self._database, self._clock)
        loop.handle("probe", handler)

        async def work() -> None:
            task = asyncio.create_task(loop.run(asyncio.Event()))
            await done.wait()
            task.cancel()
            await asyncio.wait([task])

        await self._timed("jobs: claimed, run and completed", count, work())

    async def timers_due_at_once(self, waiting: int) -> None:
        """So many timers, of which a tenth (at least 50,000) are due; the others stay in the way."""
        due = min(waiting, max(50_000, waiting // 10))
        async with self._database.connection() as connection:
            await connection.execute("truncate timers")
            await connection.execute(
                "insert into timers (account_id, kind, scope, fire_at, payload)"
                " select $1, 'probe', md5(n::text), case when n <= $4 then $2::timestamptz else $3::timestamptz end"
                " + n * interval '1 ms', '{\"messageSid\": \"0198f9f4-0000-1000-8000-000000000000\"}'"
                " from generate_series(1, $5::int) n",
                ACCOUNT,
                self._clock.now() - timedelta(hours=1),
                self._clock.now() + timedelta(days=30),
                due,
                waiting,
                timeout=600,
            )
            await connection.execute("vacuum analyze timers", timeout=600)
        loop = TimerLoop(self._database, self._clock)
        loop.handle("probe", note_timers)
        await self._timed(f"timers: fired, {waiting:,} waiting, {due:,} due at once", due, until_idle(loop.fire_due))

    async def timers_lateness(self) -> None:
        """1,000 armed and due a second, with the others still waiting: how late each fires."""
        late: list[float] = []
        count = _LATE_SECONDS * _LATE_RATE
        done = asyncio.Event()

        async def handler(_tx: Tx, timers: Sequence[Timer]) -> None:
            now = self._clock.now()
            late.extend((now - timer.fire_at).total_seconds() for timer in timers)
            if len(late) == count:
                done.set()

        loop = TimerLoop(self._database, self._clock)
        loop.handle("probe", handler)
        task = asyncio.create_task(loop.run(asyncio.Event()))
        first = self._clock.now() + timedelta(seconds=5)
        await self._in_rounds([_timer(n, first) for n in range(count)], arm)
        await done.wait()
        task.cancel()
        await asyncio.wait([task])
        late.sort()
        print(
            f"timers: late at {_LATE_RATE:,}/s: p50 {late[len(late) // 2] * 1000:.0f} ms,"
            f" p99 {late[len(late) * 99 // 100] * 1000:.0f} ms, worst {late[-1] * 1000:.0f} ms"
        )

    async def _in_rounds(self, rows: Sequence[Row], add: Callable[[Tx, Sequence[Row]], Awaitable[None]]) -> None:
        for start in range(0, len(rows), _ROUND):
            async with self._database.transaction() as tx:
                await add(tx, rows[start : start + _ROUND])

    async def _timed(self, what: str, count: int, work: Awaitable[None]) -> None:
        started = monotonic()
        await work
        seconds = monotonic() - started
        print(f"{what}: {count / seconds:,.0f}/s ({count:,} in {seconds:.1f} s)")

    def _scaled(self, count: int) -> int:
        return max(_ROUND, int(count * self._scale))


def _timer(number: int, first: datetime) -> Timer:
    return Timer("probe", ACCOUNT, f"late-{number}", first + timedelta(seconds=number / _LATE_RATE), number)


async def note_events(tx: Tx, events: Sequence[Event]) -> None:
    """A row an event."""
    await tx.execute("insert into notes select * from unnest($1::bigint[])", [event.payload["n"] for event in events])


async def note_timers(tx: Tx, timers: Sequence[Timer]) -> None:
    """A row a timer."""
    await tx.execute("insert into notes select * from unnest($1::bigint[])", [timer.step for timer in timers])


async def until_idle(work: Callable[[], Awaitable[int]]) -> None:
    """Repeats until there is nothing left."""
    while await work():
        pass


if __name__ == "__main__":
    uvloop.run(measure(lambda database, scale: Bench(database, scale).run(), __doc__, size=10))
