"""Jobs on a real PostgreSQL: leases, retries, parking, and what a crash or an absent database leaves behind."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.unit.infra.relay import Relay

from cordboard.infra.db import Database
from cordboard.infra.jobs.queue import Job, JobLoop, RetryJob, enqueue
from cordboard.infra.telemetry import request_id
from cordboard.testing.clock import VirtualClock

ACCOUNT = UUID(int=1)


class Recorder:
    """A handler that notes its jobs and raises what it is told to."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.raising: list[BaseException] = []

    async def __call__(self, job: Job) -> None:
        """Raises the next of `raising`, if any is left."""
        self.jobs.append(job)
        if self.raising:
            raise self.raising.pop(0)


async def add(database: Database, clock: VirtualClock, *numbers: int, seconds: float = 0, kind: str = "probe") -> None:
    """Enqueues a job a number, due in `seconds`."""
    due = clock.now() + timedelta(seconds=seconds)
    async with database.transaction() as tx:
        await enqueue(tx, [Job(kind, ACCOUNT, {"n": number}, due, f"req-{number}") for number in numbers])


async def rows(database: Database) -> list[dict[str, Any]]:
    """The jobs that are left."""
    async with database.connection() as connection:
        return [dict(row) for row in await connection.fetch("select * from jobs order by id")]


async def until_none_is_left(database: Database) -> None:
    """Lets loops work."""
    async with asyncio.timeout(30):
        left = await rows(database)
        while left:
            await asyncio.sleep(0)
            left = await rows(database)


async def end_leases(database: Database) -> None:
    """What 90 s of a dead process amount to."""
    async with database.connection() as connection:
        await connection.execute("update jobs set lease_until = clock_timestamp() - interval '1 ms'")


async def run_due(loop: JobLoop) -> int:
    """Starts what is due and waits for it."""
    started = await loop.start_due()
    await loop.settle()
    return started


def loop_of(database: Database, clock: VirtualClock, handler: Any, **settings: Any) -> JobLoop:
    """A loop that knows one kind."""
    loop = JobLoop(database, clock, **settings)
    loop.handle("probe", handler)
    return loop


async def test_a_due_job_is_run_and_gone(database: Database, clock: VirtualClock) -> None:
    handler = Recorder()
    await add(database, clock, 1, 2)
    assert await run_due(loop_of(database, clock, handler)) == 2

    assert [(job.payload, job.attempts, job.account_id, job.request_id, job.run_at) for job in handler.jobs] == [
        ({"n": 1}, 1, ACCOUNT, "req-1", clock.now()),
        ({"n": 2}, 1, ACCOUNT, "req-2", clock.now()),
    ]
    assert await rows(database) == []


async def test_nothing_is_enqueued_for_nothing(database: Database) -> None:
    async with database.transaction() as tx:
        await enqueue(tx, [])
    assert await rows(database) == []


async def test_a_job_waits_for_its_time_and_its_handler(database: Database, clock: VirtualClock) -> None:
    handler = Recorder()
    loop = loop_of(database, clock, handler)
    await add(database, clock, 1, seconds=60)
    await add(database, clock, 2, kind="somebody-elses")
    assert await run_due(loop) == 0

    clock.advance(60)
    assert await run_due(loop) == 1
    assert [row["kind"] for row in await rows(database)] == ["somebody-elses"]


async def test_older_jobs_first_and_never_more_than_fit(database: Database, clock: VirtualClock) -> None:
    handler = Recorder()
    loop = loop_of(database, clock, handler, concurrency=2)
    await add(database, clock, 3, seconds=3)
    await add(database, clock, 1, seconds=1)
    await add(database, clock, 2, seconds=2)
    clock.advance(10)

    assert await run_due(loop) == 2
    assert [job.payload["n"] for job in handler.jobs] == [1, 2]
    assert await run_due(loop) == 1


async def test_the_request_id_of_a_job_is_current_while_it_runs(database: Database, clock: VirtualClock) -> None:
    current: list[str | None] = []

    async def handler(_job: Job) -> None:
        current.append(request_id.current())

    await add(database, clock, 1, 2)
    await run_due(loop_of(database, clock, handler))
    assert sorted(map(str, current)) == ["req-1", "req-2"]


