"""Jobs: work that may talk to the network, claimed in batches under a lease and run at least once.

The lease is on the database's clock: it guards against a dead process, and business time may jump. `run_at` is business
time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
import structlog

from cordboard.infra.batching import Batcher
from cordboard.infra.db.pool import Database, Tx, wait_for_work
from cordboard.infra.telemetry import request_id
from cordboard.kit.clock import Clock

CHANNEL = "jobs"
_LEASE_SECONDS = 90.0
_LEASE_SHARE = 8 / 9  # what a handler may use of its lease: the rest is for writing down how it ended
_BATCH = 100
_SETTLED_AT_ONCE = 500
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
    """Raised by a handler to be run again after `seconds` of business time, as often as it likes."""

    def __init__(self, seconds: float, reason: str) -> None:
        self.seconds = seconds
        super().__init__(reason)


JobHandler = Callable[[Job], Awaitable[None]]


class _Outcome(NamedTuple):
    """How a run ended: done, or to be run again after `seconds` (parked instead, if it says so)."""

    job: Job
    seconds: float | None = None
    reason: str = ""
    parked: bool = False


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
    """Runs jobs with at most `concurrency` at once. A job that still fails at its `most_attempts`th run is parked with
    its error.

    `lease` is in seconds. A handler that takes longer than most of it is cut off, which counts as a failure; when a
    process dies, its jobs are run again once their lease has ended.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        concurrency: int = 64,
        most_attempts: int = 6,
        lease: float = _LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._free = concurrency
        self._most_attempts = most_attempts
        self._lease = lease
        self._handlers: dict[str, JobHandler] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._settled: Batcher[_Outcome, None] = Batcher(self._settle_batch, largest=_SETTLED_AT_ONCE, at_once=1)
        self._wakeup = asyncio.Event()
        self._more_waits = False

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
        self._more_waits = len(jobs) == limit
        for job in jobs:
            self._free -= 1
            task = asyncio.create_task(self._run(job))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(jobs)

    async def settle(self) -> None:
        """Waits for the jobs under way and until their outcome is written down."""
        while self._running:
            await asyncio.wait(self._running)

    async def _claim(self, limit: int) -> list[Job]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                "update jobs set lease_until = clock_timestamp() + make_interval(secs => $4), attempts = attempts + 1"
                " where id = any(array(select id from jobs where kind = any($1) and run_at <= $2 and not parked"
                " and (lease_until is null or lease_until < clock_timestamp()) order by run_at, id limit $3"
                " for update skip locked)) returning id, kind, account_id, payload, run_at, request_id, attempts",
                list(self._handlers),
                self._clock.now(),
                limit,
                self._lease,
            )
        return [Job(**dict(row)) for row in rows]

    async def _run(self, job: Job) -> None:
        """Runs a job, makes room for the next one, then writes down how it ended. If that cannot be, the lease ends and
        the job is run again.
        """
        try:
            outcome = await self._outcome(job)
        finally:
            self._free += 1
            if self._more_waits:
                self._wakeup.set()
        try:
            await self._settled(outcome)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("jobs.not_settled", kind=job.kind, job=job.id, error=repr(error))

    async def _outcome(self, job: Job) -> _Outcome:
        request_id.adopt(job.request_id)
        try:
            async with asyncio.timeout(self._lease * _LEASE_SHARE):
                await self._handlers[job.kind](job)
        except RetryJob as retry:
            return _Outcome(job, retry.seconds, str(retry))
        except Exception as error:  # noqa: BLE001  (whatever a handler raises is logged and the job tried again)
            _log.exception("jobs.failed", kind=job.kind, job=job.id, attempts=job.attempts)
            return _Outcome(job, 2.0**job.attempts, repr(error), parked=job.attempts >= self._most_attempts)
        return _Outcome(job)

    async def _settle_batch(self, outcomes: Sequence[_Outcome]) -> list[None]:
        """Removes what is done and gives back what is to be run again, unless somebody else has claimed it since."""
        now = self._clock.now()
        again = [(outcome, outcome.seconds) for outcome in outcomes if outcome.seconds is not None]
        done = [outcome.job.id for outcome in outcomes if outcome.seconds is None]
        async with self._database.connection() as connection:
            if done:
                await connection.execute("delete from jobs where id = any($1)", done)
            if again:
                await connection.execute(
                    "update jobs set lease_until = null, run_at = r.run_at, last_error = r.reason, parked = r.parked"
                    " from unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::text[], $5::boolean[])"
                    " as r (id, attempts, run_at, reason, parked)"
                    " where jobs.id = r.id and jobs.attempts = r.attempts",
                    [one.job.id for one, _ in again],
                    [one.job.attempts for one, _ in again],
                    [now + timedelta(seconds=seconds) for _, seconds in again],
                    [one.reason for one, _ in again],
                    [one.parked for one, _ in again],
                )
        return [None] * len(outcomes)
