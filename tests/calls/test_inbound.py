"""Calls that come in for a number: what its document does with them, and where a route tag leads."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from tests.calls.house import CALLEE, FOREVER, NUMBER, OTHER, ROUTED, TEXTING, House, tones
from tests.calls.parties import Telephone
from tests.campaigns.house import Business
from tests.carrier_double import CarrierDouble

from cordboard.edge.sip.port import Ended
from cordboard.testing.rtp import dominant_frequency


async def test_a_number_answers_with_its_document(house: House) -> None:
    await house.handle_with(f"{tones(440)}<Hangup/>", hangupCallbackUrl=house.web.url("/hung-up"))
    caller = await house.dial()
    await caller.rings()
    await caller.answered()
    await caller.hears(440)
    await caller.hung_up()
    (row,) = await house.all_ended()
    assert (row["status"], row["hangupBy"], row["direction"]) == ("completed", "SYSTEM END", "inbound")
    assert (row["from"], row["to"]) == (CALLEE, NUMBER)
    (asked,) = house.all_told("/document-" + str(house._documents))
    assert (asked["CallSid"], asked["From"], asked["Direction"]) == (row["callSid"], CALLEE, "inbound")
    assert "carrier" in asked
    assert (await house.told("/hung-up"))["Status"] == "completed"


async def test_a_number_that_is_not_set_up_says_so(house: House) -> None:
    caller = await house.connected()
    assert await caller.pitch(1.0) > 50
    await caller.hang_up()
    (row,) = await house.all_ended()
    assert (row["status"], row["hangupBy"]) == ("completed", "ORIGINATOR END")


async def test_a_number_of_nobody(house: House) -> None:
    assert await (await house.dial("+19495550177")).refused() == 404
    assert await house.records() == []


@pytest.mark.parametrize(("reason", "answer", "status"), [("busy", 486, "user_busy"), ("rejected", 603, "canceled")])
async def test_a_call_is_rejected_unanswered(house: House, reason: str, answer: int, status: str) -> None:
    await house.handle_with(f'<Reject reason="{reason}"/>')
    assert await (await house.dial()).refused() == answer
    (row,) = await house.all_ended()
    assert (row["status"], row["startTime"], row["cost"]) == (status, None, 0)


async def test_a_pause_before_anything_else_is_heard_as_ringing(house: House) -> None:
    await house.handle_with(f'<Pause length="1"/>{tones(440)}')
    caller = await house.dial()
    await caller.rings()
    await asyncio.sleep(0.5)
    assert caller.sip.events.empty()
    await caller.answered()
    await caller.hears(440)
    await caller.hung_up()


@pytest.mark.parametrize("events", [True, False])
async def test_keys_end_a_prompt_and_are_gathered(house: House, *, events: bool) -> None:
    """By RFC 4733, and as tones in the audio."""
    action = house.document(tones(880), "/keys")
    await house.handle_with(f'<Gather action="{action}" finishOnKey="#">{tones(440, 5000)}</Gather>')
    caller = await house.connected(events=events)
    await caller.hears(440)
    await caller.press("42#")
    await caller.hears(880, never=(440,))
    (told,) = house.all_told("/keys")
    assert told["Digits"] == "42"
    await caller.hung_up()
    assert (await house.all_ended())[0]["dtmfEntered"] == "42#"


async def test_a_gather_that_nobody_answers(house: House) -> None:
    action = house.document("<Hangup/>", "/nothing")
    await house.handle_with(f'<Gather action="{action}" timeout="1"/>')
    await (await house.connected()).hung_up()
    assert house.all_told("/nothing")[0]["Digits"] == ""


@pytest.mark.parametrize("ended_by", ["key", "silence", "length"])
async def test_a_caller_is_recorded(house: House, ended_by: str) -> None:
    action = house.document("<PlayLastRecording/>", "/recorded")
    length = 1 if ended_by == "length" else 30
    await house.handle_with(
        f'<Record background="false" timeout="1" maxLength="{length}" fileFormat="wav" playBeep="true"'
        f' action="{action}" direction="in"/>'
    )
    caller = await house.connected()
    await caller.hears(1000)  # the beep
    humming = caller.hum(600)
    if ended_by != "length":
        await asyncio.sleep(0.5)
        humming.cancel()
    if ended_by == "key":
        await caller.press("#")
    await caller.hears(600, within=3)  # what was recorded
    humming.cancel()
    await caller.hung_up()
    (row,) = await house.all_ended()
    (recording,) = await house.recordings(row["callSid"])
    (told,) = house.all_told("/recorded")
    assert told["RecordingUrl"] == recording["recordingUrl"]
    assert told["Digits"] == ("#" if ended_by == "key" else "")
    assert (recording["fileFormat"], recording["recordingDirection"]) == ("wav", "in")
    assert abs(dominant_frequency(await house.sound_of(recording["recordingUrl"])) - 600) < 15


async def test_a_recording_beside_the_document_is_made_text(house: House) -> None:
    recorded, text = house.web.url("/background"), house.web.url("/words")
    await house.handle_with(
        f'<Record action="{recorded}" transcribe="true" transcribeCallback="{text}"/>{tones(440, 5000)}'
    )
    caller = await house.connected()
    await caller.hears(440)
    await caller.sound(500, 700, ms=300)
    await caller.hang_up()
    (row,) = await house.all_ended()
    assert (await house.told("/words"))["TranscriptionText"] == "call me back"
    (recording,) = await house.recordings(row["callSid"])
    assert recording["transcription"] == "call me back"
    assert (await house.told("/background"))["RecordingSid"] == recording["recordingSid"]


async def test_words_are_gathered(house: House) -> None:
    house.openai.text = "accounting please"
    action = house.document("<Hangup/>", "/speech")
    await house.handle_with(f'<Gather input="speech" timeout="1" action="{action}">{tones(440, 200)}</Gather>')
    caller = await house.connected()
    await caller.hears(440)
    await caller.sound(500, 700, ms=500)
    await caller.hung_up()
    assert house.all_told("/speech")[0]["SpeechResult"] == "accounting please"
    (upload,) = house.openai.uploads
    assert len(upload.data) > 4000


async def test_speech_is_heard_after_a_beep(house: House) -> None:
    action = house.document("<Hangup/>", "/heard")
    await house.handle_with(f'<GetSpeech timeout="1" playBeep="true" action="{action}"/>')
    caller = await house.connected()
    await caller.hears(1000)
    await caller.sound(500, 700, ms=500)
    await caller.hung_up()
    assert house.all_told("/heard")[0]["SpeechResult"] == "call me back"


async def test_nothing_is_said(house: House) -> None:
    action = house.document("<Hangup/>", "/silent")
    await house.handle_with(f'<GetSpeech timeout="1" action="{action}"/>')
    await (await house.connected()).hung_up()
    assert house.all_told("/silent")[0]["SpeechResult"] == ""
    assert house.openai.uploads == []


async def test_a_text_is_sent_from_a_call(house: House) -> None:
    await house.handle_with(f"{tones(440)}<Sms>See you soon</Sms>", TEXTING)
    await (await house.connected(TEXTING)).hung_up()
    (row,) = await house.all_ended()
    assert "SMS" in dict(await house.debug(row["callSid"]))
    (text,) = await house.api.fetch("select * from messages where direction = 'outbound'")
    assert (text["sender"], text["recipient"], text["body"]) == (TEXTING, CALLEE, "See you soon")


async def test_a_text_that_is_refused_does_not_end_the_call(house: House) -> None:
    await house.handle_with(f"{tones(440, 200)}<Sms>See you soon</Sms>{tones(550, 400)}")
    caller = await house.connected()
    await caller.hears(550)
    await caller.hung_up()
    (row,) = await house.all_ended()
    assert "no configured carrier takes SMS" in dict(await house.debug(row["callSid"]))["SMS"]


async def test_another_document_takes_over(house: House) -> None:
    target = house.document(tones(700), "/next")
    await house.handle_with(f"{tones(440, 300)}<Redirect>{target}</Redirect>")
    caller = await house.connected()
    await caller.hears(440)
    await caller.hears(700)
    await caller.hung_up()
    assert "UrlBase" in house.all_told("/next")[0]


async def test_a_hangup_for_later(house: House) -> None:
    await house.handle_with('<Hangup schedule="1"/><Pause length="30"/>' + tones(440))
    caller = await house.dial()
    assert await caller.refused() == 480
    (row,) = await house.all_ended()
    assert (row["status"], row["reason"]) == ("no_answer", "Hangup")


# Whoever hangs up, whenever


_STATES: dict[str, str] = {
    "ringing": FOREVER,
    "say": "<Say>This is a rather long sentence that nobody will hear to its end.</Say>",
    "play": tones(440, 9000),
    "gather": '<Gather timeout="30"/>',
    "record": '<Record background="false" timeout="30" action="/x"/>',
    "background": f"<Record/>{tones(440, 9000)}",
    "speech": '<GetSpeech timeout="20"/>',
    "dial": f"<Dial>{OTHER}</Dial>",
    "conference": "<Dial><Conference>room</Conference></Dial>",
}


@pytest.mark.parametrize("state", list(_STATES))
async def test_the_caller_hangs_up(house: House, state: str) -> None:
    """`house` asserts that nothing is left of it."""
    await house.handle_with(_STATES[state])
    caller = await house.dial()
    if state == "ringing":
        await caller.rings()
    else:
        await caller.answered() if state != "dial" else None
    callee: Telephone | None = None
    if state == "dial":
        callee = await house.rung()
        await callee.sip.ring()
    else:
        await asyncio.sleep(0.15)
    await caller.hang_up()
    if callee is not None:
        await callee.event(Ended)
    rows = await house.all_ended()
    answered = state not in ("ringing",)
    assert (rows[0]["status"], rows[0]["hangupBy"]) == ("completed" if answered else "canceled", "ORIGINATOR END")
    if callee is not None:
        assert (rows[1]["status"], rows[1]["hangupBy"]) == ("canceled", "SYSTEM END")


# Route tags


async def route(house: House, *destinations: dict[str, Any], distribution: int = 1) -> None:
    """A tag of the number for calls, with some destinations."""
    tag = f"tag{uuid4().hex[:8]}"
    api, owner = house.api, house.owner
    assert (await api.post("/v4/route/tag", owner, {"routeTag": tag, "distributionType": distribution})).status == 200
    for one in destinations:
        body = {"routeTag": tag, "srcType": "call", **one}
        assert (await api.post("/v4/route/dest", owner, body)).status == 200
    body = {"routeTag": tag, "phoneNumbers": [ROUTED]}
    answer = await api.post("/v4/route/tag/assign", owner, body)
    assert answer.status == 200, answer.body


async def mailbox(house: House, **changes: Any) -> None:
    """The routed number's, with a short greeting."""
    body = {"greetingText": "Hi.", **changes}
    assert (await house.api.put(f"/v4/voicemail/{ROUTED}/settings", house.owner, body)).payload


