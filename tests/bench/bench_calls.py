"""Calls: setups a second with a document fetch on one voice process, both ways; delays; memory and CPU a call.

Everything runs on this machine: load generators (sipp, and this process, which serves the documents too), the platform
and PostgreSQL share its cores. Arguments: calls of each load (2000).
"""

from __future__ import annotations

import asyncio
import csv
import os
import socket
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import uvloop
from tests.bench import processes
from tests.bench.load import closed_loop, open_loop, post
from tests.installation import connected
from tests.telephony import HOLD_ON, HOST, NUMBERS, TRUNK, Exchange, exchange, sipp

from cordboard.kit.clock import monotonic
from cordboard.testing.rtp import RtpParty
from cordboard.testing.sip.peer import OFFER, Peer
from cordboard.wire.sip.message import Request
from cordboard.wire.sip.parsing import parse_message

_CALLS = 2_000
_AT_ONCE = 60
_STEADY = 50
_STEADY_SECONDS = 10
_HELD = 200
_FIRST_AUDIO_CALLS = 25
_LOUD = 500
_ROLES = ("voice", "media", "api", "worker")
TONE = "<Response><Play>tone_stream://%(100,0,440)</Play><Hangup/></Response>"


async def main(calls: int = _CALLS) -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as name:
        folder = Path(name)
        limits = {"SIP__CALLS_PER_SECOND": "100000", "VOICE__CONCURRENT_CALLS": "100000"}
        async with exchange(**limits, VOICE__CALLS_PER_SECOND="100000") as line:
            await line.answer_with(NUMBERS[1], line.document(TONE))
            await calls_in(line, folder, min(300, calls), quiet=True)
            await calls_in(line, folder, calls)
            await calls_out(line, folder, calls)
            await _all_told(line)
            await answer_delay(line, folder)
            await invite_delay(line)
            await first_audio(line)
            await memory(line, folder)


async def calls_in(line: Exchange, folder: Path, calls: int, *, quiet: bool = False) -> None:
    """Calls from the trunk: each fetches its document, is answered and hung up on by it."""
    costs = _Costs(line)
    started = monotonic()
    options = ("-s", NUMBERS[1], "-m", str(calls), "-r", "5000", "-l", str(_AT_ONCE))
    async with sipp("caller_waits", folder, f"{HOST}:{line.sip_port}", *options, host=TRUNK) as callers:
        await callers.done(300)
    seconds = monotonic() - started
    await line.live_are(0)
    if not quiet:
        print(f"calls in, {_AT_ONCE} at once: {calls / seconds:,.0f} setups/s; {costs.since(calls)}")


async def calls_out(line: Exchange, folder: Path, calls: int) -> None:
    """Calls that the API makes: each is answered, fetches its document and is hung up on by it."""
    costs = _Costs(line)
    requests = placing(line, line.document(TONE), calls)
    started = monotonic()
    async with sipp("answers", folder, f"{HOST}:{line.sip_port}", host=TRUNK, port=line.trunk_port):
        figures = await closed_loop(line.served.port, requests, 16)
        accepted = monotonic() - started
        await _ended(line, calls)
        seconds = monotonic() - started
    assert not figures.failed, figures.first_failure
    print(f"calls out: {calls / seconds:,.0f} setups/s (accepted at {calls / accepted:,.0f}/s); {costs.since(calls)}")


async def answer_delay(line: Exchange, folder: Path) -> None:
    """From an INVITE that comes in to its 200, a document fetched between, at a steady rate."""
    options = (
        "-s",
        NUMBERS[1],
        "-m",
        str(_STEADY * _STEADY_SECONDS),
        "-r",
        str(_STEADY),
        "-trace_rtt",
        "-rtt_freq",
        "1",
    )
    async with sipp("caller_waits", folder, f"{HOST}:{line.sip_port}", *options, host=TRUNK) as callers:
        await callers.done(120)
    print(f"INVITE in to 200 at {_STEADY}/s: {_quantiles(_answer_times(folder))}")


async def invite_delay(line: Exchange) -> None:
    """From a call that the API has accepted to its INVITE at the trunk, at a steady rate. Every call is refused."""
    trunk = await _BusyTrunk.listen(line.trunk_port)
    asked: dict[str, float] = {}
    requests = _noting(placing(line, line.document(TONE), _STEADY * _STEADY_SECONDS + 1), asked)
    try:
        figures = await open_loop(line.served.port, requests, _STEADY, _STEADY_SECONDS)
        await asyncio.sleep(2)
    finally:
        trunk.close()
    delays = [(trunk.came[number] - at) * 1000 for number, at in asked.items() if number in trunk.came]
    assert not figures.failed, figures.first_failure
    print(f"POST /v4/call sent to INVITE at the trunk at {_STEADY}/s: {_quantiles(delays)}")


async def first_audio(line: Exchange) -> None:
    """From a document being asked for to the first packet with its sound."""
    delays = [await _first_audio(line) * 1000 for _ in range(_FIRST_AUDIO_CALLS)]
    print(f"document asked for to its first sound: {_quantiles(delays)}")


