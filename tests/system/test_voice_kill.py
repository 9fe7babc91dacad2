"""Whoever is killed while calls are live: each call ends once, in one row, for one reason, and is charged for what was
talked.

Fifty calls, half of them made by the API and half come in over the trunk, are live when a role is killed with SIGKILL.
Who signals, mixes or stores nothing lets them live; the media engine and the voice process take theirs with them, which
is written down within ten seconds.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.bench.processes import postgres_of
from tests.installation import connected
from tests.telephony import (
    HOLD_ON,
    HOST,
    NO_SIPP,
    NUMBERS,
    SIPP_IS_HERE,
    TRUNK,
    Exchange,
    Sipp,
    connected_to_media,
    exchange,
    sipp,
)

pytestmark = [pytest.mark.system, pytest.mark.skipif(not SIPP_IS_HERE, reason=NO_SIPP)]

CALLS = 50
WITHIN = 10.0
"""Seconds until what a dead process left is closed."""
_PATIENCE = 20.0
_AWAY = 3.0


@dataclass(slots=True)
class Calls:
    """Live calls: those that we made, and all of them."""

    made: list[str]
    all: list[str]
    callers: Sipp


@pytest.fixture(scope="module")
async def line() -> AsyncIterator[Exchange]:
    """One platform for all, whose number's calls are answered and held."""
    async with exchange() as opened:
        callback = opened.web.url("/ended")
        await opened.answer_with(NUMBERS[1], opened.document(HOLD_ON), hangupCallbackUrl=callback)
        yield opened


@asynccontextmanager
async def calls_of(line: Exchange, folder: Path, count: int = CALLS, **fields: Any) -> AsyncIterator[Calls]:
    """So many calls, answered; whoever is left at the end is hung up on."""
    target, half = f"{HOST}:{line.sip_port}", count // 2
    options = ("-s", NUMBERS[1], "-m", str(count - half), "-r", "25", "-rtp_echo")
    await line.live_are(0)
    async with (
        sipp("answers", folder, target, "-rtp_echo", host=TRUNK, port=line.trunk_port) as callees,
        sipp("caller_waits", folder, target, *options, host=TRUNK) as callers,
    ):
        fields = {"statusCallbackUrl": line.web.url("/ended"), **fields}
        made = [await line.place(f"+1949222{7000 + place}", **fields) for place in range(half)]
        await line.live_are(count)
        live = [call["callSid"] for call in await line.live()]
        for call_id in live:
            await line.answered(call_id)
        yield Calls(made, live, callers)
        assert callees.process.returncode is None


async def kill(line: Exchange, role: str) -> None:
    """Kills the process of a role, and waits until the supervisor has started another."""
    before = line.served.pids(role)
    os.kill(before[-1], signal.SIGKILL)
    async with asyncio.timeout(_PATIENCE):
        while len(line.served.pids(role)) == len(before):
            await asyncio.sleep(0.05)


async def hang_up(line: Exchange, calls: Calls) -> None:
    """The API ends all of them."""
    for call_id in calls.all:
        await line.served.call("POST", f"/v4/call/interrupt/{call_id}", {"status": "completed"})


async def answers_again(line: Exchange) -> None:
    """Waits for the API."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            try:
                await line.live()
            except Exception:  # noqa: BLE001  (whatever is said while it is away)
                await asyncio.sleep(0.1)
            else:
                return


async def assert_ended_once(line: Exchange, calls: Calls, reason: str) -> list[dict[str, Any]]:
    """Each call has one row, an end, and one callback; the money is right and nothing is held for any of them."""
    records = [record for record in await line.log() if record["callSid"] in calls.all]
    assert sorted(record["callSid"] for record in records) == sorted(calls.all)
    assert Counter(record["reason"] for record in records) == {reason: len(calls.all)}
    assert {record["status"] for record in records} == {"completed"}
    assert all(record["cost"] > 0 and record["durationBilled"] >= 6 for record in records)
    async with asyncio.timeout(_PATIENCE):
        while set(calls.all) - set(told := ended_callbacks(line)):
            await asyncio.sleep(0.1)
    assert all(told[call_id] == 1 for call_id in calls.all)
    async with connected(line.served) as connection:
        row = await connection.fetchrow("select balance, held, (select sum(amount) from ledger_entries) from balances")
        assert row is not None
        assert row["balance"] == row["sum"]
        assert row["held"] == 0
        assert await connection.fetchval("select count(*) from live_calls") == 0
    return records


def ended_callbacks(line: Exchange) -> Counter[str]:
    """How often each call's end was told."""
    return Counter(request.form["CallSid"][0] for request in line.web.requests if request.path == "/ended")


