"""Calls that the API asks for, from the ring to the books."""

from __future__ import annotations

import pytest
from tests.calls.house import CALLEE, FOREVER, NUMBER, OTHER, House, tones

from cordboard.edge.sip.port import Ended
from cordboard.testing.rtp import dominant_frequency
from cordboard.testing.webhook_receiver import Answer

XML = {"Content-Type": "application/xml"}


async def test_a_call_is_made_heard_and_written_down(house: House) -> None:
    sid = await house.place(
        f"{tones(440)}<Hangup/>", statusCallbackUrl=house.web.url("/status"), metadata={"lead": "7"}
    )
    callee = await house.rung()
    assert (callee.sip.dialled, callee.sip.caller.number) == (CALLEE, NUMBER)
    await callee.sip.ring()
    row = await house.record(sid, lambda row: row["status"] == "dialing")
    assert row["startTime"] is None
    await callee.pick_up()
    await callee.hears(440)
    await callee.hung_up()
    row = await house.ended(sid)
    assert (row["status"], row["hangupBy"], row["direction"]) == ("completed", "SYSTEM END", "outbound")
    assert row["reason"] == "Hangup"
    assert row["media"]["packets_sent"] > 10
    assert [action for action, _ in await house.debug(sid)] == ["PLAY", "HANGUP"]
    topics = ("voice.dialing", "voice.in_progress", "voice.completed")
    assert [len(await house.events(topic, sid)) for topic in topics] == [1, 1, 1]
    told = await house.told("/status", CallSid=sid)
    assert (told["Status"], told["metadata"]) == ("completed", '{"lead":"7"}')


async def test_words_are_spoken(house: House) -> None:
    sid = await house.place("<Say>One, two, three, four.</Say>")
    callee = await house.reached()
    assert 80 < await callee.pitch(1.0) < 3000
    await callee.hang_up()
    assert (await house.ended(sid))["hangupBy"] == "TERMINATOR END"
    assert ("Text-To-Speech", "Voice Used: en-us-standard-female-1") in await house.debug(sid)


@pytest.mark.parametrize(
    ("sip_status", "status"),
    [(486, "user_busy"), (603, "user_busy"), (404, "unallocated_numbers"), (480, "no_answer")],
)
async def test_a_call_that_is_refused(house: House, sip_status: int, status: str) -> None:
    sid = await house.place(FOREVER, statusCallbackUrl=house.web.url("/refused"))
    await (await house.rung()).sip.refuse(sip_status)
    row = await house.ended(sid)
    assert (row["status"], row["duration"], row["startTime"], row["media"]) == (status, 0, None, None)
    assert row["reason"].startswith(f"SIP {sip_status}")
    assert (await house.told("/refused"))["CallStatus"] == status


async def test_the_second_trunk_takes_over_where_the_first_cannot(house: House) -> None:
    sid = await house.place(tones(440))
    await (await house.rung()).sip.refuse(500)
    callee = await house.rung(house.backup)
    await callee.pick_up()
    await callee.hears(440)
    await callee.hung_up()
    assert (await house.ended(sid))["status"] == "completed"
    (row,) = await house.api.fetch("select trunk from calls where id = $1", sid)
    assert row["trunk"] == "second"


async def test_no_trunk_takes_it(house: House) -> None:
    sid = await house.place()
    await (await house.rung()).sip.refuse(500)
    await (await house.rung(house.backup)).sip.refuse(500, "Out of order")
    row = await house.ended(sid)
    assert (row["status"], row["reason"]) == ("failed", "SIP 500 Out of order")


async def test_nobody_answers_in_time(house: House) -> None:
    sid = await house.place(timeout="1")
    callee = await house.rung()
    await callee.sip.ring()
    await callee.event(Ended)
    row = await house.ended(sid)
    assert (row["status"], row["reason"]) == ("no_answer", "not answered within 1 s")


async def test_a_callee_that_can_be_heard_early(house: House) -> None:
    """Its early media is connected once; the answer needs no other."""
    sid = await house.place(tones(440))
    callee = await house.rung()
    await callee.ring_early()
    await house.record(sid, lambda row: row["status"] == "dialing")
    await callee.pick_up()
    await callee.hears(440)
    await callee.hung_up()
    assert (await house.ended(sid))["status"] == "completed"