async def test_a_tag_relays_to_a_number(house: House) -> None:
    await route(house, {"dest": OTHER, "destType": "call-relay"})
    caller = await house.dial(ROUTED)
    callee = await house.reached()
    assert (callee.sip.dialled, callee.sip.caller.number) == (OTHER, CALLEE)
    await caller.answered()
    humming = callee.hum(500)
    await caller.hears(500)
    humming.cancel()
    await callee.hang_up()
    await caller.hung_up()
    first, second = await house.all_ended()
    assert second["parentCallSid"] == first["callSid"]
    assert (second["from"], second["hangupBy"]) == (CALLEE, "TERMINATOR END")


async def test_a_tag_leads_to_a_document(house: House) -> None:
    await route(
        house, {"dest": "menu", "destType": "call", "options": {"callXml": f"<Response>{tones(550)}</Response>"}}
    )
    caller = await house.connected(ROUTED)
    await caller.hears(550)
    await caller.hung_up()


async def test_a_browser_phone_that_does_not_answer_leads_to_the_mailbox(house: House) -> None:
    """Greeting, beep, message: kept, made text, announced."""
    user = house.owner.user.id
    await mailbox(house, transcribe=True)
    await route(house, {"dest": str(user), "destType": "webrtc"})
    browser = await house.browser(user)
    caller = await house.dial(ROUTED)
    invitation = await browser.request("INVITE")
    assert b"fingerprint" in invitation.body
    browser.reply(invitation, 180)
    await caller.answered()
    browser.reply(await browser.request("CANCEL"), 200)
    browser.reply(invitation, 487)
    await browser.request("ACK")
    await caller.hears(1000, within=8)  # behind the greeting
    await caller.sound(500, 700, ms=700)
    await caller.hung_up()
    first, second = await house.all_ended()
    assert (second["status"], second["type"]) == ("no_answer", "webrtc")
    (message,) = (await house.api.get(f"/v4/voicemail/{ROUTED}", house.owner)).payload
    assert (message["transcription"], message["callSid"]) == ("call me back", first["callSid"])
    assert len(await house.events("voicemail.recorded")) == 1


