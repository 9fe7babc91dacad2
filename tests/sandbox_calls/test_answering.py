"""The platform calls handsets, over real SIP and RTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.sandbox_calls.house import HANDSET, NODE, NUMBER, VOICE_HZ, House

from cordboard.edge.sandbox_calls import phone
from cordboard.edge.sip.port import Ended, OfferRefusedError, Refused, Ringing
from cordboard.testing.rtp import dominant_frequency
from cordboard.wire.audio.frames import SAMPLE_RATE


async def test_a_person_answers_speaks_and_presses_keys(house: House) -> None:
    await house.script(answer_after_ms=50, say="A good long hello to you, whoever you are", dtmf="42#")
    call = await house.call()

    assert (await call.event(Ringing)).status == 180
    await call.answered()
    assert await call.pitch() == pytest.approx(VOICE_HZ, abs=10)
    await call.sound(440, 600)
    row = await house.row(lambda row: row["state"] == "in-progress")
    assert (row["handset"], row["direction"], row["caller"], row["callee"], row["node"]) == (
        HANDSET,
        "inbound",
        NUMBER,
        HANDSET,
        NODE,
    )
    await call.media.send_digits("1*9")
    await house.row(lambda row: row["digits"] == "1*9")
    await call.pressed("42#")
    await call.sip.hang_up()

    row = await house.ended()
    assert row["reason"] == "hung up by the other side"
    assert row["answered_at"] is not None
    assert row["ended_at"] is not None
    assert dominant_frequency(await house.recorded(row)) == pytest.approx(440, abs=10)
    assert house.voice.said == ["A good long hello to you, whoever you are"]
    assert list((house.folder / "recordings" / "handsets").iterdir()) == []


async def test_nobody_has_to_say_how_a_handset_is(house: House) -> None:
    call = await house.call()
    began = asyncio.get_running_loop().time()
    await call.answered()

    assert asyncio.get_running_loop().time() - began >= 0.9
    assert house.voice.said == ["Hello?"]
    assert await call.pitch() == pytest.approx(VOICE_HZ, abs=10)


async def test_a_machine_greets_at_length_and_beeps(house: House) -> None:
    await house.script(answer="machine", answer_after_ms=0, say="Leave a message after the tone", dtmf="1")
    call = await house.call()
    await call.answered()

    heard = await call.hear(2.0)
    quarter = SAMPLE_RATE // 4
    pitches = [round(dominant_frequency(heard[at : at + quarter]), -1) for at in range(0, len(heard), quarter)]

    spoken, rest = pitches.count(VOICE_HZ), [pitch for pitch in pitches if pitch != VOICE_HZ]
    assert spoken >= 1, pitches
    assert 1000 in rest, pitches
    assert pitches[-1] == 0, pitches
    assert call.digits == ""
    await call.sip.hang_up()
    await house.ended()


async def test_a_machine_has_something_to_say(house: House) -> None:
    await house.script(answer="machine", answer_after_ms=0)
    call = await house.call()
    await call.answered()

    assert len(house.voice.said[0]) > 200


@pytest.mark.parametrize(("manner", "status", "reason"), [("busy", 486, "Busy Here"), ("reject", 603, "Decline")])
async def test_a_handset_refuses(house: House, manner: Any, status: int, reason: str) -> None:
    await house.script(answer=manner)
    call = await house.call()

    refused = await call.event(Refused)

    assert (refused.status, refused.reason, refused.global_failure) == (status, reason, True)
    row = await house.ended()
    assert (row["reason"], row["answered_at"], row["recording_url"]) == (f"refused: {reason}", None, None)


async def test_a_handset_rings_before_it_refuses_where_that_is_wanted(house: House) -> None:
    await house.script(answer="reject", answer_after_ms=60)
    call = await house.call()

    await call.event(Ringing)
    assert (await call.event(Refused)).status == 603


async def test_nobody_answers_until_the_caller_gives_up(house: House) -> None:
    await house.script(answer="noanswer")
    call = await house.call()
    await call.event(Ringing)
    await house.row(lambda row: row["state"] == "ringing")

    await call.sip.hang_up()

    assert (await call.event(Refused)).status == 487
    row = await house.ended()
    assert (row["answered_at"], row["reason"]) == (None, "hung up by the other side")


async def test_a_handset_hangs_up_by_itself(house: House) -> None:
    await house.script(answer_after_ms=0, hangup_after_ms=300, say="A text that is far longer than the call can be")
    call = await house.call()
    await call.answered()
    began = asyncio.get_running_loop().time()

    assert (await call.event(Ended)).by == "remote"

    assert 0.2 < asyncio.get_running_loop().time() - began < 2
    assert (await house.ended())["reason"] == "the handset hung up"


async def test_a_handset_without_a_voice_is_silent(house: House) -> None:
    house.voice.broken = True
    await house.script(answer_after_ms=0, dtmf="7")
    call = await house.call()
    await call.answered()

    assert await call.pitch(0.2) == 0
    await house.row(lambda row: row["state"] == "in-progress")


async def test_a_handset_is_put_on_hold(house: House) -> None:
    await house.script(answer_after_ms=0)
    call = await house.call()
    await call.answered()

    answer = await call.sip.offer_media(call.media.offer(hold=True))

    assert b"a=recvonly" in answer
    with pytest.raises(OfferRefusedError):
        await call.sip.offer_media(b"v=0\r\n")
    await call.sip.hang_up()
    await house.ended()


async def test_whoever_hides_is_anonymous_to_a_handset(house: House) -> None:
    await house.script(answer="busy")
    call = await house.call(hidden=True)
    await call.event(Refused)

    assert (await house.ended())["caller"] == "anonymous"


async def test_what_is_no_number_is_no_handset(house: House) -> None:
    call = await house.call("reception")

    assert (await call.event(Refused)).status == 404
    assert await house.rows() == []


async def test_there_is_an_end_of_handsets(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone, "MOST_LIVE", 1)
    await house.script(answer="noanswer")
    first = await house.call()
    await first.event(Ringing)

    second = await house.call("+19492229999")

    assert (await second.event(Refused)).status == 480
    await first.sip.hang_up()
    await house.ended()
    third = await house.call("+19492229999")
    await third.event(Ringing)


async def test_a_call_is_kept_while_its_process_lives_and_no_longer(house: House) -> None:
    await house.script(answer="noanswer")
    call = await house.call()
    await call.event(Ringing)
    await house.row(lambda row: row["state"] == "ringing")
    await house.api.fetch("update sandbox_calls set leased_until = clock_timestamp() - interval '1 s' returning 1")

    await house.phone.look_after()
    assert (await house.rows())[0]["state"] == "ringing"
    await house.api.fetch(
        "update sandbox_calls set id = gen_random_uuid(), leased_until = clock_timestamp() - interval '1 s' returning 1"
    )
    await house.phone.look_after()

    row = (await house.rows())[0]
    assert (row["state"], row["reason"]) == ("ended", "the voice process that had it is gone")


async def test_recordings_are_kept_for_a_day(house: House) -> None:
    await house.script(answer_after_ms=0, hangup_after_ms=100)
    call = await house.call()
    await call.answered()
    row = await house.ended()
    name = str(row["recording_url"]).rpartition("/")[2]

    house.api.clock.advance(timedelta(hours=23).total_seconds())
    await house.phone.look_after()
    assert await house.api.platform.blobs.get(name) is not None
    house.api.clock.advance(timedelta(hours=2).total_seconds())
    await house.phone.look_after()

    assert await house.api.platform.blobs.get(name) is None
    assert (await house.rows())[0]["recording_url"] is None


async def test_when_the_telephones_stop_everybody_is_hung_up_on(house: House) -> None:
    await house.script(answer_after_ms=0)
    call = await house.call()
    await call.answered()
    await house.row(lambda row: row["state"] == "in-progress")

    await house.phone.stop()

    assert (await call.event(Ended)).by == "remote"
    assert (await house.ended())["reason"] == "the platform is stopping"
