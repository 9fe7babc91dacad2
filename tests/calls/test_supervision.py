"""What goes on beside calls: minutes paid in advance, heartbeats, media that is lost, and the process's own end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.calls.house import CALLEE, FOREVER, NUMBER, OTHER, House, tones
from tests.calls.opening import fresh, opened

from cordboard.edge.calls.timing import Timing
from cordboard.edge.media.server import MediaServer
from cordboard.edge.media.settings import MediaSettings

SHORT = Timing(beat=0.2, drain=0.2, settle=2.0, minute=0.5, minute_ahead=0.1, longest_call=2.4)
PRICE = 10_000
"""Of a minute, in micro-units."""


@contextmanager
def engine_at(path: Path) -> Iterator[threading.Event]:
    """A media engine that soon tells of silence, until the event is set."""
    settings = MediaSettings(most_legs=16, codec_workers=0, ports="26000-26999", silent_after=0.6)
    server, stop = MediaServer(settings, path), threading.Event()
    thread = threading.Thread(target=server.run, args=(stop.is_set,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join()


@pytest.fixture(scope="module")
async def short(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A voice process whose minutes are half seconds."""
    folder = tmp_path_factory.mktemp("short")
    with engine_at(folder / "e.sock"):
        async with (
            fresh(server_url, template) as database,
            opened(database, folder / "e.sock", folder, timing=SHORT) as house,
        ):
            yield house


@pytest.fixture
async def house(short: House) -> AsyncIterator[House]:
    """The same, at rest before and after."""
    await short.begin()
    try:
        yield short
        await short.at_rest()
    finally:
        await short.clean_up()


@pytest.fixture
async def doomed(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[tuple[House, threading.Event]]:
    """A voice process for one test, with its engine, which can be stopped."""
    with engine_at(tmp_path / "e.sock") as stop:
        async with (
            fresh(server_url, template) as database,
            opened(database, tmp_path / "e.sock", tmp_path, timing=SHORT) as house,
        ):
            yield house, stop


async def test_a_heartbeat_is_told_every_minute(house: House) -> None:
    sid = await house.place(heartbeatCallbackUrl=house.web.url("/beat"))
    callee = await house.reached()
    told = await house.told("/beat", CallSid=sid)
    assert (told["Status"], told["Direction"]) == ("in-progress", "outbound")
    await callee.hang_up()


async def test_the_heartbeat_of_a_dial(house: House) -> None:
    await house.handle_with(f'<Dial heartbeatUrl="{house.web.url("/talk-beat")}">{OTHER}</Dial>')
    caller = await house.connected()
    callee = await house.reached()
    told = await house.told("/talk-beat", To=OTHER)
    assert told["From"] == CALLEE
    await caller.hang_up()
    await callee.hung_up()


async def test_a_balance_that_covers_no_other_minute_ends_the_call(house: House) -> None:
    billing, owner = house.api.platform.billing, house.owner.id
    async with house.api.platform.database.transaction() as tx:
        await billing.set_rate(tx, "call_out", "", PRICE)
        await billing.set_mode(tx, owner, "prepaid")
        before = await billing.balance(tx, owner)
        await billing.credit(tx, owner, 2 * PRICE + PRICE // 2 - before.balance, "a test")
    sid = await house.place()
    callee = await house.reached()
    await house.record(sid, lambda row: row["status"] == "in-progress")
    (live,) = await house.api.fetch("select held from live_calls")
    assert live["held"] == PRICE
    house.api.clock.advance(100)
    await callee.hung_up()
    row = await house.ended(sid)
    assert (row["status"], row["hangupBy"]) == ("insufficient_funds", "SYSTEM END")
    async with house.api.platform.database.transaction() as tx:
        after = await billing.balance(tx, owner)
        await billing.set_mode(tx, owner, "postpaid")
        await billing.set_rate(tx, "call_out", "", 0)
    assert (after.held, row["durationBilled"]) == (0, 102)
    assert after.balance == 2 * PRICE + PRICE // 2 - PRICE * 102 // 60


async def test_the_longest_call(house: House) -> None:
    sid = await house.place()
    callee = await house.reached()
    await callee.hung_up()
    assert (await house.ended(sid))["reason"] == "the call reached the longest time a call may take"


async def test_a_party_from_which_nothing_comes_is_gone(house: House) -> None:
    sid = await house.place()
    callee = await house.reached()
    await house.record(sid, lambda row: row["status"] == "in-progress")
    await callee.media.close()
    await callee.hung_up()
    row = await house.ended(sid)
    assert (row["status"], row["reason"], row["hangupBy"]) == ("completed", "its media is gone", "SYSTEM END")


async def test_a_party_on_hold_may_be_silent(house: House) -> None:
    sid = await house.place()
    callee = await house.reached()
    await house.record(sid, lambda row: row["status"] == "in-progress")
    await callee.hold()
    await callee.media.close()
    await asyncio.sleep(1.8)
    assert (await house.record(sid, lambda row: True))["endTime"] is None
    await callee.hang_up()
    assert (await house.ended(sid))["hangupBy"] == "TERMINATOR END"


async def test_a_process_that_was_taken_for_dead_ends_its_calls(house: House) -> None:
    """Its calls are closed by others already: it must not go on with them."""
    sid = await house.place()
    callee = await house.reached()
    await house.record(sid, lambda row: row["status"] == "in-progress")
    await house.api.fetch("delete from voice_nodes")
    await callee.hung_up()
    assert (await house.ended(sid))["reason"] == "this process was away too long"


async def test_the_engine_dies(doomed: tuple[House, threading.Event]) -> None:
    """Its calls end, their recordings are kept, and new calls are refused for as long as there is none."""
    house, stop = doomed
    await house.handle_with(f"<Record/>{FOREVER}")
    caller = await house.connected()
    other = await house.connected(caller=OTHER)
    humming = caller.hum(600)
    await asyncio.sleep(0.4)
    await other.hold()
    stop.set()
    await caller.hung_up()
    await other.hung_up()
    humming.cancel()
    for row in await house.all_ended():
        assert (row["status"], row["reason"]) == ("completed", "its media is gone")
    first = next(row for row in await house.records() if row["from"] == CALLEE)
    assert len(await house.recordings(first["callSid"])) == 1
    sid = await house.place(tones(440))
    row = await house.ended(sid)
    assert (row["status"], row["reason"]) == ("failed", "no media: no media engine has room for a call")


async def test_the_process_stops_in_good_order(doomed: tuple[House, threading.Event]) -> None:
    """A call that is over soon ends by itself, the others are ended; no new ones are taken."""
    house, _ = doomed
    await house.handle_with(f"<Record/>{FOREVER}")
    talking = await house.connected()
    ringing = await house.place(to=OTHER)
    callee = await house.rung()
    await callee.sip.ring()
    draining = asyncio.create_task(house.process.control.drain())
    await talking.hung_up()
    await callee.hung_up()
    await draining
    waiting = await house.place(to=OTHER)
    rows = {row["callSid"]: row for row in await house.records()}
    talked = next(row for row in rows.values() if row["to"] == NUMBER)
    assert (talked["status"], talked["reason"]) == ("completed", "the platform is stopping")
    assert (rows[ringing]["status"], rows[ringing]["reason"]) == ("failed", "the platform is stopping")
    assert rows[waiting]["status"] == "in-queue"
    assert len(await house.recordings(talked["callSid"])) == 1
    assert [str(row["call_id"]) for row in await house.api.fetch("select call_id from live_calls")] == [waiting]
    assert await house.api.fetch("select * from voice_nodes") == []
