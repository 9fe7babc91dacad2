"""Conferences: who hears whom, who waits, what keys and the API do, and how they end."""

from __future__ import annotations

from tests.calls.house import CALLEE, OTHER, SECOND, THIRD, House, tones
from tests.calls.parties import Telephone

QUIET = 'beep="false"'


async def enter(house: House, caller: str, attributes: str = QUIET, then: str = "", room: str = "room") -> Telephone:
    """Somebody calls and comes into a room."""
    await house.handle_with(f"<Dial><Conference {attributes}>{room}</Conference></Dial>{then}")
    return await house.connected(caller=caller)


async def three(house: House) -> tuple[str, list[Telephone]]:
    """A conference of three."""
    members = [await enter(house, number) for number in (CALLEE, OTHER, THIRD)]
    return await house.conference(members=3), members


async def ask(house: House, conference: str, name: str, verb: str, method: str = "POST") -> None:
    """Asks something of a member."""
    member = (await house.members(conference))[name]["memberId"]
    answer = await house.api.call(method, f"/v4/conference/{conference}/member/{member}/{verb}", house.owner)
    assert answer.only == {"sentToCall": True}


async def test_three_hear_each_other_but_not_themselves(house: House) -> None:
    conference, (one, two, other) = await three(house)
    humming = one.hum(500), two.hum(800), other.hum(1100)
    await one.hears(800, 1100, never=(500,))
    await two.hears(500, 1100, never=(800,))
    await other.hears(500, 800, never=(1100,))
    for task in humming:
        task.cancel()
    for member in (one, two, other):
        await member.hang_up()
    rows = await house.all_ended()
    assert {row["conferenceId"] for row in rows} == {conference}
    topics = ("voice.conference_started", "voice.conference_joined", "voice.conference_left", "voice.conference_ended")
    assert [len(await house.events(topic, conference)) for topic in topics] == [1, 3, 3, 1]


async def test_the_api_mutes_deafens_and_maps(house: House) -> None:
    """Requests 40 to 43, 47, 48."""
    conference, (one, two, other) = await three(house)
    humming = one.hum(500), two.hum(800), other.hum(1100)
    await one.hears(800, 1100)
    await ask(house, conference, OTHER, "mute")
    await one.hears(1100, never=(800,))
    await ask(house, conference, CALLEE, "deaf")
    await one.hears(never=(500, 800, 1100))
    await two.hears(500)  # it is heard all the same
    shown = await house.members(conference)
    assert (shown[OTHER]["mute"], shown[CALLEE]["deaf"], shown[THIRD]["mute"]) == (True, True, False)
    await ask(house, conference, OTHER, "mute", "DELETE")
    await ask(house, conference, CALLEE, "deaf", "DELETE")
    await one.hears(800, 1100)
    link = {
        "source": shown[OTHER]["memberId"],
        "destination": shown[CALLEE]["memberId"],
        "linkType": "nospeak",
    }
    assert (await house.api.post(f"/v4/conference/{conference}/audioMap", house.owner, [link])).payload
    await one.hears(1100, never=(800,))
    await other.hears(500, 800)
    await ask(house, conference, OTHER, "clearAllMute")
    await one.hears(800, 1100)
    for task in humming:
        task.cancel()
    for member in (one, two, other):
        await member.hang_up()


async def test_a_member_is_kicked_and_one_is_hung_up(house: House) -> None:
    conference, (one, two, other) = await three(house)
    await ask(house, conference, OTHER, "kick")
    await two.hung_up()
    await ask(house, conference, THIRD, "hangup")
    await other.hung_up()
    humming = one.hum(500)
    await one.hears(261.6)  # it is alone: music
    humming.cancel()
    await one.hang_up()
    statuses = {row["from"]: (row["status"], row["reason"]) for row in await house.all_ended()}
    assert statuses[OTHER] == statuses[THIRD] == ("completed", "hung up by the API")


async def test_a_muted_member_listens(house: House) -> None:
    one = await enter(house, CALLEE)
    two = await enter(house, OTHER, f'{QUIET} muted="true"')
    humming = one.hum(500), two.hum(800)
    await two.hears(500)
    await one.hears(never=(800, 261.6))
    for task in humming:
        task.cancel()
    await one.hang_up()
    await two.hang_up()


async def test_a_beep_when_somebody_comes_and_goes(house: House) -> None:
    one = await enter(house, CALLEE, "")
    two = await enter(house, OTHER, "")
    await one.hears(660)
    await two.hang_up()
    await one.hears(880)
    await one.hang_up()


async def test_music_until_it_starts(house: House) -> None:
    waiting = house.sound(350, "/waiting.wav")
    one = await enter(house, CALLEE, f'{QUIET} startConferenceOnEnter="false" waitUrl="{waiting}"')
    two = await enter(house, OTHER, f'{QUIET} startConferenceOnEnter="false" waitUrl="{waiting}"')
    humming = one.hum(500)
    await two.hears(350, never=(500,))
    moderator = await enter(house, THIRD)
    await two.hears(500, never=(350,))
    humming.cancel()
    for member in (one, two, moderator):
        await member.hang_up()


async def test_it_ends_with_one_of_its_members(house: House) -> None:
    one = await enter(house, CALLEE, then=tones(620))
    two = await enter(house, OTHER, f'{QUIET} endConferenceOnExit="true"')
    await house.conference(members=2)
    await two.hang_up()
    await one.hears(620)  # its document goes on
    await one.hung_up()


