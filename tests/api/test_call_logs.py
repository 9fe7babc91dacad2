"""Requests 99, 101 and 104: the logs of calls and recordings; 106: the debug log of a call."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.harness import Api, Tenant
from tests.voice_node import CALLEE, NUMBER, OTHER_CALLEE, SECOND, VoiceNode, buy, place, stored

from cordboard.domain.voice.models import CallRequest, Recording
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids
from cordboard.testing.webhook_receiver import WebhookReceiver

CAMPAIGN = UUID("e8861980-5165-11e9-b3b4-55cdbe9b37b5")
NOBODY = "c0b13242-777d-4e89-b9b2-fb5c14a1bbcf"
LOG, RECORDINGS = "/v4/logs/call", "/v4/logs/recording"


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that owns NUMBER and SECOND."""
    tenant = await api.account()
    await buy(api, tenant, NUMBER, SECOND)
    return tenant


@pytest.fixture
def node(api: Api) -> VoiceNode:
    """The process that makes the calls."""
    return VoiceNode(api)


async def listed(api: Api, tenant: Tenant, **query: str) -> list[str]:
    """The ids of the calls that the log shows."""
    return [one["callSid"] for one in (await api.get(LOG, tenant, **query)).payload]


async def record(api: Api, tenant: Tenant, call_id: UUID, **more: Any) -> Recording:
    """A recording of a call, made now."""
    recording_id, created_at = api.platform.voice.new_recording_id()
    recording = Recording(
        account_id=tenant.id,
        id=recording_id,
        created_at=created_at,
        call_id=call_id,
        direction="both",
        file_format="mp3",
        seconds=34,
        url="http://127.0.0.1:8000/media/0123.mp3",
        size=1000,
        **more,
    )
    async with api.platform.database.transaction() as tx:
        await api.platform.voice.keep_recording(tx, recording, "call")
    return recording


async def test_a_call_is_shown_as_the_reference_shows_it(api: Api, owner: Tenant, node: VoiceNode) -> None:
    started = api.clock.now()
    sid = await place(api, owner, metadata={"leadId": "7"})
    waiting = (await api.get(f"{LOG}/details/{sid}/", owner)).only
    (call,) = await node.claim()
    api.clock.advance(3)
    await node.rings(call, trunk="acme")
    api.clock.advance(2)
    await node.answers(call)
    api.clock.advance(7.5)
    await node.ends(call, answered_by="human", digits="12", media={"lost": 1})

    shown = (await api.get(LOG, owner, limit="1")).only

    assert (waiting["status"], waiting["startTime"], waiting["endTime"]) == ("in-queue", None, None)
    assert shown == {
        "accountSid": owner.sid,
        "yearMonthDay": "20260105",
        "callSid": str(sid),
        "apiVersion": "V3",
        "callDuration": 8,
        "cost": 0.00168,
        "createdTime": "2026-01-05 12:00:00",
        "direction": "outbound",
        "duration": 8,
        "durationBilled": 12,
        "from": NUMBER,
        "endTime": "2026-01-05 12:00:12",
        "startTime": "2026-01-05 12:00:05",
        "status": "completed",
        "to": CALLEE,
        "type": "call",
        "rvmCallerId": None,
        "voiceMailStatus": None,
        "date": epoch_ms(started),
        "parentCallSid": None,
        "reason": "ended by the callee",
        "hangupBy": "TERMINATOR END",
        "answeredBy": "human",
        "dtmfEntered": "12",
        "campaignId": None,
        "contactId": None,
        "conferenceId": None,
        "surcharge": 0,
        "metadata": {"leadId": "7"},
        "media": {"lost": 1},
    }
    assert (await api.get(f"{LOG}/details/{sid}", owner)).only == shown
    assert (await stored(api, sid))["trunk"] == "acme"
    stranger = await api.account("stranger")
    assert (await api.get(f"{LOG}/details/{sid}", stranger)).status == 404
    assert (await api.get(LOG, stranger)).payload == []
    for unknown in (NOBODY, str(Ids(api.clock).time_uuid()), "x"):
        assert (await api.get(f"{LOG}/details/{unknown}", owner)).status == 404


async def test_calls_are_filtered_and_paged_the_newest_first(api: Api, owner: Tenant, node: VoiceNode) -> None:
    async with api.platform.database.transaction() as tx:
        old = CallRequest(
            account_id=owner.id, parent_account_id=owner.id, to=CALLEE, caller=NUMBER, campaign_id=CAMPAIGN
        )
        await api.platform.voice.place(tx, [old])
    (first,) = await node.claim()
    await node.ends(first, status="user_busy")
    api.clock.advance(60)
    second = str(await place(api, owner, to=OTHER_CALLEE, **{"from": SECOND}))
    api.clock.advance(60)
    third = (await api.post("/v4/groupcall", owner, {"from": NUMBER, "to": CALLEE, "url": "https://example.com"})).only
    everything = [third["callSid"], second, str(first.id)]

    found = {
        str(query): await listed(api, owner, **query)
        for query in (
            {},
            {"limit": "2"},
            {"limit": "2", "offset": "2"},
            {"direction": "out"},
            {"direction": "inbound"},
            {"status": "user_busy"},
            {"type": "group"},
            {"campaignId": str(CAMPAIGN)},
            {"to": OTHER_CALLEE},
            {"to": "619-233-1234"},
            {"from": SECOND},
            {"from": "nobody"},
            {"startDate": "20260105", "endDate": "2026-01-05"},
            {"startDate": "2026-01-06", "endDate": "2026-01-07"},
            {"startDate": "2026-01-01"},
        )
    }

    assert list(found.values()) == [
        everything,
        everything[:2],
        everything[2:],
        everything,
        [],
        [str(first.id)],
        [third["callSid"]],
        [str(first.id)],
        [second],
        [second],
        [second],
        [],
        everything,
        [],
        everything,
    ]
    wrong = (
        ({"startDate": "yesterday"}, "startDate"),
        ({"endDate": "2026-13-01"}, "endDate"),
        ({"startDate": "2026-01-05", "endDate": "2026-01-04"}, "endDate"),
        ({"limit": "0"}, "limit"),
        ({"limit": "5001"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"direction": "up"}, "direction"),
        ({"campaignId": "x"}, "campaignId"),
    )
    for query, field in wrong:
        answer = await api.get(LOG, owner, **query)
        assert (answer.status, [named for _, named in answer.errors]) == (400, [field]), query


