"""Timers on a real PostgreSQL: armed, moved, cancelled, fired; what fails or abounds holds up nothing else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from cordboard.infra.db import Database, Tx
from cordboard.infra.db.pool import Wakeups
from cordboard.infra.jobs.timers import CHANNEL, Timer, TimerLoop, arm, cancel
from cordboard.testing.clock import VirtualClock

ACCOUNT, OTHER = UUID(int=1), UUID(int=2)


class Recorder:
    """A handler that notes what fired, and fails for the scopes it is told to."""

    def __init__(self, *failing: str) -> None:
        self.failing = set(failing)
        self.fired: list[Timer] = []
        self.sizes: list[int] = []

    async def __call__(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Notes only what did not fail."""
        self.sizes.append(len(timers))
        await tx.execute("select 1")
        if bad := self.failing & {timer.scope for timer in timers}:
            raise RuntimeError(f"cannot fire {sorted(bad)}")
        self.fired.extend(timers)

    @property
    def scopes(self) -> list[str]:
        """The scopes that fired, in order."""
        return [timer.scope for timer in self.fired]


async def set_timers(database: Database, *timers: Timer) -> None:
    """Arms in a transaction of its own."""
    async with database.transaction() as tx:
        await arm(tx, timers)


async def rows(database: Database) -> list[tuple[Any, ...]]:
    """Scope, time and step of the timers that are left."""
    async with database.connection() as connection:
        found = await connection.fetch("select scope, fire_at, step from timers order by account_id, kind, scope")
    return [tuple(row) for row in found]


def in_seconds(clock: VirtualClock, seconds: float, scope: str = "s", **members: Any) -> Timer:
    """A timer of kind `probe`."""
    return Timer(
        **{
            "kind": "probe",
            "account_id": ACCOUNT,
            "scope": scope,
            "fire_at": clock.now() + timedelta(seconds=seconds),
            **members,
        }
    )


def loop_of(database: Database, clock: VirtualClock, **handlers: Any) -> TimerLoop:
    """A loop with a handler a kind."""
    loop = TimerLoop(database, clock)
    for kind, handler in handlers.items():
        loop.handle(kind, handler)
    return loop


async def test_a_timer_fires_at_its_time_with_its_step_and_payload(database: Database, clock: VirtualClock) -> None:
    probe = Recorder()
    loop = loop_of(database, clock, probe=probe)
    timer = in_seconds(clock, 10, step=7, payload={"why": "patience"})
    await set_timers(database, timer)
    clock.advance(9.999)
    assert await loop.fire_due() == 0
    assert probe.fired == []

    clock.advance(0.001)
    assert await loop.fire_due() == 1
    assert probe.fired == [timer]
    assert await rows(database) == []


async def test_arming_again_moves_the_timer(database: Database, clock: VirtualClock) -> None:
    await set_timers(database, in_seconds(clock, 10, step=1), in_seconds(clock, 10, account_id=OTHER))
    moved = in_seconds(clock, 20, step=2, payload={"a": 1})
    await set_timers(database, moved)
    assert [row[1:] for row in await rows(database)] == [(moved.fire_at, 2), (clock.now() + timedelta(seconds=10), 0)]

    probe = Recorder()
    clock.advance(10)
    await loop_of(database, clock, probe=probe).fire_due()
    assert [timer.account_id for timer in probe.fired] == [OTHER]


async def test_of_the_same_timer_twice_in_one_call_the_last_counts(database: Database, clock: VirtualClock) -> None:
    await set_timers(database, in_seconds(clock, 10, step=1), in_seconds(clock, 20, step=2))
    assert await rows(database) == [("s", clock.now() + timedelta(seconds=20), 2)]


async def test_nothing_is_armed_for_nothing(database: Database) -> None:
    await set_timers(database)
    assert await rows(database) == []


async def test_cancelling_is_scoped_and_harmless_where_nothing_is(database: Database, clock: VirtualClock) -> None:
    await set_timers(
        database,
        in_seconds(clock, 10, "a"),
        in_seconds(clock, 10, "b"),
        in_seconds(clock, 10, "c"),
        in_seconds(clock, 10, "a", kind="other"),
        in_seconds(clock, 10, "a", account_id=OTHER),
    )
    async with database.transaction() as tx:
        await cancel(tx, "probe", ACCOUNT, ["a", "b", "never-armed"])
    async with database.connection() as connection:
        left = await connection.fetch("select kind, account_id, scope from timers order by kind, scope, account_id")
    assert [tuple(row) for row in left] == [("other", ACCOUNT, "a"), ("probe", OTHER, "a"), ("probe", ACCOUNT, "c")]