async def test_one_who_does_not_stay_alone(house: House) -> None:
    one = await enter(house, CALLEE, f'{QUIET} stayAlone="false"', then=tones(620))
    two = await enter(house, OTHER)
    await house.conference(members=2)
    await two.hang_up()
    await one.hears(620)
    await one.hung_up()


async def test_it_is_full(house: House) -> None:
    one = await enter(house, CALLEE, f'{QUIET} maxParticipants="1"')
    await house.conference(members=1)
    two = await enter(house, OTHER, f'{QUIET} maxParticipants="1"', then=tones(620))
    await two.hears(620)
    await two.hung_up()
    await one.hang_up()
    left = next(row for row in await house.all_ended() if row["from"] == OTHER)
    assert "the conference has its 1 members" in dict(await house.debug(left["callSid"]))["CONFERENCE"]


async def test_time_in_the_room_is_limited_and_it_is_recorded(house: House) -> None:
    action, recorded = house.document(tones(620), "/after-room"), house.web.url("/room-recorded")
    await house.handle_with(
        f'<Dial action="{action}"><Conference {QUIET} timeLimit="1" record="true" recordCallbackUrl="{recorded}"'
        ' recordCallbackMethod="GET">room</Conference></Dial>'
    )
    one = await house.connected()
    await one.hears(620)
    await one.hung_up()
    (row,) = await house.all_ended()
    (recording,) = await house.recordings(row["callSid"])
    (told,) = house.all_told("/after-room")
    assert (told["ConferenceSid"], told["RecordingUrl"]) == (row["conferenceId"], recording["recordingUrl"])
    assert (await house.told("/room-recorded"))["RecordingSid"] == recording["recordingSid"]
    assert {request.method for request in house.web.requests if request.path == "/room-recorded"} == {"GET"}


async def test_who_comes_goes_and_keys_is_told(house: House) -> None:
    """To the URL of the member that came first; `*` leaves the room."""
    told = house.web.url("/room")
    attributes = f'{QUIET} callbackUrl="{told}" digitsMatch="42" hangupOnStar="true"'
    one = await enter(house, CALLEE, attributes, then=tones(620))
    two = await enter(house, OTHER)
    conference = await house.conference(members=2)
    await one.press("42")
    await house.told("/room", ConferenceAction="digits", Digits="42")
    await one.press("*")
    await one.hears(620)
    await one.hung_up()
    await two.hang_up()
    await house.told("/room", ConferenceAction="end")
    actions = [(one["ConferenceAction"], one["MemberId"]) for one in house.all_told("/room")]
    assert sorted(actions) == [
        ("digits", "1"),
        ("end", ""),
        ("enter", "1"),
        ("enter", "2"),
        ("exit", "1"),
        ("exit", "2"),
    ]
    assert {one["ConferenceSid"] for one in house.all_told("/room")} == {conference}


async def test_the_api_brings_somebody_in(house: House) -> None:
    """Requests 45 and 46: a participant whom one member does not hear, and a listener."""
    one = await enter(house, CALLEE)
    two = await enter(house, OTHER)
    conference = await house.conference(members=2)
    shown = await house.members(conference)
    body = {"from": SECOND, "to": THIRD, "noSpeakToList": [shown[OTHER]["memberId"]]}
    await house.api.post(f"/v4/conference/{conference}/participant", house.owner, body)
    newcomer = await house.reached()
    assert newcomer.sip.caller.number == SECOND
    await house.conference(members=3)
    humming = newcomer.hum(1100), one.hum(500)
    await one.hears(1100)
    await two.hears(500, never=(1100,))
    await newcomer.hears(500)
    body = {"from": SECOND, "to": "+19492224321"}
    await house.api.post(f"/v4/conference/{conference}/listen", house.owner, body)
    listener = await house.reached()
    await house.conference(members=4)
    ghost = (await house.members(conference))["+19492224321"]
    assert (ghost["ghost"], ghost["mute"]) == (True, True)
    await listener.hears(500, 1100)
    for task in humming:
        task.cancel()
    for member in (one, two, newcomer):
        await member.hang_up()
    await listener.hung_up()  # nobody is left whom it could listen to


async def test_a_sound_is_heard_by_all_before_one_leaves(house: House) -> None:
    """Request 44."""
    conference, (one, two, other) = await three(house)
    body = {
        "audioUrl": house.sound(350, "/bye.wav", 0.5),
        "hangupCallSid": (await house.members(conference))[CALLEE]["callSid"],
    }
    assert (await house.api.post(f"/v4/conference/{conference}/exitAudio", house.owner, body)).payload
    await two.hears(350)
    await one.hung_up()
    await two.hang_up()
    await other.hang_up()


async def test_a_member_on_hold_is_not_heard(house: House) -> None:
    """Whatever its phone sends meanwhile is not for the others."""
    conference, (one, two, other) = await three(house)
    humming = one.hum(500), two.hum(800)
    await other.hears(500, 800)
    await one.hold()
    await other.hears(800, never=(500,))
    await one.hold(held=False)
    await other.hears(500, 800)
    for task in humming:
        task.cancel()
    assert not (await house.members(conference))[CALLEE]["mute"]
    for member in (one, two, other):
        await member.hang_up()


async def test_rooms_of_two_names_are_two(house: House) -> None:
    one = await enter(house, CALLEE, room="first")
    two = await enter(house, OTHER, room="second")
    assert await house.conference(1, "first") != await house.conference(1, "second")
    humming = one.hum(500)
    await two.hears(261.6, never=(500,))
    humming.cancel()
    await one.hang_up()
    await two.hang_up()