async def test_a_recording_is_shown_as_the_reference_shows_it(api: Api, owner: Tenant) -> None:
    call_id = Ids(api.clock).time_uuid()
    made = await record(api, owner, call_id, callback_url="http://127.0.0.1:1/recorded", metadata={"leadId": "7"})
    async with api.platform.database.transaction() as tx:
        await api.platform.voice.set_transcription(tx, owner.id, made.id, "hello")
        await api.platform.voice.set_transcription(tx, (await api.account("other")).id, made.id, "not theirs")

    shown = (await api.get(f"{RECORDINGS}/", owner, callSid=str(call_id))).only

    assert shown == {
        "accountSid": owner.sid,
        "yearMonthDay": "20260105",
        "callSid": str(call_id),
        "recordingSid": str(made.id),
        "apiVersion": "V3",
        "actionPerformed": None,
        "actionMethod": None,
        "callbackMethod": "POST",
        "callbackUrl": "http://127.0.0.1:1/recorded",
        "duration": 34,
        "fileUploadStatus": 1,
        "isActive": 1,
        "isRequest": None,
        "recordingDate": epoch_ms(api.clock.now()),
        "recordingDirection": "both",
        "recordingUrl": made.url,
        "request": None,
        "response": None,
        "fileFormat": "mp3",
        "size": 1000,
        "transcription": "hello",
        "metadata": {"leadId": "7"},
    }


async def test_recordings_are_filtered_and_paged(api: Api, owner: Tenant) -> None:
    first_call, second_call = Ids(api.clock).time_uuid(), Ids(api.clock).time_uuid()
    made = [await record(api, owner, first_call)]
    api.clock.advance(60)
    made.append(await record(api, owner, second_call))
    api.clock.advance(60)
    made += [await record(api, owner, first_call), await record(api, owner, first_call)]
    stranger = await api.account("stranger")
    await record(api, stranger, second_call)

    async def shown(**query: str) -> list[UUID]:
        return [UUID(one["recordingSid"]) for one in (await api.get(RECORDINGS, owner, **query)).payload]

    everything = await shown()
    assert (set(everything[:2]), everything[2:]) == ({made[2].id, made[3].id}, [made[1].id, made[0].id])
    assert set(await shown(callSid=str(first_call))) == {made[0].id, made[2].id, made[3].id}
    assert await shown(callSid=str(second_call), startDate="2026-01-04") == [made[1].id]
    assert await shown(recordingSid=str(made[0].id)) == [made[0].id]
    assert await shown(startDate="20260105") == everything
    assert await shown(startDate="2026-01-06") == []
    paged: list[UUID] = []
    for _ in range(5):
        paged += await shown(limit="1", **({"lastCallSid": str(paged[-1])} if paged else {}))
    assert paged == everything
    assert await shown(lastCallSid=str(second_call)) == [made[0].id]
    assert await shown(lastCallSid=NOBODY) == []
    for query, field in (
        ({"startDate": "soon"}, "startDate"),
        ({"limit": "0"}, "limit"),
        ({"callSid": "x"}, "callSid"),
        ({"recordingSid": "x"}, "recordingSid"),
        ({"lastCallSid": "x"}, "lastCallSid"),
    ):
        answer = await api.get(RECORDINGS, owner, **query)
        assert (answer.status, [named for _, named in answer.errors]) == (400, [field]), query


async def test_callbacks_of_a_call_are_in_its_debug_log(api: Api, owner: Tenant, node: VoiceNode) -> None:
    async with WebhookReceiver() as receiver:
        url = receiver.url("/status")
        sid = await place(api, owner, statusCallbackUrl=url)
        await node.ends(*await node.claim())
        await api.settle()

        entries = (await api.get(f"/v4/logs/debug/{sid}", owner)).payload

    assert [entry["type"] for entry in entries] == ["httpreq", "httpresp"]
    for entry in entries:
        assert set(entry) == {"accountSid", "uniqueid", "data", "level", "clientId", "type", "date"}
        assert (entry["accountSid"], entry["level"]) == (owner.sid, 1)
    asked, answered = (msgspec.json.decode(entry["data"]) for entry in entries)
    assert (asked["uri"], asked["method"]) == (url, "POST")
    assert f"CallSid={sid}" in asked["parameters"]
    assert answered["code"] == "200"
    assert (await api.get(f"/v4/logs/debug/{sid}", await api.account("stranger"))).status == 404


async def test_privileges(api: Api) -> None:
    rows = [("GET", LOG, "log-read"), ("GET", f"{LOG}/details/{NOBODY}", "log-read"), ("GET", RECORDINGS, "log-read")]

    await api.assert_privileges(rows, "webrtc-agent")
