"""The voice platform against sipp, which speaks SIP by scenarios: calls from a trunk, and calls to one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.interop.callee import EARLY_TONE, callee_of
from tests.interop.captures import write_keys
from tests.telephony import (
    BACKUP,
    HOLD_ON,
    HOST,
    NO_SIPP,
    NUMBERS,
    SIPP_IS_HERE,
    TRUNK,
    Exchange,
    Sipp,
    exchange,
    run_sipp,
    sipp,
)

from cordboard.testing.rtp import RtpParty, dominant_frequency
from cordboard.testing.sip.peer import OFFER, Peer, PeerCall
from cordboard.testing.webhook_receiver import Answer
from cordboard.wire.sip.dialog import Dialog
from cordboard.wire.sip.message import Response

pytestmark = [pytest.mark.interop, pytest.mark.skipif(not SIPP_IS_HERE, reason=NO_SIPP)]

HANG_UP = "<Response><Say>Good bye.</Say><Hangup/></Response>"
RING = '<Response><Pause length="60"/></Response>'


@pytest.fixture(scope="module")
async def line() -> AsyncIterator[Exchange]:
    """One platform for all."""
    async with exchange() as opened:
        yield opened


@pytest.fixture(scope="module")
async def callee(line: Exchange, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sipp]:
    """The first trunk's other side."""
    async with callee_of(line, tmp_path_factory.mktemp("callee"), echo=False) as running:
        yield running


async def call_in(line: Exchange, scenario: str, folder: Path, *options: str, number: str = NUMBERS[1]) -> None:
    """Calls come in over the first trunk, and all go as their scenario says."""
    target = f"{HOST}:{line.sip_port}"
    await run_sipp(scenario, folder, target, "-s", number, "-m", "1", *options, host=TRUNK)


# Calls from a trunk


async def test_a_document_hangs_up_on_the_caller(line: Exchange, tmp_path: Path) -> None:
    await line.answer_with(NUMBERS[1], line.document(HANG_UP), hangupCallbackUrl=line.web.url("/hung-up"))
    await call_in(line, "caller_waits", tmp_path)
    record = await line.last_call(to=NUMBERS[1])

    assert (record["status"], record["hangupBy"], record["direction"]) == ("completed", "SYSTEM END", "inbound")
    assert record["from"] == "+19492220001"
    assert record["reason"] == "Hangup"
    assert record["media"]["packets_sent"] > 0
    assert (await line.told("/hung-up", record["callSid"]))["CallStatus"] == "completed"


async def test_a_caller_hangs_up_and_is_named_for_it(line: Exchange, tmp_path: Path) -> None:
    await line.answer_with(NUMBERS[2], line.document(HOLD_ON))
    await call_in(line, "caller_hangs_up", tmp_path, "-d", "1200", number=NUMBERS[2])
    record = await line.last_call(to=NUMBERS[2])

    assert (record["status"], record["hangupBy"]) == ("completed", "ORIGINATOR END")
    assert record["durationBilled"] == 6
    assert record["duration"] == 2  # begun seconds count


async def test_keys_by_telephone_events_reach_the_document(line: Exchange, tmp_path: Path) -> None:
    line.web.answer("/keys", Answer(body=HANG_UP, headers={"Content-Type": "application/xml"}))
    gather = f'<Response><Gather finishOnKey="#" timeout="5" action="{line.web.url("/keys")}"/></Response>'
    await line.answer_with(NUMBERS[3], line.document(gather))
    write_keys(tmp_path / "keys.pcap", "42#")
    await call_in(line, "caller_presses_keys", tmp_path, number=NUMBERS[3])

    assert (await line.told("/keys"))["Digits"] == "42"
    assert (await line.last_call(to=NUMBERS[3]))["dtmfEntered"] == "42#"


async def test_a_caller_holds_and_comes_back(line: Exchange, tmp_path: Path) -> None:
    await line.answer_with(NUMBERS[4], line.document(HOLD_ON))
    await call_in(line, "caller_holds", tmp_path, number=NUMBERS[4])
    record = await line.last_call(to=NUMBERS[4])

    assert (record["status"], record["hangupBy"]) == ("completed", "ORIGINATOR END")


async def test_a_lost_ack_is_asked_for_again(line: Exchange) -> None:
    """The 200 comes again until it is acknowledged (RFC 3261 13.3.1.4), and the call goes on."""
    await line.answer_with(NUMBERS[5], line.document(HOLD_ON))
    peer = await Peer.udp((HOST, line.sip_port), host=TRUNK)
    with closing(peer):
        invite = peer.invite(NUMBERS[5])
        await peer.response(180)
        await peer.response(200)
        call = await peer.established(invite)
        await peer.nothing()
        await call.hang_up()

    assert (await line.last_call(to=NUMBERS[5]))["hangupBy"] == "ORIGINATOR END"


