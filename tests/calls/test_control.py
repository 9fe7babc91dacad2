"""What the API asks of live calls (requests 31 to 34), in every state."""

from __future__ import annotations

import asyncio

import pytest
from tests.calls.house import CALLEE, FOREVER, OTHER, SECOND, House, tones
from tests.calls.parties import Telephone

from cordboard.testing.rtp import dominant_frequency

LONG_TONE = tones(440, 9000)


async def test_keys_are_sent(house: House) -> None:
    sid = await house.place()
    callee = await house.reached()
    await house.record(sid, lambda row: row["status"] == "in-progress")
    await house.ask("sendDigit", sid, playDtmf="1")
    await house.ask("sendDigit", sid, playDtmf="2#")
    await callee.pressed("12#")
    await callee.hang_up()


async def test_a_recording_that_a_key_ends(house: House) -> None:
    sid = await house.place(LONG_TONE)
    callee = await house.reached()
    await callee.hears(440)
    recorded = house.web.url("/asked")
    await house.ask(
        "record",
        sid,
        timeLimit=60,
        direction="out",
        fileFormat="wav",
        stopRecordingOnKey="0",
        callbackUrl=recorded,
    )
    await asyncio.sleep(0.3)
    await callee.press("0")
    (recording,) = await house.recordings(sid)
    assert (recording["fileFormat"], recording["recordingDirection"]) == ("wav", "out")
    assert abs(dominant_frequency(await house.sound_of(recording["recordingUrl"])) - 440) < 15
    assert (await house.told("/asked"))["Digits"] == "0"
    await callee.hang_up()


@pytest.mark.parametrize("mix", [True, False])
async def test_a_sound_is_played_over_or_in_place_of_what_is_heard(house: House, *, mix: bool) -> None:
    sid = await house.place(LONG_TONE)
    callee = await house.reached()
    await callee.hears(440)
    urls = f"{house.sound(700, '/first.wav', 0.4)};{house.sound(900, '/second.wav', 0.4)}"
    await house.ask("play", sid, audioUrl=urls, mix=mix)
    await callee.hears(*((440, 700) if mix else (700,)), never=() if mix else (440,))
    await callee.hears(900)
    await callee.hears(440, never=(700, 900))
    await callee.hang_up()


async def test_a_sound_ends_when_its_length_is_up_and_words_are_said(house: House) -> None:
    sid = await house.place()
    callee = await house.reached()
    await house.record(sid, lambda row: row["status"] == "in-progress")
    await house.ask("play", sid, audioUrl=house.sound(700, "/long.wav", 5), length=1)
    await callee.hears(700)
    await asyncio.sleep(0.6)
    await callee.hears(never=(700,))
    await house.ask("play", sid, sayText="Hello there, whoever you are")
    assert await callee.pitch(1.0) > 50
    await callee.hang_up()


async def test_a_sound_that_cannot_be_had_changes_nothing(house: House) -> None:
    sid = await house.place(LONG_TONE)
    callee = await house.reached()
    await callee.hears(440)
    await house.ask("play", sid, audioUrl=house.web.url("/no-sound"))
    await callee.hears(440)
    await callee.hang_up()
    await house.ended(sid)


_STATES = {
    "say": "<Say>This is a rather long sentence that nobody will hear to its end, for it goes on and on.</Say>",
    "play": LONG_TONE,
    "pause": f'{tones(440, 100)}<Pause length="60"/>',
    "gather": '<Gather timeout="30"/>',
    "speech": '<GetSpeech timeout="20"/>',
    "record": '<Record background="false" timeout="30"/>',
    "beep": '<Record background="false" timeout="30" playBeep="true"/>',
    "ringing": f"<Dial>{OTHER}</Dial>",
    "talking": f"<Dial>{OTHER}</Dial>",
    "conference": '<Dial><Conference beep="false">room</Conference></Dial>',
}


@pytest.mark.parametrize("state", list(_STATES))
async def test_another_document_at_once(house: House, state: str) -> None:
    await house.handle_with(_STATES[state])
    caller = await house.connected()
    other: Telephone | None = None
    if state in ("ringing", "talking"):
        other = await house.rung()
        await (other.pick_up() if state == "talking" else other.sip.ring())
    await asyncio.sleep(0.1)
    row = await house.live()
    await house.ask("interrupt", row["callSid"], status="completed", url=house.document(tones(700), "/instead"))
    await caller.hears(700, never=(440,))
    if other is not None:
        await other.hung_up()
    await caller.hung_up()
    first = (await house.all_ended())[0]
    assert (first["status"], first["reason"]) == ("completed", "end of document")
    if state == "record":
        assert len(await house.recordings(first["callSid"])) == 1  # what was recorded is kept


async def test_a_document_that_takes_long_to_speak_is_not_heard_after_all(house: House) -> None:
    """The words are still being made when another document takes over."""
    words = "No one shall hear these words, of which there are " + "very " * 200 + "many."
    sid = await house.place(f"<Say>{words}</Say>")
    callee = await house.reached()
    await house.record(sid, lambda row: row["status"] == "in-progress")
    await house.ask("interrupt", sid, status="completed", url=house.document(f"{tones(700, 300)}{FOREVER}", "/quick"))
    await callee.hears(700)
    await asyncio.sleep(0.4)
    await callee.hears_nothing()
    await callee.hang_up()


async def test_the_callee_of_a_dial_gets_a_document_of_its_own(house: House) -> None:
    """The caller's document goes on without it."""
    await house.handle_with(f"<Dial>{OTHER}</Dial>{tones(620)}")
    caller = await house.connected()
    callee = await house.reached()
    humming = caller.hum(500)
    await callee.hears(500)
    humming.cancel()
    await house.ask(
        "interrupt",
        (await house.records())[1]["callSid"],
        status="completed",
        url=house.document(tones(700), "/own"),
    )
    await callee.hears(700)
    await caller.hears(620)
    await callee.hung_up()
    await caller.hung_up()
    assert house.all_told("/own")[0]["To"] == OTHER


async def test_a_member_that_was_brought_in_gets_a_document(house: House) -> None:
    await house.handle_with('<Dial><Conference beep="false">room</Conference></Dial>')
    caller = await house.connected()
    conference = await house.conference(members=1)
    body = {"from": SECOND, "to": OTHER}
    sid = (await house.api.post(f"/v4/conference/{conference}/participant", house.owner, body)).only["callSid"]
    member = await house.reached()
    await house.conference(members=2)
    await house.ask("interrupt", sid, status="completed", url=house.document(tones(700), "/out"))
    await member.hears(700)
    await member.hung_up()
    await caller.hang_up()


@pytest.mark.parametrize("status", ["completed", "canceled"])
async def test_a_call_is_ended(house: House, status: str) -> None:
    sid = await house.place(statusCallbackUrl=house.web.url("/over"))
    callee = await house.reached()
    await house.record(sid, lambda row: row["status"] == "in-progress")
    await house.ask("interrupt", sid, status=status)
    await callee.hung_up()
    row = await house.ended(sid)
    assert (row["status"], row["reason"], row["hangupBy"]) == (status, "ended by the API", "SYSTEM END")
    assert (await house.told("/over"))["Status"] == status


async def test_a_call_of_somebody_else_does_not_exist(house: House) -> None:
    sid = await house.place()
    callee = await house.reached()
    await house.record(sid, lambda row: row["status"] == "in-progress")
    stranger = await house.api.account("other")
    answer = await house.api.post(f"/v4/call/interrupt/{sid}", stranger, {"status": "completed"})
    assert answer.status == 404
    assert callee.sip.caller.number != CALLEE
    await callee.hang_up()