async def test_retry_after_seconds_of_business_time_as_often_as_the_handler_likes(
    database: Database, clock: VirtualClock
) -> None:
    handler = Recorder()
    loop = loop_of(database, clock, handler, most_attempts=2)
    await add(database, clock, 1)
    for attempt in range(1, 5):
        handler.raising = [RetryJob(30, "the carrier is busy")]
        assert await run_due(loop) == 1
        (row,) = await rows(database)
        assert (row["attempts"], row["parked"], row["lease_until"]) == (attempt, False, None)
        assert (row["last_error"], row["run_at"]) == ("the carrier is busy", clock.now() + timedelta(seconds=30))
        assert await run_due(loop) == 0
        clock.advance(30)

    assert await run_due(loop) == 1
    assert [job.attempts for job in handler.jobs] == [1, 2, 3, 4, 5]
    assert await rows(database) == []


async def test_a_job_that_keeps_failing_is_parked_with_its_error(database: Database, clock: VirtualClock) -> None:
    handler = Recorder()
    loop = loop_of(database, clock, handler, most_attempts=3)
    await add(database, clock, 1)
    for attempt, pause in ((1, 2), (2, 4)):
        handler.raising = [ValueError("broken")]
        await run_due(loop)
        (row,) = await rows(database)
        assert (row["attempts"], row["parked"], row["last_error"]) == (attempt, False, "ValueError('broken')")
        assert row["run_at"] == clock.now() + timedelta(seconds=pause)
        clock.advance(pause)
    handler.raising = [ValueError("broken for good")]
    await run_due(loop)
    clock.advance(1_000_000)

    assert await run_due(loop) == 0
    (row,) = await rows(database)
    assert (row["parked"], row["last_error"], len(handler.jobs)) == (True, "ValueError('broken for good')", 3)


async def test_one_failure_leaves_its_neighbours_alone(database: Database, clock: VirtualClock) -> None:
    async def handler(job: Job) -> None:
        if job.payload["n"] == 2:
            raise ValueError("two")

    await add(database, clock, 1, 2, 3)
    await run_due(loop_of(database, clock, handler))
    assert [row["payload"]["n"] for row in await rows(database)] == [2]


async def test_a_handler_that_hangs_is_cut_off_within_its_lease(database: Database, clock: VirtualClock) -> None:
    cut = asyncio.Event()

    async def hang(_job: Job) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()

    loop = loop_of(database, clock, hang, lease=0.2, concurrency=1)
    await add(database, clock, 1)
    await run_due(loop)

    assert cut.is_set()
    (row,) = await rows(database)
    assert (row["lease_until"], row["last_error"]) == (None, "TimeoutError()")
    clock.advance(3600)
    assert await loop.start_due() == 1  # its slot was free again
    await loop.settle()


async def test_a_lease_keeps_others_away_until_it_ends(database: Database, clock: VirtualClock) -> None:
    handler, go_on = Recorder(), asyncio.Event()

    async def slow(_job: Job) -> None:
        await go_on.wait()

    first, second = loop_of(database, clock, slow), loop_of(database, clock, handler)
    await add(database, clock, 1)
    assert await first.start_due() == 1
    assert await run_due(second) == 0

    await end_leases(database)
    assert await run_due(second) == 1
    assert [job.attempts for job in handler.jobs] == [2]
    go_on.set()
    await first.settle()
    assert await rows(database) == []


async def test_one_who_lost_the_lease_does_not_give_back_the_job_of_another(
    database: Database, clock: VirtualClock
) -> None:
    first_goes_on, second_goes_on = asyncio.Event(), asyncio.Event()

    async def late(_job: Job) -> None:
        await first_goes_on.wait()
        raise RetryJob(0, "too late")

    async def slow(_job: Job) -> None:
        await second_goes_on.wait()

    first, second = loop_of(database, clock, late), loop_of(database, clock, slow)
    third = loop_of(database, clock, Recorder())
    await add(database, clock, 1)
    await first.start_due()
    await end_leases(database)
    await second.start_due()
    first_goes_on.set()
    await first.settle()

    assert await third.start_due() == 0
    (row,) = await rows(database)
    assert (row["attempts"], row["last_error"]) == (2, None)
    second_goes_on.set()
    await second.settle()
    assert await rows(database) == []