async def test_a_caller_cancels_while_it_rings(line: Exchange, tmp_path: Path) -> None:
    await line.answer_with(NUMBERS[6], line.document(RING))
    await call_in(line, "caller_cancels", tmp_path, number=NUMBERS[6])
    record = await line.last_call(to=NUMBERS[6])

    assert (record["status"], record["hangupBy"], record["cost"]) == ("canceled", "ORIGINATOR END", 0)


async def test_a_cancel_that_races_the_answer_leaves_nobody_behind(line: Exchange) -> None:
    await line.answer_with(NUMBERS[7], line.document(HOLD_ON))
    for wait in (0.0, 0.01, 0.02, 0.03, 0.05):
        await _cancel_after(line, NUMBERS[7], wait)
    await line.live_are(0)
    statuses = [record["status"] for record in await line.log() if record["to"] == NUMBERS[7]]

    assert len(statuses) in range(1, 6)  # one that was cancelled before it was looked at is not in the log
    assert set(statuses) <= {"canceled", "completed"}


async def test_a_hundred_calls_at_twenty_a_second(line: Exchange, tmp_path: Path) -> None:
    await line.answer_with(NUMBERS[8], line.document(HOLD_ON))
    await call_in(line, "caller_hangs_up", tmp_path, "-d", "1000", "-m", "100", "-r", "20", number=NUMBERS[8])
    await line.live_are(0)
    records = [record for record in await line.log() if record["to"] == NUMBERS[8]]

    assert len(records) == 100
    assert {(record["status"], record["hangupBy"]) for record in records} == {("completed", "ORIGINATOR END")}


# Calls to a trunk


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (486, "user_busy"),
        (603, "user_busy"),
        (404, "unallocated_numbers"),
        (480, "no_answer"),
    ],
)
async def test_a_refusal_is_written_down_and_told(line: Exchange, callee: Sipp, asked: int, status: str) -> None:
    path = f"/refused/{asked}"
    call_id = await line.place(f"+1949222{asked}1", statusCallbackUrl=line.web.url(path))
    record = await line.ended(call_id)

    assert record["status"] == status
    assert record["reason"].startswith(f"SIP {asked} ")
    assert (record["hangupBy"], record["cost"], record["startTime"]) == ("TERMINATOR END", 0, None)
    assert (await line.told(path, call_id))["CallStatus"] == status
    assert callee.process.returncode is None


async def test_nobody_answers_in_time(line: Exchange, callee: Sipp) -> None:
    record = await line.ended(await line.place("+19492221802", timeout=1))

    assert (record["status"], record["reason"]) == ("no_answer", "not answered within 1 s")
    assert callee.process.returncode is None


async def test_a_call_that_rings_is_canceled_by_the_api(line: Exchange, callee: Sipp) -> None:
    call_id = await line.place("+19492221803")
    await line.until(lambda record: record["status"] == "dialing", call_id)
    await line.served.call("POST", f"/v4/call/interrupt/{call_id}", {"status": "canceled"})
    record = await line.ended(call_id)

    assert (record["status"], record["cost"]) == ("canceled", 0)
    assert callee.process.returncode is None


async def test_an_answer_that_is_repeated_is_acknowledged_again(line: Exchange, callee: Sipp) -> None:
    record = await line.ended(await line.place("+19492222021", HANG_UP))

    assert (record["status"], record["hangupBy"]) == ("completed", "SYSTEM END")
    assert callee.process.returncode is None


async def test_the_callee_hangs_up_and_is_named_for_it(line: Exchange, callee: Sipp) -> None:
    record = await line.ended(await line.place("+19492222041"))

    assert (record["status"], record["hangupBy"]) == ("completed", "TERMINATOR END")
    assert record["durationBilled"] == 6
    assert callee.process.returncode is None


async def test_early_media_is_heard_before_the_answer(line: Exchange, callee: Sipp) -> None:
    """A caller whose document calls on hears the callee's tone while the callee still rings (183 with SDP)."""
    dial = '<Response><Play>tone_stream://%(100,0,440)</Play><Dial timeout="5">+19492221831</Dial></Response>'
    await line.answer_with(NUMBERS[11], line.document(dial))
    peer = await Peer.udp((HOST, line.sip_port), host=TRUNK)
    with closing(peer), closing(RtpParty()) as party:
        invite = peer.invite(NUMBERS[11], body=OFFER.replace(b"40000", str(party.port).encode()))
        await peer.response(180)
        call = await peer.established(invite)
        leg = await _leg_to(line, "+19492221831")
        async with asyncio.timeout(5):
            while dominant_frequency(party.audio[-4_000:]) != pytest.approx(EARLY_TONE, abs=5):
                await asyncio.sleep(0.02)
                party.hear()
        before = await line.record_of(leg)
        await line.answered(leg)
        await call.hang_up()
    await line.live_are(0)

    assert before["startTime"] is None
    assert callee.process.returncode is None


