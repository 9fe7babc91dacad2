"""Bad input over the wire while calls run: broken SIP and RTP, and documents that are none. Calls are unharmed, memory
is flat, and whoever wrote a bad document finds out from the debug log.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.bench.processes import resident_mib
from tests.telephony import HOLD_ON, HOST, NO_SIPP, NUMBERS, SIPP_IS_HERE, TRUNK, Exchange, exchange, sipp

from cordboard.testing.webhook_receiver import Answer

pytestmark = [pytest.mark.system, pytest.mark.skipif(not SIPP_IS_HERE, reason=NO_SIPP)]

CALLS = 10
_PACKETS = 6_000
_PAUSE_EVERY = 100
_MOST_GROWTH_MIB = 30
_MOST_LOST = 25
_MALFORMED = 100
_METRICS_SECONDS = 15
_STRANGER = "127.0.0.9"
_XML = {"Content-Type": "application/xml"}
_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE Response [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))
    + "]><Response><Say>&a9;</Say></Response>"
)
_INVITE = (
    "INVITE sip:{user}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bK{branch}\r\n"
    "From: <sip:x@127.0.0.9>;tag=1\r\nTo: <sip:{user}@127.0.0.1>\r\nCall-ID: {branch}\r\nCSeq: 1 INVITE\r\n"
    "Contact: <sip:x@127.0.0.9>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


@pytest.fixture(scope="module")
async def line() -> AsyncIterator[Exchange]:
    """One platform for all; calls of the second number are held."""
    async with exchange() as opened:
        await opened.answer_with(NUMBERS[1], opened.document(HOLD_ON))
        yield opened


async def test_calls_do_not_notice_a_flood_of_garbage(line: Exchange, tmp_path: Path) -> None:
    pids = {role: line.served.pids(role)[-1] for role in ("voice", "media")}
    options = ("-s", NUMBERS[1], "-m", str(CALLS), "-r", "20", "-rtp_echo")
    async with sipp("caller_waits", tmp_path, f"{HOST}:{line.sip_port}", *options, host=TRUNK) as callers:
        await line.live_are(CALLS)
        await flood(line, 500)  # whatever is made once
        before = {role: resident_mib(pid) for role, pid in pids.items()}
        await flood(line, _PACKETS)
        grown = {role: resident_mib(pid) - before[role] for role, pid in pids.items()}
        calls = [call["callSid"] for call in await line.live()]
        for call_id in calls:
            await line.served.call("POST", f"/v4/call/interrupt/{call_id}", {"status": "completed"})
        await callers.done()
    records = [await line.ended(call_id) for call_id in calls]
    async with asyncio.timeout(_METRICS_SECONDS):
        while await figure(line, "malformed") < _MALFORMED:
            await asyncio.sleep(0.2)

    assert len(calls) == CALLS
    assert {(record["status"], record["reason"]) for record in records} == {("completed", "ended by the API")}
    assert all(record["media"]["lost"] < _MOST_LOST for record in records), [record["media"] for record in records]
    assert max(grown.values()) < _MOST_GROWTH_MIB, grown
    assert {line.served.pids(role)[-1] for role in pids} == set(pids.values())


@pytest.mark.parametrize(
    ("name", "answer", "explained"),
    [
        ("for-ever", Answer(status=302, headers={"Location": "/document/for-ever"}), "redirected"),
        ("large", Answer(body="<Response>" + " " * 10_000_000 + "</Response>", headers=_XML), "larger"),
        ("no-xml", Answer(body="Fatal error: out of memory", headers=_XML), "XML"),
        ("laughs", Answer(body=_LAUGHS, headers=_XML), "DOCTYPE"),
        ("failing", Answer(status=500, body="<Response/>", headers=_XML), "500"),
        ("cut", Answer(close=True), "closed"),
        ("never", Answer(hang=True), "10 s"),
    ],
)
async def test_a_bad_document_is_explained_and_ends_the_call(
    line: Exchange, tmp_path: Path, name: str, answer: Answer, explained: str
) -> None:
    number = NUMBERS[2]
    line.web.answer(f"/document/{name}", answer)
    await line.answer_with(number, line.web.url(f"/document/{name}"))
    before = {record["callSid"] for record in await line.log()}
    async with sipp(
        "caller_is_refused", tmp_path, f"{HOST}:{line.sip_port}", "-s", number, "-m", "1", host=TRUNK
    ) as caller:
        await caller.done()
    await line.live_are(0)
    (record,) = [record for record in await line.log() if record["callSid"] not in before]

    assert record["endTime"] is not None
    assert record["cost"] == 0
    assert explained.lower() in (await line.debug_log(record["callSid"])).lower()


async def test_a_document_that_redirects_to_itself_ends(line: Exchange, tmp_path: Path) -> None:
    """Not HTTP's redirects but the verb's, which nobody else would stop."""
    number = NUMBERS[3]
    url = line.web.url("/document/again")
    line.web.answer("/document/again", Answer(body=f"<Response><Redirect>{url}</Redirect></Response>", headers=_XML))
    await line.answer_with(number, url)
    options = ("-s", number, "-m", "1")
    async with sipp("caller_is_refused", tmp_path, f"{HOST}:{line.sip_port}", *options, host=TRUNK) as caller:
        await caller.done()
    record = await line.last_call(to=number)

    assert sum(request.path == "/document/again" for request in line.web.requests) < 200
    assert "redirect" in (await line.debug_log(record["callSid"])).lower()


async def flood(line: Exchange, packets: int) -> None:
    """Garbage for the SIP port, over UDP and TCP, and for the ports of media."""
    random_ = random.Random(7)
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
    for wire in sockets:
        wire.bind((_STRANGER, 0))
        wire.setblocking(False)
    connections = [await asyncio.open_connection(HOST, line.sip_port, local_addr=(_STRANGER, 0)) for _ in range(4)]
    try:
        for number in range(packets):
            wire = sockets[number % len(sockets)]
            for target, datagram in (
                (line.sip_port, sip_garbage(random_, number)),
                (media_port(random_), noise(random_)),
            ):
                try:
                    wire.sendto(datagram, (HOST, target))
                except OSError:
                    continue  # nobody listens there, or our own buffer is full
            if number % _PAUSE_EVERY == 0:
                for _, writer in connections:
                    writer.write(noise(random_))
                await asyncio.sleep(0.02)
    finally:
        for wire in sockets:
            wire.close()
        for _, writer in connections:
            writer.close()


def sip_garbage(random_: random.Random, number: int) -> bytes:
    """Noise, a message with an octet changed, one cut short, or a call for nobody."""
    message = _INVITE.format(user=f"+1949555{number % 10_000:04d}", branch=f"flood{number}").encode()
    kind = number % 4
    if kind == 0:
        return noise(random_)
    if kind == 1:
        place = random_.randrange(len(message))
        return message[:place] + bytes((random_.randrange(256),)) + message[place + 1 :]
    return message[: random_.randrange(len(message))] if kind == 2 else message


def noise(random_: random.Random) -> bytes:
    """Something that may even begin as RTP does."""
    return b"\x80" * random_.randrange(2) + random_.randbytes(random_.randrange(1, 400))


def media_port(random_: random.Random) -> int:
    """One of the first ports for media, even or odd: those are taken."""
    return 45_000 + random_.randrange(4 * CALLS)


async def figure(line: Exchange, name: str) -> float:
    """A figure of the SIP agent."""
    metrics = (await line.served.http.get("/metrics")).text
    lines = (row for row in metrics.splitlines() if row.startswith(f'cordboard_sip{{figure="{name}"'))
    return sum(float(row.rpartition(" ")[2]) for row in lines)