async def test_two_who_arm_the_same_timers_in_different_orders_do_not_deadlock(
    database: Database, clock: VirtualClock
) -> None:
    scopes = [str(number) for number in range(200)]

    async def arm_often(order: list[str]) -> None:
        for step in range(10):
            await set_timers(database, *(in_seconds(clock, 10, scope, step=step) for scope in order))

    await asyncio.gather(arm_often(scopes), arm_often(scopes[::-1]), arm_often(scopes[100:] + scopes[:100]))
    assert len(await rows(database)) == 200


async def test_a_handler_may_arm_the_timer_that_just_fired(database: Database, clock: VirtualClock) -> None:
    async def again(tx: Tx, timers: Sequence[Timer]) -> None:
        await arm(tx, [in_seconds(clock, 60, timer.scope, step=timer.step + 1) for timer in timers])

    await set_timers(database, in_seconds(clock, 0))
    loop = loop_of(database, clock, probe=again)
    assert await loop.fire_due() == 1
    assert await loop.fire_due() == 0
    assert await rows(database) == [("s", clock.now() + timedelta(seconds=60), 1)]


async def test_timers_fire_in_batches_in_the_order_of_their_times(database: Database, clock: VirtualClock) -> None:
    probe = Recorder()
    loop = loop_of(database, clock, probe=probe)
    await set_timers(database, *(in_seconds(clock, number % 97, f"{number:04}") for number in range(1200)))
    clock.advance(100)
    while await loop.fire_due():
        pass

    assert [timer.fire_at for timer in probe.fired] == sorted(timer.fire_at for timer in probe.fired)
    assert sorted(probe.scopes) == [f"{number:04}" for number in range(1200)]
    assert max(probe.sizes) >= 200


async def test_a_kind_without_a_handler_waits(database: Database, clock: VirtualClock) -> None:
    probe = Recorder()
    await set_timers(database, in_seconds(clock, 0, kind="unknown"), in_seconds(clock, 0))
    assert await loop_of(database, clock, probe=probe).fire_due() == 1
    assert len(await rows(database)) == 1


async def test_a_failing_timer_is_put_off_alone(database: Database, clock: VirtualClock) -> None:
    probe, calm = Recorder("b"), Recorder()
    loop = loop_of(database, clock, probe=probe, calm=calm)
    await set_timers(
        database, *(in_seconds(clock, 0, scope, step=4) for scope in "abc"), in_seconds(clock, 0, "d", kind="calm")
    )
    assert await loop.fire_due() == 3
    assert (sorted(probe.scopes), calm.scopes) == (["a", "c"], ["d"])
    assert await rows(database) == [("b", clock.now() + timedelta(seconds=30), 4)]
    assert await loop.fire_due() == 0

    probe.failing.clear()
    clock.advance(30)
    assert await loop.fire_due() == 1
    assert probe.scopes[-1] == "b"


async def test_a_kind_that_fails_altogether_rests_and_holds_up_no_other(
    database: Database, clock: VirtualClock
) -> None:
    scopes = [f"s{number}" for number in range(700)]
    broken, calm = Recorder(*scopes), Recorder()
    loop = loop_of(database, clock, broken=broken, calm=calm)
    await set_timers(database, *(in_seconds(clock, 0, scope, kind="broken") for scope in scopes))
    await set_timers(database, in_seconds(clock, 0, "d", kind="calm"))
    assert await loop.fire_due() == 1
    assert calm.scopes == ["d"]
    calls = len(broken.sizes)
    assert calls <= 10
    assert await loop.fire_due() == 0
    assert len(broken.sizes) == calls
    assert len(await rows(database)) == 700

    broken.failing.clear()
    clock.advance(30)
    while await loop.fire_due():
        pass
    assert sorted(broken.scopes) == sorted(scopes)


async def test_a_failed_timer_that_was_cancelled_meanwhile_stays_cancelled(
    database: Database, clock: VirtualClock
) -> None:
    cancelling: list[asyncio.Task[None]] = []

    async def cancel_meanwhile() -> None:
        async with database.transaction() as tx:
            await cancel(tx, "probe", ACCOUNT, ["s"])

    async def fail(_tx: Tx, timers: Sequence[Timer]) -> None:
        if not cancelling:
            cancelling.append(asyncio.create_task(cancel_meanwhile()))
        raise RuntimeError("no")

    await set_timers(database, in_seconds(clock, 0))
    await loop_of(database, clock, probe=fail).fire_due()
    await asyncio.gather(*cancelling)
    assert await rows(database) == []