async def test_a_crash_before_the_outcome_is_written_runs_the_job_again(
    database: Database, clock: VirtualClock
) -> None:
    crashed = loop_of(database, clock, Recorder())
    await add(database, clock, 1)
    await crashed.start_due()
    for task in set(crashed._running):
        task.cancel()
    await crashed.settle()

    handler = Recorder()
    survivor = loop_of(database, clock, handler)
    assert await run_due(survivor) == 0
    await end_leases(database)
    assert await run_due(survivor) == 1
    assert [job.attempts for job in handler.jobs] == [2]
    assert await rows(database) == []


async def test_many_loops_run_every_job_once(database: Database, clock: VirtualClock) -> None:
    runs: Counter[int] = Counter()
    busy: set[int] = set()
    clashes: list[int] = []

    async def handler(job: Job) -> None:
        number = job.payload["n"]
        clashes.extend({number} & busy)
        busy.add(number)
        runs[number] += 1
        await asyncio.sleep(0)
        busy.discard(number)

    wakeup = asyncio.Event()
    loops = [loop_of(database, clock, handler, concurrency=7) for _ in range(6)]
    tasks = [asyncio.create_task(loop.run(wakeup, poll=0.01)) for loop in loops]
    for start in range(0, 600, 50):
        await add(database, clock, *range(start, start + 50))
        wakeup.set()
    await until_none_is_left(database)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

    assert runs == Counter(range(600))
    assert clashes == []


async def test_a_loop_that_is_stopped_finishes_what_is_under_way(database: Database, clock: VirtualClock) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_job: Job) -> None:
        entered.set()
        await go_on.wait()

    await add(database, clock, 1)
    task = asyncio.create_task(loop_of(database, clock, slow).run(asyncio.Event()))
    await entered.wait()
    task.cancel()
    go_on.set()
    await asyncio.wait([task])

    assert task.cancelled()
    assert await rows(database) == []


async def test_a_full_loop_goes_on_by_itself_as_soon_as_there_is_room(database: Database, clock: VirtualClock) -> None:
    handler = Recorder()
    await add(database, clock, *range(5))
    task = asyncio.create_task(loop_of(database, clock, handler, concurrency=1).run(asyncio.Event(), poll=3600))
    await until_none_is_left(database)
    task.cancel()
    await asyncio.wait([task])
    assert [job.payload["n"] for job in handler.jobs] == [0, 1, 2, 3, 4]


@pytest.fixture
async def relay(database_url: str) -> AsyncIterator[Relay]:
    """The way to the database, which can be cut."""
    async with Relay.to_database(database_url) as opened:
        yield opened


@pytest.mark.parametrize("failure", [None, ValueError("broken"), RetryJob(1, "again")])
async def test_a_database_that_is_away_costs_neither_the_slot_nor_the_job(
    database: Database, clock: VirtualClock, relay: Relay, failure: Exception | None
) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()
    fails = [failure] if failure else []

    async def handler(_job: Job) -> None:
        entered.set()
        await go_on.wait()
        if fails:
            raise fails.pop()

    far = await Database.connect(relay.url, size=2)
    loop = loop_of(far, clock, handler, concurrency=1)
    await add(database, clock, 1)
    await loop.start_due()
    await entered.wait()
    await relay.cut()
    go_on.set()
    await loop.settle()
    (row,) = await rows(database)
    assert row["attempts"] == 1
    with pytest.raises(OSError, match=r"Connect call failed|lost"):
        await loop.start_due()

    await relay.restore()
    await end_leases(database)
    assert await run_due(loop) == 1
    assert await rows(database) == []
    await far.close()


async def test_the_claim_reads_an_index(database: Database, clock: VirtualClock) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "insert into jobs (kind, account_id, payload, run_at)"
            " select 'probe', $1, '{}', $2::timestamptz + n * interval '1 second' from generate_series(1, 20000) n",
            ACCOUNT,
            clock.now(),
        )
        await connection.execute("analyze jobs")
        plan = await connection.fetch(
            "explain select id from jobs where kind = any('{probe}') and run_at <= '2027-01-01' and not parked"
            " and (lease_until is null or lease_until < clock_timestamp()) order by run_at, id limit 100"
            " for update skip locked"
        )
    text = "\n".join(row[0] for row in plan)
    assert "Index Scan using jobs_due" in text
    assert "Sort" not in text
