"""Jobs: work that may talk to the network, claimed in batches under a lease and run at least once.

The lease is on the database's clock: it guards against a dead process, and business time may jump. `run_at` is business
time.
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

CHANNEL = "jobs"
_LEASE_SECONDS = 90
_BATCH = 100
_log = structlog.get_logger(__name__)


class Job(msgspec.Struct, frozen=True):
    """A unit of work of `kind`; `attempts` counts the runs including this one."""

    kind: str
    account_id: UUID
    payload: dict[str, Any]
    run_at: datetime
    request_id: str | None = None
    id: int = 0
    attempts: int = 0


class RetryJob(Exception):  # noqa: N818  (not an error: a handler's word that it wants another try)
    """Raised by a handler to be run again after `seconds` of business time."""

    def __init__(self, seconds: float, reason: str) -> None:
        self.seconds = seconds
        super().__init__(reason)


JobHandler = Callable[[Job], Awaitable[None]]


async def enqueue(tx: Tx, jobs: Sequence[Job]) -> None:
    """Adds jobs; they run once the transaction has committed and their time has come."""
    if not jobs:
        return
    await tx.execute(
        "with added as (insert into jobs (kind, account_id, payload, run_at, request_id)"
        " select * from unnest($1::text[], $2::uuid[], $3::jsonb[], $4::timestamptz[], $5::text[]))"
        " select pg_notify('jobs', '')",
        [job.kind for job in jobs],
        [job.account_id for job in jobs],
        [job.payload for job in jobs],
        [job.run_at for job in jobs],
        [job.request_id for job in jobs],
    )


class JobLoop:
    """Runs jobs with at most `concurrency` at once. A job that fails `most_attempts` times is parked with its last
    error.
    """

    def __init__(self, database: Database, clock: Clock, *, concurrency: int = 32, most_attempts: int = 6) -> None:
        self._database = database
        self._clock = clock
        self._free = concurrency
        self._most_attempts = most_attempts
        self._handlers: dict[str, JobHandler] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._wakeup = asyncio.Event()

    def handle(self, kind: str, handler: JobHandler) -> None:
        """Names the handler of `kind`. A handler must be safe to repeat."""
        self._handlers[kind] = handler

    async def run(self, wakeup: asyncio.Event, *, poll: float = 1.0) -> None:
        """Runs jobs until cancelled, then waits for those under way."""
        self._wakeup = wakeup
        try:
            while True:
                if not await self.start_due():
                    await wait_for_work(wakeup, poll)
        finally:
            await self.settle()

    async def start_due(self) -> int:
        """Claims and starts what is due and fits; answers how many it started."""
        limit = min(_BATCH, self._free)
        jobs = await self._claim(limit) if limit else []
        for job in jobs:
            self._free -= 1
            task = asyncio.create_task(self._run(job))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(jobs)

    async def settle(self) -> None:
        """Waits for the jobs under way."""
        if self._running:
            await asyncio.wait(self._running)

    async def _claim(self, limit: int) -> list[Job]:
        async with self._database.transaction() as tx:
            rows = await tx.fetch(
                "update jobs set lease_until = clock_timestamp() + make_interval(secs => $4), attempts = attempts + 1"
                " where id = any(array(select id from jobs where kind = any($1) and run_at <= $2 and not parked"
                " and (lease_until is null or lease_until < clock_timestamp()) order by run_at, id limit $3"
                " for update skip locked)) returning id, kind, account_id, payload, run_at, request_id, attempts",
                list(self._handlers),
                self._clock.now(),
                limit,
                _LEASE_SECONDS,
            )
        return [Job(**dict(row)) for row in rows]

    async def _run(self, job: Job) -> None:
        try:
            await asyncio.wait_for(self._handlers[job.kind](job), _LEASE_SECONDS - 10)
        except RetryJob as retry:
            await self._release(job, retry.seconds, str(retry))
        except Exception as error:  # noqa: BLE001  (whatever a handler raises is logged and the job tried again)
            _log.exception("jobs.failed", kind=job.kind, job=job.id, attempts=job.attempts, request_id=job.request_id)
            await self._release(job, 2.0**job.attempts, repr(error))
        else:
            async with self._database.transaction() as tx:
                await tx.execute("delete from jobs where id = $1", job.id)
        finally:
            self._free += 1
            self._wakeup.set()

    async def _release(self, job: Job, seconds: float, reason: str) -> None:
        async with self._database.transaction() as tx:
            await tx.execute(
                "update jobs set lease_until = null, run_at = $2, last_error = $3, parked = attempts >= $4 "
                " where id = $1",
                job.id,
                self._clock.now() + timedelta(seconds=seconds),
                reason,
                self._most_attempts,
            )