async def test_a_caller_who_says_nothing_leaves_no_message(house: House) -> None:
    await mailbox(house)
    await route(house, {"dest": ROUTED, "destType": "voicemail"})
    caller = await house.connected(ROUTED)
    await caller.hears(1000, within=8)
    await caller.hung_up()
    (row,) = await house.all_ended()
    assert await house.recordings(row["callSid"], wanted=0) == []


async def test_a_tag_leads_to_an_ivr_whose_choices_are_counted_and_start_workflows(house: House) -> None:
    business = Business(house.api, house.owner, UUID(int=1), CarrierDouble(house.api))
    campaign = await business.campaign([{"id": 1, "type": "control"}])
    menu = {
        "menuId": "main",
        "entry": True,
        "play": house.sound(620, "/menu.wav"),
        "options": [
            {
                "dtmfKey": 1,
                "actions": [{"type": "workflow", "value": str(campaign)}, {"type": "dial", "value": OTHER}],
            }
        ],
    }
    body = {
        "ivrName": "desk",
        "configurationOptions": {"maxAttempts": 1, "timeout": 3, "minDigits": 1, "maxDigits": 1},
        "menus": [menu],
    }
    made = await house.api.post("/v4/ivr", house.owner, body)
    assert made.status == 200, made.body
    await route(house, {"dest": "desk", "destType": "ivr"})
    caller = await house.connected(ROUTED)
    await caller.hears(620)
    await caller.press("1")
    callee = await house.reached()
    assert callee.sip.dialled == OTHER
    await callee.hang_up()
    await caller.hung_up()
    counted = (await house.api.get("/v4/ivr/desk/statistics", house.owner)).payload
    assert [(one["menuId"], one["dtmfKey"], one["count"]) for one in counted] == [("main", "1", 1)]
    (run,) = await house.api.fetch("select sender, state from runs where campaign_id = $1", campaign)
    assert run["sender"] == ROUTED
    chosen = {"ivrname": "desk", "ivrmenu": "main", "digits": "1"}
    assert msgspec.json.decode(run["state"])["variables"] == chosen