async def test_a_lost_connection_puts_nothing_off(database: Database, clock: VirtualClock) -> None:
    async def cut(tx: Tx, _timers: Sequence[Timer]) -> None:
        async with database.connection() as connection:
            await connection.execute("select pg_terminate_backend($1)", tx.get_server_pid())
        await tx.execute("select 1")

    probe = Recorder()
    loop = loop_of(database, clock, probe=cut)
    await set_timers(database, *(in_seconds(clock, 0, scope) for scope in "abcdefgh"))
    with pytest.raises(Exception, match=r"closed|terminat"):
        await loop.fire_due()
    assert [row[1:] for row in await rows(database)] == [(clock.now(), 0)] * 8

    loop.handle("probe", probe)
    assert await loop.fire_due() == 8


async def test_two_loops_fire_every_timer_once(database: Database, clock: VirtualClock) -> None:
    fired: Counter[str] = Counter()

    async def count(tx: Tx, timers: Sequence[Timer]) -> None:
        await tx.execute("select 1")
        fired.update(timer.scope for timer in timers)

    await set_timers(database, *(in_seconds(clock, 0, str(number)) for number in range(3000)))

    async def fire_all(loop: TimerLoop) -> None:
        while await loop.fire_due():
            pass

    await asyncio.gather(*(fire_all(loop_of(database, clock, probe=count)) for _ in range(3)))
    assert fired == Counter(str(number) for number in range(3000))


async def test_a_slow_handler_keeps_no_other_loop_waiting(database: Database, clock: VirtualClock) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_tx: Tx, _timers: Sequence[Timer]) -> None:
        entered.set()
        await go_on.wait()

    quick = Recorder()
    await set_timers(database, in_seconds(clock, 0, "first"))
    working = asyncio.create_task(loop_of(database, clock, probe=slow).fire_due())
    await entered.wait()
    await set_timers(database, in_seconds(clock, 0, "second"))
    try:
        async with asyncio.timeout(10):
            assert await loop_of(database, clock, probe=quick).fire_due() == 1
    finally:
        go_on.set()
        assert await working == 1
    assert quick.scopes == ["second"]
    assert await rows(database) == []


async def test_the_loop_wakes_for_an_earlier_timer_and_for_a_jump_of_the_clock(
    database: Database, clock: VirtualClock
) -> None:
    fired: asyncio.Queue[str] = asyncio.Queue()

    async def tell(_tx: Tx, timers: Sequence[Timer]) -> None:
        for timer in timers:
            fired.put_nowait(timer.scope)

    wakeups = Wakeups(database)
    event = wakeups.event(CHANNEL)
    async with asyncio.timeout(4):  # less than the loop sleeps when nobody wakes it
        tasks = [
            asyncio.create_task(wakeups.run()),
            asyncio.create_task(loop_of(database, clock, probe=tell).run(event)),
        ]
        await wakeups.listening.wait()
        await set_timers(database, in_seconds(clock, 3600, "later"))
        await set_timers(database, in_seconds(clock, 0, "at once"))
        assert await fired.get() == "at once"
        clock.advance(3600)
        wakeups.wake_all()
        assert await fired.get() == "later"
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_the_loop_fires_within_the_second_without_being_woken(database: Database) -> None:
    class RunningClock:
        """Business time at the pace of the loop's."""

        def now(self) -> datetime:
            return datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=asyncio.get_running_loop().time())

    fired = asyncio.Event()

    async def tell(_tx: Tx, _timers: Sequence[Timer]) -> None:
        fired.set()

    clock = RunningClock()
    loop = TimerLoop(database, clock)
    loop.handle("probe", tell)
    await set_timers(database, Timer("probe", ACCOUNT, "s", clock.now() + timedelta(seconds=0.3)))
    task = asyncio.create_task(loop.run(asyncio.Event()))
    async with asyncio.timeout(4):
        await fired.wait()
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize(
    "statement",
    [
        "select ctid from timers where kind = 'b' and fire_at <= '2026-01-06' order by fire_at limit 500 for update",
        "select min(fire_at) from timers where kind = 'b'",
    ],
)
async def test_claim_and_look_ahead_read_the_index(database: Database, clock: VirtualClock, statement: str) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "insert into timers (account_id, kind, scope, fire_at)"
            " select $1, chr(97 + n % 3), n, $2::timestamptz + n * interval '1 s' from generate_series(1, 30000)"
            " n",
            ACCOUNT,
            clock.now(),
        )
        await connection.execute("analyze timers")
        plan = "\n".join(row[0] for row in await connection.fetch(f"explain {statement}"))
    assert "using timers_due" in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan
