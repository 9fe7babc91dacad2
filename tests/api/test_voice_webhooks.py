"""What webhooks are told of calls, recordings, conferences and thresholds, under the names of the reference."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.harness import Api, Tenant
from tests.voice_node import CALLEE, NUMBER, VoiceNode, body, buy, change, place

from cordboard.domain.voice.models import Member, Recording
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids
from cordboard.testing.webhook_receiver import ReceivedRequest, WebhookReceiver

OF_CALLS = (
    *(
        "callsid",
        "apiversion",
        "billcountry",
        "calltype",
        "callednumber",
        "callernumber",
        "callduration",
        "createdtime",
    ),
    *("direction", "duration", "endtime", "fromcountry", "parentcallsid", "serverip", "status", "tocountry"),
    *("tocountrycode", "rvmcallerid", "voicemailstatus", "webrtcusername", "hangupby", "dtmfentered"),
)
OF_RECORDINGS = (
    *("accountsid", "callsid", "recordingid", "apiversion", "actionperformed", "_actionmethod", "_duration"),
    *("fileuploadstatus", "isactive", "isrequest", "recordingdate", "recordingdirection", "recordingurl", "request"),
    *("response", "webrtcusername", "calltype", "parentcalltype", "parentcallsid"),
)
OF_CONFERENCES = ("confid", "callsid", "guesttoken", "shceduleid", "serverip", "miniconf")
OF_THRESHOLDS = ("phonenumber", "thresholdmet", "resettimems")


@dataclass(slots=True)
class House:
    """An account with NUMBER, its customer's server, and a voice process."""

    api: Api
    owner: Tenant
    receiver: WebhookReceiver
    node: VoiceNode

    async def hook(self, event_type: str, *variables: str, tenant: Tenant | None = None) -> None:
        """Two configurations: one is sent the payload, one a value for each variable."""
        template = "{" + ", ".join(f'"{name}": "%%{name.upper()}%%"' for name in variables) + "}"
        for path, text in ((f"/{event_type}/payload", "%%PAYLOAD%%"), (f"/{event_type}/variables", template)):
            given = {"eventType": event_type, "name": path, "url": self.receiver.url(path), "bodyTemplate": text}
            answer = await self.api.post("/v4/callback/configuration", tenant or self.owner, given)
            assert answer.status == 200, answer.body

    async def told(self, event_type: str) -> list[tuple[dict[str, Any], dict[str, str]]]:
        """Payload and variables of each event that the customer was told of."""
        await self.api.settle()
        payloads, variables = (
            [request.json for request in self.receiver.requests if request.path == f"/{event_type}/{kind}"]
            for kind in ("payload", "variables")
        )
        return list(zip(payloads, variables, strict=True))

    def paths(self) -> list[str]:
        """Where the customer was told something."""
        return [request.path for request in self.receiver.requests]


@pytest.fixture
async def house(api: Api) -> AsyncIterator[House]:
    """The usual one."""
    async with WebhookReceiver() as receiver:
        owner = await api.account()
        await buy(api, owner, NUMBER)
        yield House(api, owner, receiver, VoiceNode(api))


async def test_a_call_is_told_of_when_it_rings_is_answered_and_is_over(house: House) -> None:
    for event_type in ("call_dialing", "call_in_progress", "call_completion"):
        await house.hook(event_type, *OF_CALLS, "metadata.leadid", "metadata", "fromcountrycode")
    stranger = await house.api.account("stranger")
    await house.hook("call_dialing", *OF_CALLS, tenant=stranger)
    sid = str(await place(house.api, house.owner, metadata={"leadId": "7"}))
    (call,) = await house.node.claim()
    await house.node.rings(call)
    house.api.clock.advance(5)
    await house.node.answers(call)
    house.api.clock.advance(8)
    await house.node.ends(call, digits="12#")

    ((dialing, at_dialing),) = await house.told("call_dialing")
    ((answered, at_answer),) = await house.told("call_in_progress")
    ((payload, variables),) = await house.told("call_completion")

    assert (dialing["status"], answered["status"]) == ("dialing", "in-progress")
    assert (dialing["startTime"], answered["startTime"], answered["endTime"]) == (
        None,
        "Jan 5, 2026, 12:00:05 PM",
        None,
    )
    sample = {
        "callSid": sid,
        "apiVersion": "V3",
        "billCountry": "US",
        "callType": "call",
        "calledNumber": CALLEE,
        "callerNumber": NUMBER,
        "createdTime": "Jan 5, 2026, 12:00:00 PM",
        "direction": "outbound",
        "duration": 8,
        "endTime": "Jan 5, 2026, 12:00:13 PM",
        "fromCountry": "US",
        "fromCountryCode": 1,
        "serverIp": "node-1",
        "startTime": "Jan 5, 2026, 12:00:05 PM",
        "status": "completed",
        "toCountry": "US",
        "toCountryCode": 1,
        "hangupBy": "TERMINATOR END",
        "metadata": {"leadId": "7"},
    }
    assert {name: payload[name] for name in sample} == sample
    assert (payload["accountSid"], payload["cost"], payload["reason"]) == (
        house.owner.sid,
        0.00168,
        "ended by the callee",
    )
    assert [name for seen in (at_dialing, at_answer, variables) for name, value in seen.items() if "%" in value] == []
    shown = {name: variables[name] for name in ("callsid", "callduration", "createdtime", "endtime", "tocountrycode")}
    assert shown == {
        "callsid": sid,
        "callduration": "8",
        "createdtime": "2026-01-05T12:00:00+0000",
        "endtime": "2026-01-05T12:00:13+0000",
        "tocountrycode": "1",
    }
    assert (variables["dtmfentered"], variables["hangupby"]) == ("12#", "TERMINATOR END")
    assert (variables["metadata.leadid"], variables["metadata"]) == ("7", '{"leadId":"7"}')
    assert (variables["rvmcallerid"], variables["parentcallsid"], at_dialing["endtime"]) == ("", "", "")
    assert house.paths().count("/call_dialing/payload") == 1
    logged = (await house.api.get(f"/v4/logs/debug/{sid}", house.owner)).payload
    assert [entry["type"] for entry in logged].count("httpreq") == 6


