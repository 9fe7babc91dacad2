"""The voice platform with baresip as its phones: registration, calls, what is heard, keys, hold, transfer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.interop.baresip import BARESIP, NO_BARESIP, Account, Baresip, baresip
from tests.interop.callee import callee_of
from tests.interop.sounds import hears
from tests.telephony import NO_SIPP, NUMBERS, SIPP_IS_HERE, TRUNK, Exchange, Sipp, exchange, run_sipp

pytestmark = [pytest.mark.interop, pytest.mark.skipif(not Path(BARESIP).exists(), reason=NO_BARESIP)]

ALICE = Account("alice", "alice-secret-1", 600.0)
BOB = Account("bob", "bob-secret-123", 1100.0)
CAROL = Account("carol", "carol-secret-1", 1700.0)
_HEARD_SECONDS = 1.0
_PATIENCE = 10.0


@pytest.fixture(scope="module")
async def line() -> AsyncIterator[Exchange]:
    """One platform for all, with three phones."""
    async with exchange() as opened:
        for account in (ALICE, BOB, CAROL):
            body = {"username": account.user, "password": account.password, "callerId": NUMBERS[0]}
            await opened.served.call("POST", "/v4/sip/phone", body)
        yield opened


@pytest.fixture(scope="module")
async def phones(line: Exchange, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Baresip]]:
    """Alice's and Bob's, registered."""
    folder = tmp_path_factory.mktemp("phones")
    async with baresip(ALICE, folder, line.sip_port) as alice, baresip(BOB, folder, line.sip_port) as bob:
        yield {"alice": alice, "bob": bob}


@pytest.fixture(scope="module")
async def callee(line: Exchange, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sipp]:
    """The trunk's other side."""
    if not SIPP_IS_HERE:
        pytest.skip(NO_SIPP)
    async with callee_of(line, tmp_path_factory.mktemp("callee")) as running:
        yield running


async def test_registered_phones_are_shown_with_their_program(line: Exchange, phones: dict[str, Baresip]) -> None:
    (shown,) = await line.served.call("GET", "/v4/sip/phone/alice")
    (binding,) = shown["bindings"]

    assert phones
    assert binding["userAgent"].startswith("baresip")
    assert binding["contact"].startswith("sip:alice")


async def test_phones_call_each_other_and_hear_each_other(line: Exchange, phones: dict[str, Baresip]) -> None:
    alice, bob = phones["alice"], phones["bob"]
    alice.command("dial", f"bob@127.0.0.1:{line.sip_port}")
    await alice.event("CALL_ESTABLISHED")
    await until_heard(alice, BOB.tone)
    await until_heard(bob, ALICE.tone)
    alice.command("hangup")
    await line.live_are(0)
    record = await line.last_call(to="bob", parentCallSid=None)
    leg = await line.last_call(to="bob", parentCallSid=record["callSid"])

    assert (record["status"], record["hangupBy"], record["type"]) == ("completed", "ORIGINATOR END", "sip")
    assert leg["status"] == "completed"
    assert record["media"]["codec"] == "PCMU"
    assert record["media"]["packets_received"] > 50
    assert leg["media"]["mos"] > 4


async def test_a_phone_on_hold_hears_nothing_of_the_other(line: Exchange, phones: dict[str, Baresip]) -> None:
    alice, bob = phones["alice"], phones["bob"]
    calls = established(alice)
    alice.command("dial", f"bob@127.0.0.1:{line.sip_port}")
    await alice.event("CALL_ESTABLISHED", times=calls + 1)
    await until_heard(bob, ALICE.tone)
    alice.command("hold")
    await asyncio.sleep(0.5)  # what is on its way arrives
    before = len(bob.heard())
    await asyncio.sleep(1.5)
    held = bob.heard()[before:]
    alice.command("resume")
    await asyncio.sleep(0.5)
    before = len(bob.heard())
    await asyncio.sleep(1.5)
    resumed = bob.heard()[before:]
    alice.command("hangup")
    await line.live_are(0)
    record = await line.last_call(to="bob", parentCallSid=None)

    assert hears(held, ALICE.tone) == 0
    assert hears(resumed, ALICE.tone) >= 1
    assert (record["status"], record["hangupBy"]) == ("completed", "ORIGINATOR END")


async def test_keys_reach_the_other_phone_and_the_log(line: Exchange, phones: dict[str, Baresip]) -> None:
    alice, bob = phones["alice"], phones["bob"]
    calls = established(alice)
    alice.command("dial", f"bob@127.0.0.1:{line.sip_port}")
    await alice.event("CALL_ESTABLISHED", times=calls + 1)
    await until_heard(bob, ALICE.tone)
    for key in "42#":
        alice.command("sndcode", key)
        await asyncio.sleep(0.25)
        alice.command("sndcode", "\x04")  # the key is let go
        await asyncio.sleep(0.25)
    await bob.event("CALL_DTMF_START", times=3)
    alice.command("hangup")
    await line.live_are(0)
    record = await line.last_call(to="bob", parentCallSid=None)

    assert "".join(event["param"] for event in bob.events if event.get("type") == "CALL_DTMF_START") == "42#"
    assert record["dtmfEntered"] == "42#"


async def test_a_phone_calls_a_number_over_the_trunk(line: Exchange, phones: dict[str, Baresip], callee: Sipp) -> None:
    """The other side sends back what it hears, so that the phone hears its own tone."""
    alice = phones["alice"]
    calls = established(alice)
    alice.command("dial", f"+19492222001@127.0.0.1:{line.sip_port}")
    await alice.event("CALL_ESTABLISHED", times=calls + 1)
    await until_heard(alice, ALICE.tone)
    alice.command("hangup")
    await line.live_are(0)
    record = await line.last_call(to="+19492222001", type="sip")

    assert (record["status"], record["from"], record["hangupBy"]) == ("completed", NUMBERS[0], "ORIGINATOR END")
    assert callee.process.returncode is None


async def test_a_document_calls_a_phone(line: Exchange, phones: dict[str, Baresip], tmp_path: Path) -> None:
    """A call from the trunk is put through to bob, who hears its silence end when it hangs up."""
    await line.answer_with(NUMBERS[1], line.document("<Response><Dial><User>bob</User></Dial></Response>"))
    closed = sum(event.get("type") == "CALL_CLOSED" for event in phones["bob"].events)
    target = f"127.0.0.1:{line.sip_port}"
    await run_sipp("caller_hangs_up", tmp_path, target, "-s", NUMBERS[1], "-m", "1", "-d", "1000", host=TRUNK)
    await phones["bob"].event("CALL_CLOSED", times=closed + 1)
    await line.live_are(0)
    leg = await line.last_call(to="bob", direction="outbound")

    assert (leg["status"], leg["from"]) == ("completed", "+19492220001")
    assert leg["duration"] >= 1


async def test_a_phone_transfers_its_party_to_another_phone(
    line: Exchange, phones: dict[str, Baresip], tmp_path: Path
) -> None:
    """Blind: alice talks with bob, and sends him to carol."""
    alice, bob = phones["alice"], phones["bob"]
    calls = established(alice)
    async with baresip(CAROL, tmp_path, line.sip_port) as carol:
        alice.command("dial", f"bob@127.0.0.1:{line.sip_port}")
        await alice.event("CALL_ESTABLISHED", times=calls + 1)
        await until_heard(bob, ALICE.tone)
        alice.command("transfer", f"sip:carol@127.0.0.1:{line.sip_port}")
        await until_heard(bob, CAROL.tone)
        await until_heard(carol, BOB.tone)
        bob.command("hangup")
        reached = await line.last_call(to="carol")

    assert reached["status"] == "completed"
    await line.live_are(0)


def established(phone: Baresip) -> int:
    """How many calls it has had."""
    return sum(event.get("type") == "CALL_ESTABLISHED" for event in phone.events)


async def until_heard(phone: Baresip, frequency: float) -> None:
    """Waits until a phone has heard a tone for a second."""
    async with asyncio.timeout(_PATIENCE):
        while hears(phone.heard()[-40_000:], frequency) < _HEARD_SECONDS:
            await asyncio.sleep(0.1)