# Phones


async def test_a_phone_registers_with_its_password_and_calls(line: Exchange, callee: Sipp, tmp_path: Path) -> None:
    await line.served.call(
        "POST", "/v4/sip/phone", {"username": "desk", "password": "desk-secret-1", "callerId": NUMBERS[9]}
    )
    target = f"{HOST}:{line.sip_port}"
    credentials = ("-au", "desk", "-ap", "desk-secret-1", "-auth_uri", f"+19492222001@{target}")
    await run_sipp("phone_registers", tmp_path, target, "-s", "desk", "-m", "1", *credentials[:4], host=HOST)
    await run_sipp(
        "phone_calls", tmp_path, target, "-s", "+19492222001", "-m", "1", "-d", "500", *credentials, host=HOST
    )
    record = await line.last_call(to="+19492222001", parentCallSid=None)
    leg = await line.last_call(to="+19492222001", parentCallSid=record["callSid"])

    assert (record["status"], record["type"], record["from"]) == ("completed", "sip", NUMBERS[9])
    assert record["hangupBy"] == "ORIGINATOR END"
    assert (leg["status"], leg["from"]) == ("completed", NUMBERS[9])


async def test_a_wrong_password_is_refused(line: Exchange, tmp_path: Path) -> None:
    target = f"{HOST}:{line.sip_port}"
    await run_sipp("phone_is_refused", tmp_path, target, "-s", "desk", "-m", "1", "-au", "desk", "-ap", "no", host=HOST)


async def test_a_phone_sends_its_party_to_another_number(line: Exchange, callee: Sipp, tmp_path: Path) -> None:
    """A blind transfer (RFC 3515, RFC 5589): the phone is told how it comes out, and leaves."""
    await line.served.call(
        "POST", "/v4/sip/phone", {"username": "boss", "password": "boss-secret-1", "callerId": NUMBERS[10]}
    )
    target = f"{HOST}:{line.sip_port}"
    credentials = ("-au", "boss", "-ap", "boss-secret-1", "-auth_uri", f"+19492222002@{target}")
    options = ("-s", "+19492222002", "-m", "1", "-key", "other", "+19492222042", *credentials)
    await run_sipp("phone_transfers", tmp_path, target, *options, host=HOST)
    reached = await line.last_call(to="+19492222042")
    left = await line.last_call(to="+19492222002", type="sip")
    await line.live_are(0)

    assert (reached["status"], reached["hangupBy"]) == ("completed", "TERMINATOR END")
    assert left["status"] == "completed"


# At the end, because a trunk that has no room is left alone for some seconds


async def test_the_second_trunk_takes_over(line: Exchange, callee: Sipp, tmp_path: Path) -> None:
    target = f"{HOST}:{line.sip_port}"
    async with sipp("answers", tmp_path, target, "-m", "1", host=BACKUP, port=line.trunk_port) as backup:
        record = await line.ended(await line.place("+19492225031", HANG_UP))
        await backup.done()

    assert (record["status"], record["reason"]) == ("completed", "Hangup")
    assert record["duration"] > 0
    assert callee.process.returncode is None


async def _leg_to(line: Exchange, number: str) -> str:
    """The live call to a number."""
    async with asyncio.timeout(5):
        while True:
            for call in await line.live():
                if call["to"] == number:
                    return str(call["callSid"])
            await asyncio.sleep(0.02)


async def _cancel_after(line: Exchange, number: str, seconds: float) -> None:
    """A call that is cancelled so soon after it was made; if it was answered all the same, it is hung up."""
    peer = await Peer.udp((HOST, line.sip_port), host=TRUNK)
    with closing(peer):
        invite = peer.invite(number)
        await asyncio.sleep(seconds)
        peer.cancel(invite)
        while not (isinstance(final := await peer.next(), Response) and _is_final(final)):
            pass
        if final.status == 200:
            call = PeerCall(peer, Dialog.from_response(invite, final))
            call.ack(final)
            await call.hang_up()
        else:
            assert final.status == 487
            peer.acknowledge_failure(invite, final)


def _is_final(response: Response) -> bool:
    return response.cseq.method == "INVITE" and response.status >= 200