async def test_media_that_cannot_be_used(house: House) -> None:
    sid = await house.place()
    callee = await house.rung()
    await callee.sip.answer(b"v=0\r\nthis is no session\r\n")
    await callee.hung_up()
    row = await house.ended(sid)
    assert (row["status"], row["reason"]) == ("failed", "the callee's media cannot be used")


async def test_keys_are_pressed_and_the_call_is_recorded(house: House) -> None:
    sid = await house.place(tones(620, 900), playDtmf="12#", record=True, recordCallbackUrl=house.web.url("/recorded"))
    callee = await house.reached()
    await callee.pressed("12#")
    await callee.hung_up()
    await house.ended(sid)
    (recording,) = await house.recordings(sid)
    assert (recording["recordingDirection"], recording["fileFormat"]) == ("both", "mp3")
    assert abs(dominant_frequency(await house.sound_of(recording["recordingUrl"])) - 620) < 15
    assert len(await house.events("voice.recorded", sid)) == 1
    told = await house.told("/recorded")
    assert (told["RecordingSid"], told["RecordingUrl"]) == (recording["recordingSid"], recording["recordingUrl"])


async def test_a_recorded_call_is_made_text(house: House) -> None:
    body = {
        "from": NUMBER,
        "to": [CALLEE],
        "url": house.document(FOREVER),
        "transcribe": True,
        "transcribeCallbackUrl": house.web.url("/text"),
    }
    (made,) = (await house.api.post("/v4/groupcall", house.owner, body)).payload
    callee = await house.reached()
    await callee.sound(500, 700, ms=400)
    await callee.hang_up()
    await house.ended(made["callSid"])
    told = await house.told("/text")
    assert (told["TranscriptionText"], told["TranscriptionStatus"]) == ("call me back", "success")
    (recording,) = await house.recordings(made["callSid"])
    assert (recording["transcription"], told["RecordingSid"]) == ("call me back", recording["recordingSid"])


@pytest.mark.parametrize("wanted", ["hangup", "continue"])
async def test_a_machine_answers(house: House, wanted: str) -> None:
    sid = await house.place(
        f'<Pause length="1"/>{tones(440)}', ifMachine=wanted, ifMachineCallbackUrl=house.web.url("/machine")
    )
    callee = await house.reached()
    await callee.sound(1000, ms=500)
    if wanted == "continue":
        await callee.hears(440)
    await callee.hung_up()
    row = await house.ended(sid)
    assert row["reason"] == ("a machine answered" if wanted == "hangup" else "end of document")
    assert row["answeredBy"] == "machine"
    assert (await house.told("/machine", CallSid=sid))["AnsweredBy"] == "machine"


async def test_a_person_answers(house: House) -> None:
    sid = await house.place('<Pause length="30"/>', ifMachine="hangup", ifMachineCallbackUrl=house.web.url("/person"))
    callee = await house.reached()
    await callee.sound(500, 700, ms=400)
    assert (await house.told("/person", CallSid=sid))["AnsweredBy"] == "human"
    await callee.hang_up()
    assert (await house.ended(sid))["answeredBy"] == "human"


async def test_a_machine_may_hear_another_document(house: House) -> None:
    body = {
        "from": NUMBER,
        "to": CALLEE,
        "url": house.document(FOREVER),
        "ifMachine": "redirect",
        "ifMachineCallbackUrl": house.document(tones(830), "/for-machines"),
    }
    sid = (await house.api.post("/v4/call", house.owner, body)).only["callSid"]
    callee = await house.reached()
    await callee.sound(1000, ms=500)
    await callee.hears(830)
    await callee.hung_up()
    assert (await house.ended(sid))["answeredBy"] == "machine"


async def test_a_hidden_caller(house: House) -> None:
    await house.place(hideCallerId="true")
    callee = await house.reached()
    assert (callee.sip.caller.hidden, callee.sip.caller.number) == (True, NUMBER)  # asserted to the trunk alone
    await callee.hang_up()
    await house.all_ended()