async def assert_works(line: Exchange, folder: Path) -> None:
    """A new call is made, answered and ended."""
    async with calls_of(line, folder, 2) as calls:
        await hang_up(line, calls)
        await line.live_are(0)


async def test_calls_outlive_the_api(line: Exchange, tmp_path: Path) -> None:
    async with calls_of(line, tmp_path) as calls:
        await kill(line, "api")
        await answers_again(line)
        assert len(await line.live()) == CALLS
        await hang_up(line, calls)
        await calls.callers.done()
        await line.live_are(0)
        records = await assert_ended_once(line, calls, "ended by the API")

    assert all(record["media"]["packets_received"] > 25 for record in records)


async def test_calls_outlive_the_worker_and_are_told_by_the_next(line: Exchange, tmp_path: Path) -> None:
    async with calls_of(line, tmp_path) as calls:
        os.kill(line.served.pids("worker")[-1], signal.SIGKILL)
        await hang_up(line, calls)
        await calls.callers.done()
        await line.live_are(0)
        await assert_ended_once(line, calls, "ended by the API")


async def test_a_media_engine_takes_its_calls_with_it(line: Exchange, tmp_path: Path) -> None:
    times = len(line.served.pids("media"))
    async with calls_of(line, tmp_path) as calls:
        await kill(line, "media")
        await line.live_are(0, WITHIN)
        await calls.callers.done(WITHIN)  # everybody was hung up on
        await assert_ended_once(line, calls, "its media is gone")
    await connected_to_media(line.served, times + 1)
    await assert_works(line, tmp_path)


async def test_calls_of_a_dead_voice_process_are_closed_and_charged(line: Exchange, tmp_path: Path) -> None:
    engines = sum(said.get("event") == "media.connected" for said in line.served.said)
    async with calls_of(line, tmp_path, record=True) as calls:
        await asyncio.sleep(1)
        await kill(line, "voice")
        await line.live_are(0, WITHIN)
        await assert_ended_once(line, calls, "the process that had the call ended")
        await assert_recovered(line, calls)
        await calls.callers.stop()  # nobody is left who could hang up on them
    await connected_to_media(line.served, engines + 1)
    await assert_works(line, tmp_path)


async def test_calls_outlive_a_database_that_dies(line: Exchange, tmp_path: Path) -> None:
    """What happens meanwhile is written down when it is back: half of the callers hang up while it is away."""
    async with calls_of(line, tmp_path, 20) as calls:
        for pid in postgres_of(line.served.data_dir):
            os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.5)
        await calls.callers.stop()
        await asyncio.sleep(_AWAY)
        await answers_again(line)
        assert len(await line.live()) == len(calls.all)
        await hang_up(line, calls)
        await line.live_are(0, WITHIN)
        await assert_ended_once(line, calls, "ended by the API")
    await assert_works(line, tmp_path)


async def assert_recovered(line: Exchange, calls: Calls) -> None:
    """Every recording that ran is there, with a file to it."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            kept = {one["callSid"]: one for one in await line.served.call("GET", "/v4/logs/recording?limit=500")}
            if set(calls.made) <= set(kept):
                break
            await asyncio.sleep(0.2)
    for call_id in calls.made:
        answer = await line.served.http.get(kept[call_id]["recordingUrl"])
        assert answer.status_code == 200
        assert len(answer.content) > 1_000
