"""The roles in this process: they work, follow business time, outlive the database's absence, and drain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from tests.harness import Api, settings_for_tests

from cordboard.infra.db import Database
from cordboard.infra.db.business_clock import CHANNEL, advance
from cordboard.infra.db.pool import Wakeups
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.kit.clock import SystemClock
from cordboard.run.clock_follower import ClockFollower
from cordboard.run.opening import open_platform
from cordboard.run.platform import Platform
from cordboard.run.roles import common, smpp, worker
from cordboard.run.settings import DatabaseSettings
from cordboard.run.upkeep import upkeep_of
from cordboard.run.worker import build_worker, loops_of
from cordboard.testing.clock import VirtualClock

_PATIENCE = 10


@pytest.fixture
async def platform(database_url: str, tmp_path: Path) -> AsyncIterator[Platform]:
    """The platform on the system's clock, as a role has it."""
    async with open_platform(settings_for_tests(tmp_path), database_url) as opened:
        yield opened


async def test_roles_start_and_drain(database_url: str, tmp_path: Path) -> None:
    settings = settings_for_tests(tmp_path, database=DatabaseSettings(url=database_url))
    stopping = asyncio.Event()
    working = [asyncio.create_task(common.run_role(role.run, settings, stopping)) for role in (worker, smpp)]
    done, _ = await asyncio.wait(working, timeout=0.5)
    assert not done
    stopping.set()
    async with asyncio.timeout(_PATIENCE):
        await asyncio.gather(*working)


async def test_a_role_that_waits_for_its_database_ends_when_asked(tmp_path: Path) -> None:
    nowhere = DatabaseSettings(url=f"postgresql://postgres@/x?host={tmp_path}")
    stopping = asyncio.Event()
    working = asyncio.create_task(common.run_role(worker.run, settings_for_tests(tmp_path, database=nowhere), stopping))
    await asyncio.wait([working], timeout=0.2)
    stopping.set()
    async with asyncio.timeout(_PATIENCE):
        await working


async def test_a_worker_that_stops_finishes_its_jobs(platform: Platform) -> None:
    started, release, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_job: Job) -> None:
        started.set()
        await release.wait()
        finished.set()

    loops = build_worker(platform)
    loops.jobs.handle("test.slow", slow)
    async with platform.database.transaction() as tx:
        await enqueue(tx, [Job("test.slow", uuid4(), {}, platform.clock.now())])
    jobs = loops_of(loops, Wakeups(platform.database))["jobs"]
    running = asyncio.ensure_future(jobs())
    async with asyncio.timeout(_PATIENCE):
        await started.wait()
        running.cancel()
        await asyncio.wait([running], timeout=0.05)
        assert not running.done()
        release.set()
        await asyncio.wait([running])
    assert finished.is_set()
    async with platform.database.connection() as connection:
        assert await connection.fetchval("select count(*) from jobs") == 0


async def test_keep_going_begins_anew_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "exponential", lambda *_, **__: 0)
    failures = iter([ConnectionRefusedError("away"), asyncpg.ConnectionDoesNotExistError("gone"), ValueError("a bug")])

    async def work() -> None:
        raise next(failures)

    with pytest.raises(ValueError, match="a bug"):
        await common.keep_going("test", work)


async def test_the_clock_follows_the_sandbox(database: Database) -> None:
    clock, moved = SystemClock(), asyncio.Event()
    wakeups = Wakeups(database)
    follower = ClockFollower(database, clock, moved.set)
    wakeup = wakeups.event(CHANNEL)
    tasks = [asyncio.create_task(wakeups.run()), asyncio.create_task(follower.run(wakeup))]
    async with asyncio.timeout(_PATIENCE):
        await wakeups.listening.wait()
        async with database.transaction() as tx:
            await advance(tx, timedelta(hours=1))
        await moved.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert clock.offset == timedelta(hours=1)


async def test_a_process_starts_on_business_time(database: Database, database_url: str, tmp_path: Path) -> None:
    async with database.transaction() as tx:
        await advance(tx, timedelta(days=1))
    async with open_platform(settings_for_tests(tmp_path), database_url) as platform:
        ahead = platform.clock.now() - datetime.now(UTC)
    assert timedelta(hours=23) < ahead < timedelta(hours=25)


async def test_upkeep_makes_partitions_and_forgets_what_nobody_needs(
    api: Api, database: Database, clock: VirtualClock
) -> None:
    owner = await api.account()
    async with database.transaction() as tx:
        await tx.execute("insert into idempotency_keys values ($1, 'old', '', 200, '', $2)", uuid4(), clock.now())
        await tx.execute("insert into login_attempts values ('somebody', 3, null, $1)", clock.now())
        await tx.execute("insert into inbound_seen values ($1, 'acme', 'id', $2)", owner.id, clock.now())
    clock.advance(timedelta(days=200).total_seconds())
    await upkeep_of(api.platform).once()
    async with database.connection() as connection:
        for table in ("idempotency_keys", "login_attempts", "inbound_seen"):
            assert await connection.fetchval(f"select count(*) from {table}") == 0, table
        assert await connection.fetchval("select to_regclass($1) is not null", f"messages_{clock.now():%Y%m}")