async def test_a_recording_is_told_of_with_all_its_variables_and_to_its_callback(house: House) -> None:
    await house.hook("recording", *OF_RECORDINGS, "metadata.leadid")
    recording_id, created_at = house.api.platform.voice.new_recording_id()
    recording = Recording(
        account_id=house.owner.id,
        id=recording_id,
        created_at=created_at,
        call_id=Ids(house.api.clock).time_uuid(),
        direction="both",
        file_format="mp3",
        seconds=34,
        url="http://127.0.0.1:8000/media/0123.mp3",
        callback_url=house.receiver.url("/recorded"),
        metadata={"leadId": "7"},
    )
    async with house.api.platform.database.transaction() as tx:
        await house.api.platform.voice.keep_recording(tx, recording, "call", digits="#")

    ((payload, variables),) = await house.told("recording")

    expected = {
        "accountSid": house.owner.sid,
        "callSid": str(recording.call_id),
        "recordingId": str(recording_id),
        "apiVersion": "V3",
        "duration": 34,
        "fileUploadStatus": 1,
        "isActive": 1,
        "recordingDate": epoch_ms(created_at),
        "recordingDirection": "both",
        "recordingUrl": recording.url,
        "callType": "call",
        "metadata": {"leadId": "7"},
    }
    assert {name: payload[name] for name in expected} == expected
    assert [name for name, value in variables.items() if "%" in value] == []
    assert (variables["recordingid"], variables["_duration"], variables["metadata.leadid"]) == (
        str(recording_id),
        "34",
        "7",
    )
    (callback,) = [request for request in house.receiver.requests if request.path == "/recorded"]
    assert form(callback) == {
        "AccountSid": house.owner.sid,
        "CallSid": str(recording.call_id),
        "RecordingSid": str(recording_id),
        "RecordingUrl": recording.url,
        "RecordingDuration": "34",
        "Digits": "#",
    }


def form(request: ReceivedRequest) -> dict[str, str]:
    """The form of a callback; each parameter comes once."""
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    return {name: value for name, (value,) in request.form.items()}


async def test_conferences_are_told_of(house: House) -> None:
    types = ("conference_start", "conference_guest_join", "conference_guest_exit", "conference_end")
    for event_type in types:
        await house.hook(event_type, *OF_CONFERENCES)
    confer, call_id = house.api.platform.voice.conferences, Ids(house.api.clock).time_uuid()
    async with house.api.platform.database.transaction() as tx:
        room = await confer.open(tx, house.owner.id, "sales", "node-1", mini=True)
        guest = Member(
            account_id=house.owner.id,
            conference_id=room.id,
            member_id=1,
            call_id=call_id,
            name=CALLEE,
            joined_at=house.api.clock.now(),
        )
        await confer.join(tx, room, guest)
        await confer.leave(tx, room, guest)
        await confer.end(tx, room)

    ((started, _),), ((joined, variables),), ((left, _),), ((ended, at_end),) = [await house.told(one) for one in types]

    assert started["confId"] == ended["confId"] == str(room.id)
    assert (joined["callSid"], joined["guestToken"], left["guestToken"]) == (str(call_id), "1", "1")
    assert variables == {
        "confid": str(room.id),
        "callsid": str(call_id),
        "guesttoken": "1",
        "shceduleid": "",
        "serverip": "node-1",
        "miniconf": "true",
    }
    assert at_end == {**variables, "callsid": "", "guesttoken": ""}


async def test_a_number_that_calls_often_is_told_of_once_and_again_when_counting_starts_anew(house: House) -> None:
    await house.hook("call_threshold", *OF_THRESHOLDS)
    await house.hook("call_threshold_reset", *OF_THRESHOLDS)
    await change(house.api, house.owner, call_threshold="3", call_threshold_hours="1")
    reset_at = epoch_ms(house.api.clock.now()) + 3_600_000

    await place(house.api, house.owner)
    house.api.clock.advance(1800)
    await house.api.post("/v4/groupcall", house.owner, body(to=[CALLEE, "+16192331234", "+16192331235"]))

    ((payload, variables),) = await house.told("call_threshold")
    assert (payload["phoneNumber"], payload["thresholdMet"], payload["resetTimeMs"]) == (NUMBER, True, reset_at)
    assert variables == {"phonenumber": NUMBER, "thresholdmet": "true", "resettimems": str(reset_at)}
    assert await house.told("call_threshold_reset") == []
    house.api.clock.advance(1800)
    ((payload, _),) = await house.told("call_threshold_reset")
    assert (payload["thresholdMet"], payload["resetTimeMs"]) == (False, reset_at)
    await house.api.post("/v4/groupcall", house.owner, body(to=[CALLEE, "+16192331234"]))
    assert len(await house.told("call_threshold")) == 1
    await place(house.api, house.owner)
    assert len(await house.told("call_threshold")) == 2
