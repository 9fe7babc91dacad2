"""Requests 37 to 48: who is in a conference, and what is asked of the process that holds it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.harness import Api, Tenant
from tests.voice_node import CALLEE, NUMBER, OTHER_CALLEE, VoiceNode, buy, stored, told

from cordboard.domain.voice.models import Conference, Member
from cordboard.kit.ids import Ids

HOLDER = "node-7"
AUDIO = "http://127.0.0.1:1/bye.mp3"
CALLS = {"from": NUMBER, "to": CALLEE}
NOBODY = "c0b13242-777d-4e89-b9b2-fb5c14a1bbcf"


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that owns NUMBER."""
    tenant = await api.account()
    await buy(api, tenant, NUMBER)
    return tenant


@pytest.fixture
async def room(api: Api, owner: Tenant) -> Conference:
    """A conference of the owner at HOLDER."""
    return await opened(api, owner)


@pytest.fixture
async def members(api: Api, owner: Tenant, room: Conference) -> list[Member]:
    """Two who are in it."""
    found = [member(api, room, 1, caller_id_name="Ada", caller_id_number=NUMBER), member(api, room, 2, ghost=True)]
    async with api.platform.database.transaction() as tx:
        for one in found:
            await api.platform.voice.conferences.join(tx, room, one)
    return found


async def opened(api: Api, tenant: Tenant, name: str = "sales", *, mini: bool = True, node: str = HOLDER) -> Conference:
    """The account's conference of a name."""
    async with api.platform.database.transaction() as tx:
        return await api.platform.voice.conferences.open(tx, tenant.id, name, node, mini=mini)


def member(api: Api, room: Conference, member_id: int, **more: Any) -> Member:
    """Somebody in a room."""
    return Member(
        account_id=room.account_id,
        conference_id=room.id,
        member_id=member_id,
        call_id=Ids(api.clock).time_uuid(),
        name=CALLEE,
        joined_at=api.clock.now(),
        **more,
    )


async def test_members_are_listed_as_the_reference_shows_them(
    api: Api, owner: Tenant, room: Conference, members: list[Member]
) -> None:
    shown = (await api.get(f"/v4/conference/{room.id}/member/", owner)).only

    assert shown["confId"] == str(room.id)
    assert shown["members"] == [
        {
            "memberId": 1,
            "name": CALLEE,
            "callSid": str(members[0].call_id),
            "callerIdName": "Ada",
            "callerIdNumber": NUMBER,
            "mute": False,
            "deaf": False,
            "ghost": False,
        },
        {
            "memberId": 2,
            "name": CALLEE,
            "callSid": str(members[1].call_id),
            "callerIdName": "",
            "callerIdNumber": "",
            "mute": False,
            "deaf": False,
            "ghost": True,
        },
    ]


async def test_what_is_asked_about_a_member_waits_for_the_process_that_holds_the_room(
    api: Api, owner: Tenant, room: Conference, members: list[Member]
) -> None:
    stranger = await api.account("stranger")
    asked = [
        ("POST", "kick", "kick"),
        ("POST", "hangup", "hangup"),
        ("POST", "mute", "mute"),
        ("DELETE", "mute", "unmute"),
        ("POST", "deaf", "deaf"),
        ("DELETE", "deaf", "undeaf"),
        ("POST", "clearAllMute", "clear"),
    ]

    for method, verb, _ in asked:
        base = f"/v4/conference/{room.id}/member"
        assert (await api.call(method, f"{base}/2/{verb}/", owner)).only == {"sentToCall": True}
        assert (await api.call(method, f"{base}/2/{verb}", stranger)).status == 404
        for unknown in ("3", "x", "9" * 30, "-1"):
            assert (await api.call(method, f"{base}/{unknown}/{verb}", owner)).status == 404
        for unknown in (NOBODY, "x"):
            assert (await api.call(method, f"/v4/conference/{unknown}/member/2/{verb}", owner)).status == 404

    assert await VoiceNode(api).commands() == []
    taken = await VoiceNode(api, HOLDER).commands()
    assert [one.name for one in taken] == [name for _, _, name in asked]
    assert {(one.account_id, one.call_id) for one in taken} == {(owner.id, members[1].call_id)}
    assert all(one.arguments == {"confId": str(room.id), "memberId": 2} for one in taken)


async def test_a_sound_is_played_while_a_member_leaves(
    api: Api, owner: Tenant, room: Conference, members: list[Member]
) -> None:
    path, leaving = f"/v4/conference/{room.id}/exitAudio", str(members[0].call_id)

    sent = await api.post(path, owner, {"confId": str(room.id), "audioUrl": AUDIO, "hangupCallSid": leaving})

    assert sent.only == {"sentToCall": True}
    (command,) = await VoiceNode(api, HOLDER).commands()
    assert (command.name, command.call_id) == ("exit_audio", members[0].call_id)
    assert command.arguments == {"confId": str(room.id), "audioUrl": AUDIO, "hangupCallSid": leaving}
    for given, field in (
        ({"hangupCallSid": leaving}, "audioUrl"),
        ({"audioUrl": "nonsense", "hangupCallSid": leaving}, "audioUrl"),
        ({"audioUrl": AUDIO}, "hangupCallSid"),
        ({"audioUrl": AUDIO, "hangupCallSid": "x"}, "hangupCallSid"),
        ({"audioUrl": AUDIO, "hangupCallSid": NOBODY}, "hangupCallSid"),
    ):
        answer = await api.post(path, owner, given)
        assert (answer.status, [named for _, named in answer.errors]) == (400, [field]), given
    assert (
        await api.post(path, await api.account("stranger"), {"audioUrl": AUDIO, "hangupCallSid": leaving})
    ).status == 404


async def test_who_hears_whom_is_a_bare_list_or_stands_under_links(
    api: Api, owner: Tenant, room: Conference, members: list[Member]
) -> None:
    path = f"/v4/conference/{room.id}/audioMap"
    links = [
        {"source": 1, "destination": 2, "linkType": "nospeak"},
        {"source": "2", "destination": "1", "linkType": "clear"},
    ]

    for given in (links, {"links": links}):
        assert (await api.post(path, owner, given)).only == {"sentToCall": True}

    taken = await VoiceNode(api, HOLDER).commands()
    expected = [
        {"source": 1, "destination": 2, "linkType": "nospeak"},
        {"source": 2, "destination": 1, "linkType": "clear"},
    ]
    assert [one.arguments for one in taken] == [{"confId": str(room.id), "links": expected}] * 2
    for wrong, field in (
        ([], "body"),
        (links * 101, "body"),
        ([{"source": 1, "destination": 3, "linkType": "clear"}], "destination"),
        ([{"source": 1, "destination": 2, "linkType": "shout"}], "links[0].linkType"),
        ([{"source": 1, "linkType": "clear"}], "links[0]"),
        ("text", "body"),
    ):
        answer = await api.post(path, owner, wrong)
        assert (answer.status, [named for _, named in answer.errors]) == (400, [field]), wrong
    assert (await api.post(path, await api.account("stranger"), links)).status == 404


async def test_members_are_called_by_the_process_that_holds_the_room(api: Api, owner: Tenant, room: Conference) -> None:
    path = f"/v4/conference/{room.id}"
    made = await api.post(
        f"{path}/participant",
        owner,
        {**CALLS, "confId": str(room.id), "mute": "true", "deaf": False, "noSpeakToList": ["", 2, "3", NOBODY]},
    )
    also = await api.post(f"{path}/participant", owner, {**CALLS, "noSpeakList": ["2"]})
    listener = await api.post(f"{path}/listen/", owner, {**CALLS, "to": "(619) 233-1234"})

    assert set(made.only) == {"callSid", "createdTime"}
    rows = [await stored(api, UUID(answer.only["callSid"])) for answer in (made, also, listener)]
    assert [row["options"]["seat"] for row in rows] == [
        {
            "conference_id": str(room.id),
            "mute": True,
            "deaf": False,
            "ghost": False,
            "no_speak_to": ["2", "3", NOBODY],
        },
        {"conference_id": str(room.id), "mute": False, "deaf": False, "ghost": False, "no_speak_to": ["2"]},
        {"conference_id": str(room.id), "mute": True, "deaf": False, "ghost": True, "no_speak_to": []},
    ]
    assert [row["callee"] for row in rows] == [CALLEE, CALLEE, OTHER_CALLEE]
    assert await VoiceNode(api).claim() == []
    assert {record.id for record in await VoiceNode(api, HOLDER).claim()} == {row["id"] for row in rows}


async def test_who_cannot_be_called_into_a_conference(api: Api, owner: Tenant, room: Conference) -> None:
    await api.post("/v4/dnc", owner, {"endpoint": OTHER_CALLEE, "subtype": "call"})
    path, stranger = f"/v4/conference/{room.id}", await api.account("stranger")

    for verb in ("participant", "listen"):
        for changes, field in (
            ({"from": "x"}, "from"),
            ({"from": ""}, "from"),
            ({"from": "+17145550199"}, "from"),
            ({"to": "x"}, "to"),
            ({"to": None}, "to"),
        ):
            answer = await api.post(f"{path}/{verb}", owner, {**CALLS, **changes})
            assert (answer.status, [named for _, named in answer.errors]) == (400, [field]), (verb, changes)
        refused = await api.post(f"{path}/{verb}", owner, {**CALLS, "to": OTHER_CALLEE})
        assert refused.body["error"][0]["code"] == "call_refused"
        decision = refused.body["error"][0]["moreInfo"].rsplit(" ", 1)[1]
        assert (await api.get(f"/v4/decision/{decision}", owner)).only["verdict"] == "refuse"
        assert (await api.post(f"{path}/{verb}", stranger, CALLS)).status == 404
        assert (await api.post(f"/v4/conference/{NOBODY}/{verb}", owner, CALLS)).status == 404
    many = await api.post(f"{path}/participant", owner, {**CALLS, "noSpeakToList": ["1"] * 201})
    assert [named for _, named in many.errors] == ["noSpeakToList"]
    assert await api.fetch("select call_id from live_calls") == []


async def test_a_conference_lives_from_its_first_member_to_its_last(
    api: Api, owner: Tenant, room: Conference, members: list[Member]
) -> None:
    confer = api.platform.voice.conferences
    other = await api.account("stranger")

    assert await opened(api, owner, node="node-8") == room
    assert (await opened(api, owner, "support")).id != room.id
    assert (await opened(api, other)).account_id == other.id
    async with api.platform.database.transaction() as tx:
        await confer.change(tx, member(api, room, 1, mute=True, deaf=True))
        for one in (*members, members[0]):
            await confer.leave(tx, room, one)
        await confer.end(tx, room)
        await confer.end(tx, room)
        await confer.leave(tx, room, members[0])

    assert (await api.get(f"/v4/conference/{room.id}/member", owner)).status == 404
    assert await api.fetch("select * from conference_members") == []
    topics = {
        topic: [event for event in await told(api, f"voice.conference_{topic}") if event["confId"] == str(room.id)]
        for topic in ("started", "joined", "left", "ended")
    }
    assert {topic: len(events) for topic, events in topics.items()} == {
        "started": 1,
        "joined": 2,
        "left": 2,
        "ended": 1,
    }
    assert [event["guestToken"] for event in topics["left"]] == ["1", "2"]
    again = await opened(api, owner)
    assert again.id != room.id


async def test_privileges(api: Api) -> None:
    base = f"/v4/conference/{NOBODY}"
    rows = [("GET", f"{base}/member", "call-read")]
    rows += [
        ("POST", f"{base}/member/1/{verb}", "call-make") for verb in ("kick", "hangup", "mute", "deaf", "clearAllMute")
    ]
    rows += [("DELETE", f"{base}/member/1/{verb}", "call-make") for verb in ("mute", "deaf")]
    rows += [("POST", f"{base}/{verb}", "call-make") for verb in ("exitAudio", "participant", "listen", "audioMap")]

    await api.assert_privileges(rows, "basic-reports")