async def test_a_document_that_cannot_be_had_has_a_fallback(house: House) -> None:
    sid = await house.place(url="http://127.0.0.1:9/none.xml", fallbackUrl=house.document(tones(880)))
    callee = await house.reached()
    await callee.hears(880)
    await callee.hung_up()
    await house.ended(sid)
    assert any("the fallback URL is requested" in response for _, response in await house.debug(sid))


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(status=404, body="no"), "HTTP status 404"),
        (Answer(body="<Response><Say>", headers=XML), "Document parse failure"),
        (Answer(body="<Response>" + "<Say>x</Say>" * 60_000 + "</Response>", headers=XML), "Document parse failure"),
        (
            Answer(body="<Response><Redirect>/bad</Redirect></Response>", headers=XML),
            "documents were requested in a row",
        ),
    ],
)
async def test_a_document_that_is_no_good_ends_the_call(house: House, answer: Answer, problem: str) -> None:
    house.web.answer("/bad", answer)
    sid = await house.place(url=house.web.url("/bad"))
    await (await house.reached()).hung_up()
    row = await house.ended(sid)
    assert (row["status"], row["hangupBy"]) == ("completed", "SYSTEM END")
    entries = await house.debug(sid)
    assert any(problem in response and "the call is ended" in response for _, response in entries), entries


async def test_an_empty_document_ends_the_call(house: House) -> None:
    sid = await house.place("<Response></Response>")
    await (await house.reached()).hung_up()
    assert (await house.ended(sid))["reason"] == "end of document"


async def test_whoever_confirms_takes_a_group_call(house: House) -> None:
    body = {
        "from": NUMBER,
        "to": [CALLEE, OTHER],
        "url": house.document(tones(700)),
        "groupConfirmKey": "5",
    }
    answer = await house.api.post("/v4/groupcall", house.owner, body)
    first, second = [row["callSid"] for row in answer.payload]
    telephones = [await house.rung(), await house.rung()]
    winner = next(one for one in telephones if one.sip.dialled == OTHER)
    loser = next(one for one in telephones if one is not winner)
    await loser.sip.ring()  # it has not even been answered
    await winner.pick_up()
    await winner.hears(1000)  # the prompt
    await winner.press("5")
    await loser.hung_up()
    await winner.hears(700)
    await winner.hung_up()
    row = await house.ended(first)
    assert (row["status"], row["reason"]) == ("canceled", "another call of the group was taken")
    assert (await house.ended(second))["status"] == "completed"


async def test_a_group_call_that_nobody_confirms(house: House) -> None:
    body = {"from": NUMBER, "to": [CALLEE], "url": house.document(tones(700)), "groupConfirmKey": "5"}
    (made,) = (await house.api.post("/v4/groupcall", house.owner, body)).payload
    await (await house.reached()).hung_up()
    row = await house.ended(made["callSid"])
    assert (row["status"], row["reason"]) == ("no_answer", "the call was not confirmed by a key")


async def test_a_group_call_that_is_hung_up_before_it_is_confirmed(house: House) -> None:
    body = {"from": NUMBER, "to": [CALLEE], "url": house.document(tones(700)), "groupConfirmKey": "5"}
    (made,) = (await house.api.post("/v4/groupcall", house.owner, body)).payload
    await (await house.reached()).hang_up()
    assert (await house.ended(made["callSid"]))["hangupBy"] == "TERMINATOR END"


async def test_a_ringing_call_is_canceled(house: House) -> None:
    sid = await house.place(statusCallbackUrl=house.web.url("/canceled"))
    callee = await house.rung()
    await callee.sip.ring()
    await house.record(sid, lambda row: row["status"] == "dialing")
    await house.ask("interrupt", sid, status="canceled")
    await callee.hung_up()
    row = await house.ended(sid)
    assert (row["status"], row["hangupBy"], row["cost"]) == ("canceled", "SYSTEM END", 0)
    assert (await house.told("/canceled"))["Status"] == "canceled"
