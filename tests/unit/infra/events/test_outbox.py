"""The outbox on a real PostgreSQL: order, exactly one effect, failures that stay where they belong."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.infra.db import Database, Tx
from cordboard.infra.events import Dispatcher, Event
from cordboard.infra.events.outbox import append, batches_of

ACCOUNT = UUID(int=1)
OTHER = UUID(int=2)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ATTEMPTS = 8


def event(number: int, *, topic: str = "probe.made", subject: str = "s", account: UUID = ACCOUNT) -> Event:
    """An event that can be told from others by its number."""
    return Event(topic, account, subject, {"n": number}, NOON, "req-1")


async def publish(database: Database, *events: Event) -> None:
    """Appends events in a transaction of their own."""
    async with database.transaction() as tx:
        await append(tx, events)


async def left(database: Database) -> list[tuple[int, int, bool, str | None]]:
    """Number, attempts, parked and error of what is still in the outbox."""
    async with database.connection() as connection:
        rows = await connection.fetch("select payload, attempts, parked, last_error from outbox order by id")
    return [(row["payload"]["n"], row["attempts"], row["parked"], row["last_error"]) for row in rows]


class Notes:
    """A subscriber that writes a row an event, and fails for the numbers it is told to."""

    def __init__(self, *failing: int) -> None:
        self.failing = set(failing)
        self.sizes: list[int] = []

    async def __call__(self, tx: Tx, events: Sequence[Event]) -> None:
        """Writes first, so that a failure has something to undo."""
        self.sizes.append(len(events))
        await tx.executemany(
            "insert into notes (topic, subject, n) values ($1, $2, $3)",
            [(one.topic, one.subject, one.payload["n"]) for one in events],
        )
        if bad := self.failing & {one.payload["n"] for one in events}:
            raise RuntimeError(f"cannot take {sorted(bad)}")


@pytest.fixture
async def notes(database: Database) -> Notes:
    """The subscriber, with its table."""
    async with database.connection() as connection:
        await connection.execute(
            "create table notes (id bigint generated always as identity, topic text, subject text, n int)"
        )
    return Notes()


async def noted(database: Database) -> list[int]:
    """The numbers that were told, in order."""
    async with database.connection() as connection:
        return [row["n"] for row in await connection.fetch("select n from notes order by id")]


async def test_events_are_told_whole_in_order_and_then_gone(database: Database, notes: Notes) -> None:
    seen: list[Event] = []

    async def see(_tx: Tx, events: Sequence[Event]) -> None:
        seen.extend(events)

    dispatcher = Dispatcher(database)
    dispatcher.subscribe("probe.made", notes)
    dispatcher.subscribe("probe.made", see)
    await publish(database, event(1), event(2, account=OTHER), event(3))

    assert await dispatcher.drain() == 3
    assert await dispatcher.drain() == 0
    assert await noted(database) == [1, 2, 3]
    assert notes.sizes == [3]
    assert [(one.topic, one.account_id, one.subject, one.payload, one.occurred_at, one.request_id) for one in seen] == [
        ("probe.made", ACCOUNT, "s", {"n": 1}, NOON, "req-1"),
        ("probe.made", OTHER, "s", {"n": 2}, NOON, "req-1"),
        ("probe.made", ACCOUNT, "s", {"n": 3}, NOON, "req-1"),
    ]
    assert await left(database) == []


async def test_what_was_rolled_back_is_not_told(database: Database, notes: Notes) -> None:
    async def change_of_mind() -> None:
        async with database.transaction() as tx:
            await append(tx, [event(1)])
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await change_of_mind()
    dispatcher = Dispatcher(database)
    dispatcher.subscribe("probe.made", notes)

    assert await dispatcher.drain() == 0
    assert await noted(database) == []


async def test_nobody_subscribes_to_it(database: Database) -> None:
    await publish(database, event(1))
    assert await Dispatcher(database).drain() == 1
    assert await left(database) == []


async def test_a_subject_keeps_its_order_across_topics(database: Database, notes: Notes) -> None:
    dispatcher = Dispatcher(database)
    for topic in ("a", "b"):
        dispatcher.subscribe(topic, notes)
    await publish(
        database,
        event(1, topic="b", subject="x"),
        event(2, topic="a", subject="y"),
        event(3, topic="b", subject="y"),
        event(4, topic="a", subject="y"),
        event(5, topic="b", subject="x"),
    )
    await dispatcher.drain()

    async with database.connection() as connection:
        rows = await connection.fetch("select subject, array_agg(n order by id) as told from notes group by subject")
    assert {row["subject"]: row["told"] for row in rows} == {"x": [1, 5], "y": [2, 3, 4]}


async def test_a_failing_event_is_parked_after_its_attempts_and_holds_up_its_subject_only(
    database: Database, notes: Notes
) -> None:
    notes.failing = {2}
    dispatcher = Dispatcher(database, pause=0)
    dispatcher.subscribe("probe.made", notes)
    await publish(database, event(1, subject="a"), event(2, subject="b"), event(3, subject="b"), event(4, subject="c"))

    assert await dispatcher.drain() == 2
    assert await noted(database) == [1, 4]
    assert [row[:3] for row in await left(database)] == [(2, 1, False), (3, 0, False)]
    for _ in range(ATTEMPTS - 2):
        assert await dispatcher.drain() == 0
    assert [row[:3] for row in await left(database)] == [(2, ATTEMPTS - 1, False), (3, 0, False)]

    await dispatcher.drain()
    assert await left(database) == [(2, ATTEMPTS, True, "RuntimeError('cannot take [2]')")]
    assert await noted(database) == [1, 4, 3]
    assert await dispatcher.drain() == 0


async def test_a_failed_subject_rests_while_the_others_go_on_in_batches(database: Database, notes: Notes) -> None:
    notes.failing = {1}
    dispatcher = Dispatcher(database, pause=3600)
    dispatcher.subscribe("probe.made", notes)
    await publish(database, event(1, subject="bad"))
    assert await dispatcher.drain() == 0
    notes.sizes.clear()

    await publish(database, event(2, subject="bad"), *(event(n, subject=f"good{n}") for n in range(3, 13)))
    await publish(database, event(13, subject="bad", account=OTHER))
    assert await dispatcher.drain() == 11
    assert notes.sizes == [11]
    assert [row[0] for row in await left(database)] == [1, 2]

    restarted = Dispatcher(database)
    restarted.subscribe("probe.made", notes)
    notes.failing.clear()
    assert await restarted.drain() == 2
    assert (await noted(database))[-2:] == [1, 2]


async def test_a_subscriber_that_fails_undoes_the_writes_of_all_for_that_event(
    database: Database, notes: Notes
) -> None:
    async def fail(_tx: Tx, _events: Sequence[Event]) -> None:
        raise ValueError("later")

    dispatcher = Dispatcher(database, pause=0)
    dispatcher.subscribe("probe.made", notes)
    dispatcher.subscribe("probe.made", fail)
    await publish(database, event(1))
    for _ in range(ATTEMPTS):
        await dispatcher.drain()

    assert await noted(database) == []
    assert [row[:3] for row in await left(database)] == [(1, ATTEMPTS, True)]


async def test_a_broken_statement_of_a_subscriber_does_not_break_the_others(database: Database, notes: Notes) -> None:
    async def divide(tx: Tx, events: Sequence[Event]) -> None:
        await tx.fetch("select 1 / $1::int", min(one.payload["n"] for one in events))

    dispatcher = Dispatcher(database, pause=3600)
    dispatcher.subscribe("probe.made", divide)
    dispatcher.subscribe("probe.made", notes)
    await publish(database, *(event(n, subject=str(n)) for n in range(4)))

    assert await dispatcher.drain() == 3
    assert await noted(database) == [1, 2, 3]
    assert "division" in str((await left(database))[0][3])


async def test_a_lost_connection_counts_against_no_event(database: Database, notes: Notes) -> None:
    lost = 0

    async def cut(tx: Tx, _events: Sequence[Event]) -> None:
        nonlocal lost
        lost += 1
        if lost <= 2:
            async with database.connection() as connection:
                await connection.execute("select pg_terminate_backend($1)", tx.get_server_pid())
            await tx.execute("select 1")

    dispatcher = Dispatcher(database, pause=0)
    dispatcher.subscribe("probe.made", cut)
    dispatcher.subscribe("probe.made", notes)
    await publish(database, event(1), event(2))
    with pytest.raises(Exception, match=r"closed|terminat"):
        await dispatcher.drain()

    assert [row[:3] for row in await left(database)] == [(1, 0, False), (2, 0, False)]
    assert await dispatcher.drain() == 2
    assert await noted(database) == [1, 2]


async def test_one_dispatcher_works_at_a_time(database: Database, notes: Notes) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_tx: Tx, _events: Sequence[Event]) -> None:
        entered.set()
        await go_on.wait()

    first, second = Dispatcher(database), Dispatcher(database)
    first.subscribe("probe.made", wait)
    for dispatcher in (first, second):
        dispatcher.subscribe("probe.made", notes)
    await publish(database, event(1))
    working = asyncio.create_task(first.drain())
    await entered.wait()
    await publish(database, event(2))

    assert await second.drain() == 0
    go_on.set()
    assert await working == 1
    assert await second.drain() == 1
    assert await noted(database) == [1, 2]


async def test_two_loops_tell_each_event_once_and_in_order(database: Database, notes: Notes) -> None:
    wakeup = asyncio.Event()
    loops = []
    for _ in range(2):
        dispatcher = Dispatcher(database)
        dispatcher.subscribe("probe.made", notes)
        loops.append(asyncio.create_task(dispatcher.run(wakeup, poll=0.01)))
    for start in range(0, 2000, 100):
        await publish(database, *(event(n, subject=str(n % 7)) for n in range(start, start + 100)))
    async with asyncio.timeout(30):
        while await left(database):
            wakeup.set()
            await asyncio.sleep(0)
    for loop in loops:
        loop.cancel()
    await asyncio.wait(loops)

    told = await noted(database)
    assert sorted(told) == list(range(2000))
    assert all([n for n in told if n % 7 == rest] == list(range(rest, 2000, 7)) for rest in range(7))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from([ACCOUNT, OTHER]))))
def test_batches_hold_one_topic_and_keep_each_subjects_order(told: list[tuple[str, str, UUID]]) -> None:
    events = [event(n, topic=topic, subject=subject, account=who) for n, (topic, subject, who) in enumerate(told)]
    batches = batches_of(events)

    assert sorted(one.payload["n"] for batch in batches for one in batch) == list(range(len(events)))
    assert all(len({one.topic for one in batch}) == 1 for batch in batches)
    orders: dict[tuple[UUID, str], list[int]] = defaultdict(list)
    for batch in batches:
        for one in batch:
            orders[one.account_id, one.subject].append(one.payload["n"])
    assert all(order == sorted(order) for order in orders.values())


def test_unrelated_subjects_share_a_batch() -> None:
    events = [event(n, topic="ab"[n % 2], subject=str(n)) for n in range(10)]
    assert [len(batch) for batch in batches_of(events)] == [5, 5]
