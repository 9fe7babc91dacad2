"""The pool: JSON columns, transactions that are cut short, and notifications that survive a lost connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.infra.relay import Relay

from cordboard.infra.db import Database
from cordboard.infra.db.bulk import BulkInsert, BulkRows
from cordboard.infra.db.pool import Wakeups, wait_for_work

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('abc é"\\'), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=values)
async def test_json_columns_are_python_values(database: Database, value: Any) -> None:
    async with database.connection() as connection:
        assert await connection.fetchval("select $1::jsonb", value) == value
        assert await connection.fetchval("select $1::jsonb -> 'in'", {"in": value, "more": [value]}) == value


async def test_a_transaction_commits_or_undoes(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("create table probe (n int)")
        await tx.execute("insert into probe values (1)")

    async def fail() -> None:
        async with database.transaction() as tx:
            await tx.execute("insert into probe values (2)")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await fail()
    async with database.connection() as connection:
        assert await connection.fetchval("select array_agg(n) from probe") == [1]


@pytest.mark.parametrize("last", ["select 1", "select pg_sleep(60)"])
async def test_a_cancelled_transaction_is_undone_and_its_connection_usable(database_url: str, last: str) -> None:
    single = await Database.connect(database_url, size=1)
    entered = asyncio.Event()

    async def work() -> None:
        async with single.transaction() as tx:
            await tx.execute("update business_clock set offset_ms = 7")
            entered.set()
            await tx.execute(last)
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await entered.wait()
    await asyncio.sleep(0.05)  # so that the statement has reached the server
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    async with asyncio.timeout(5), single.transaction() as tx:
        assert await tx.fetchval("select offset_ms from business_clock") == 0
        sleeping = "select count(*) from pg_stat_activity where state = 'active' and query = 'select pg_sleep(60)'"
        assert await tx.fetchval(f"{sleeping} and datname = current_database()") == 0
    await single.close()


async def test_one_who_gives_up_waiting_for_a_connection_takes_none(database_url: str) -> None:
    single = await Database.connect(database_url, size=1)
    async with single.connection():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), single.connection():
                pass
    async with asyncio.timeout(5), single.connection() as connection:
        assert await connection.fetchval("select 1") == 1
    await single.close()


async def test_the_session_is_in_utc(database: Database) -> None:
    async with database.dedicated() as connection:
        assert await connection.fetchval("show timezone") == "UTC"
        assert await connection.fetchval("""select '{"a": 1}'::jsonb""") == {"a": 1}
    assert connection.is_closed()


async def test_rows_travel_as_columns(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("create table probe (n bigint primary key, doc jsonb, note text)")
        insert = BulkInsert("probe", {"n": "bigint", "doc": "jsonb", "note": "text"}, "on conflict do nothing")
        await insert(connection, [])
        await insert(connection, [(1, [[1], [2]], "a"), (2, {"k": ["v"]}, None), (3, None, "c"), (1, 0, "again")])
        found = [tuple(row) for row in await connection.fetch("select n, doc, note from probe order by n")]
        assert found == [(1, [[1], [2]], "a"), (2, {"k": ["v"]}, None), (3, None, "c")]

        rows = BulkRows({"n": "bigint", "doc": "jsonb"}, alias="x", first=2)
        await connection.execute(
            f"update probe set note = $1, doc = {rows.values['doc']} from {rows.source} where probe.n = x.n",
            "new",
            *rows.parameters([(2, "text"), (3, 4.5)]),
        )
        found = [
            tuple(row) for row in await connection.fetch("select n, doc, note from probe where note = 'new' order by n")
        ]
        assert found == [(2, "text", "new"), (3, 4.5, "new")]


@asynccontextmanager
async def running(wakeups: Wakeups) -> AsyncIterator[None]:
    """Listens while the block runs."""
    task = asyncio.create_task(wakeups.run())
    async with asyncio.timeout(10):
        await wakeups.listening.wait()
    yield
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def notify(database: Database, channel: str, payload: str = "") -> None:
    """Sends a notification."""
    async with database.connection() as connection:
        await connection.execute("select pg_notify($1, $2)", channel, payload)


async def test_a_notification_wakes_its_channel_only(database: Database) -> None:
    wakeups = Wakeups(database)
    one, other = wakeups.event("one"), wakeups.event("other")
    told: asyncio.Queue[str] = asyncio.Queue()
    wakeups.on("told", told.put_nowait)
    assert wakeups.event("one") is one
    async with running(wakeups), asyncio.timeout(10):
        assert one.is_set()  # whatever happened before it listened
        one.clear()
        other.clear()
        await notify(database, "one")
        await one.wait()
        await notify(database, "told", "payload")
        assert await told.get() == "payload"
        assert not other.is_set()
    assert not wakeups.listening.is_set()


async def test_a_lost_connection_is_made_again_and_what_was_missed_made_good(database: Database) -> None:
    wakeups = Wakeups(database)
    event = wakeups.event("one")
    async with running(wakeups), asyncio.timeout(10):
        event.clear()
        async with database.connection() as connection:
            ended = await connection.fetchval(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                " where datname = current_database() and query ilike 'listen%'"
            )
        assert ended == 1
        await event.wait()
        event.clear()
        await notify(database, "one")
        await event.wait()


async def test_listening_goes_on_when_the_database_comes_back(database_url: str, database: Database) -> None:
    async with Relay.to_database(database_url) as relay:
        far = await Database.connect(relay.url, size=1)
        wakeups = Wakeups(far)
        event = wakeups.event("one")
        async with running(wakeups), asyncio.timeout(20):
            event.clear()
            await relay.cut()
            while wakeups.listening.is_set():
                event.clear()
                await asyncio.sleep(0)
            assert not event.is_set()
            await relay.restore()
            await event.wait()
            event.clear()
            await notify(database, "one")
            await event.wait()
        await far.close()


async def test_waiting_for_work_ends_with_the_event_or_the_time_and_clears_it() -> None:
    event = asyncio.Event()
    event.set()
    async with asyncio.timeout(5):
        await wait_for_work(event, 3600)
        assert not event.is_set()
        await wait_for_work(event, 0)
        await wait_for_work(event, -5)
    assert not event.is_set()