async def memory(line: Exchange, folder: Path) -> None:
    """What a live call takes, and its voice process's CPU while nothing happens to it."""
    pids = {role: line.served.pids(role)[-1] for role in ("voice", "media")}
    before = {role: processes.resident_mib(pid) for role, pid in pids.items()}
    await line.answer_with(NUMBERS[2], line.document(HOLD_ON))
    options = ("-s", NUMBERS[2], "-m", str(_HELD), "-r", "50", "-l", str(_HELD), "-rtp_echo")
    async with sipp("caller_waits", folder, f"{HOST}:{line.sip_port}", *options, host=TRUNK):
        await line.live_are(_HELD, 60)
        await asyncio.sleep(1)
        costs = _Costs(line)
        await asyncio.sleep(5)
        shown = ", ".join(
            f"{role} {(processes.resident_mib(pid) - before[role]) * 1024 / _HELD:.0f} KiB over {before[role]:.0f} MiB"
            for role, pid in pids.items()
        )
        print(f"{_HELD} live calls, memory each: {shown}; {costs.since(_HELD * 5)} and second")
        for call in await line.live():
            await line.served.call("POST", f"/v4/call/interrupt/{call['callSid']}", {"status": "completed"})
        await line.live_are(0, 60)


def _response_times(folder: Path) -> list[float]:
    """What sipp has measured, in milliseconds."""
    (file,) = folder.glob("*_rtt.csv")
    with file.open() as rows:
        return [float(row[1]) for row in list(csv.reader(rows, delimiter=";"))[1:]]


def placing(line: Exchange, url: str, count: int) -> Iterator[bytes]:
    """Requests for calls, each to its own number."""
    for place in range(count):
        body = {"from": NUMBERS[0], "to": f"+1949{3_000_000 + place}", "url": url}
        yield post("/v4/call", line.served.token, msgspec.json.encode(body))


def _noting(requests: Iterator[bytes], asked: dict[str, float]) -> Iterator[bytes]:
    """The same, with the moment at which each was asked for, by number."""
    for request in requests:
        asked[msgspec.json.decode(request.partition(b"\r\n\r\n")[2])["to"]] = monotonic()
        yield request


async def _all_told(line: Exchange) -> None:
    """Waits until the worker has nothing left to do from the loads."""
    async with connected(line.served) as connection, asyncio.timeout(60):
        while await connection.fetchval("select exists (select from outbox)"):
            await asyncio.sleep(0.2)


async def _ended(line: Exchange, calls: int) -> None:
    """Waits until so many calls that we made are over."""
    async with connected(line.served) as connection, asyncio.timeout(300):
        while True:
            row = await connection.fetchrow(
                "select count(*) filter (where ended_at is not null) as over,"
                " count(*) filter (where status = 'completed') as good from calls where direction = 'outbound'"
            )
            assert row is not None
            if row["over"] >= calls:
                assert row["good"] >= calls, f"{row['over'] - row['good']} of {calls} calls failed"
                return
            await asyncio.sleep(0.1)


async def _first_audio(line: Exchange) -> float:
    peer, party = await Peer.udp((HOST, line.sip_port), host=TRUNK), RtpParty()
    heard = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_reader(party.socket, _listen, party, heard)
    try:
        asked = len(line.web.requests)
        invite = peer.invite(NUMBERS[1], body=OFFER.replace(b"40000", str(party.port).encode()))
        await peer.response(180)
        call = await peer.established(invite)
        at: float = await asyncio.wait_for(heard, 5)
        await call.is_hung_up()
        return at - line.web.requests[asked].at
    finally:
        asyncio.get_running_loop().remove_reader(party.socket)
        peer.close()
        party.close()


def _listen(party: RtpParty, heard: asyncio.Future[float]) -> None:
    party.hear()
    if not heard.done() and np.abs(party.audio.astype(np.int32)).max(initial=0) > _LOUD:
        heard.set_result(monotonic())


class _BusyTrunk(asyncio.DatagramProtocol):
    """Refuses every call, and notes when each number was called first."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def listen(cls, port: int) -> _BusyTrunk:
        """Takes calls at the trunk's address."""
        wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        wire.bind((TRUNK, port))
        _, trunk = await asyncio.get_running_loop().create_datagram_endpoint(cls, sock=wire)
        return trunk

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is there."""
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A message."""
        message = parse_message(data)
        if isinstance(message, Request) and message.method == "INVITE" and self._transport is not None:
            self.came.setdefault(message.target.user or "", monotonic())
            self._transport.sendto(message.reply(486, to_tag="busy").encode(), addr)

    def close(self) -> None:
        """Gives the port back."""
        if self._transport is not None:
            self._transport.close()


class _Costs:
    """CPU time of everything that takes part."""

    def __init__(self, line: Exchange) -> None:
        self._pids = {role: [line.served.pids(role)[-1]] for role in _ROLES}
        self._pids["postgres"] = processes.postgres_of(line.served.data_dir)
        self._pids["documents and load"] = [os.getpid()]
        self._before = {name: processes.cpu_seconds(pids) for name, pids in self._pids.items()}

    def since(self, calls: int) -> str:
        """Milliseconds a call of each."""
        spent = {name: processes.cpu_seconds(pids) - self._before[name] for name, pids in self._pids.items()}
        return "CPU a call: " + ", ".join(f"{name} {seconds / calls * 1000:.2f} ms" for name, seconds in spent.items())


def _answer_times(folder: Path) -> list[float]:
    """What sipp has measured, in milliseconds."""
    (file,) = folder.glob("*_rtt.csv")
    with file.open() as lines:
        return [float(row[1]) for row in list(csv.reader(lines, delimiter=";"))[1:]]


def _quantiles(milliseconds: Sequence[float]) -> str:
    cuts = statistics.quantiles(milliseconds, n=100)
    return f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms"


if __name__ == "__main__":
    uvloop.run(main(*map(int, sys.argv[1:])))
