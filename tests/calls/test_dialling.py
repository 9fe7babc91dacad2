"""Dial: who is rung, who takes the call, what both hear and press, and how it ends."""

from __future__ import annotations

import pytest
from tests.calls.house import CALLEE, FOREVER, NUMBER, OTHER, SECOND, THIRD, House, tones
from tests.calls.parties import Telephone

from cordboard.edge.sip.port import Ended
from cordboard.testing.rtp import dominant_frequency
from cordboard.testing.sip.peer import Peer


async def both_hear(caller: Telephone, callee: Telephone) -> None:
    """Each hears the other, and not itself."""
    humming = caller.hum(500), callee.hum(900)
    await caller.hears(900, never=(500,))
    await callee.hears(500, never=(900,))
    for one in humming:
        one.cancel()


async def test_two_parties_talk_and_the_document_goes_on(house: House) -> None:
    action, told = house.document(tones(620), "/after"), house.web.url("/talk")
    await house.handle_with(f'<Dial action="{action}" callbackUrl="{told}">{OTHER}</Dial>')
    caller = await house.connected()
    callee = await house.rung()
    assert (callee.sip.dialled, callee.sip.caller.number) == (OTHER, CALLEE)
    await callee.sip.ring()
    await caller.hears(440, 480)  # the ring
    await callee.pick_up()
    await both_hear(caller, callee)
    house.api.clock.advance(10)
    await callee.hang_up()
    await caller.hears(620)
    await caller.hung_up()
    first, second = await house.all_ended()
    assert (first["status"], second["status"]) == ("completed", "completed")
    assert (second["parentCallSid"], second["hangupBy"]) == (first["callSid"], "TERMINATOR END")
    assert (second["duration"], second["durationBilled"]) == (10, 12)
    (after,) = house.all_told("/after")
    assert (after["DialCallStatus"], after["DialCallSid"]) == ("completed", second["callSid"])
    assert after["DialCallDuration"] == "10"
    await house.told("/talk", DialCallStatus="in-progress")
    assert (await house.told("/talk", DialCallStatus="completed"))["DialCallSid"] == second["callSid"]


@pytest.mark.parametrize(
    ("answer", "status"), [(486, "user_busy"), (404, "unallocated_numbers"), (480, "no_answer"), (None, "no_answer")]
)
async def test_nobody_is_reached(house: House, answer: int | None, status: str) -> None:
    action = house.document("<Hangup/>", "/nobody")
    await house.handle_with(f'<Dial timeout="1" action="{action}">{OTHER}</Dial>')
    caller = await house.connected()
    callee = await house.rung()
    await (callee.sip.refuse(answer) if answer else callee.event(Ended))
    await caller.hung_up()
    assert house.all_told("/nobody")[0]["DialCallStatus"] == status
    assert (await house.all_ended())[1]["status"] == status


async def test_the_caller_hangs_up_on_the_callee(house: House) -> None:
    await house.handle_with(f"<Dial>{OTHER}</Dial>")
    caller = await house.connected()
    callee = await house.reached()
    await both_hear(caller, callee)
    await caller.hang_up()
    await callee.hung_up()
    first, second = await house.all_ended()
    assert (first["hangupBy"], second["hangupBy"]) == ("ORIGINATOR END", "SYSTEM END")


async def test_of_several_numbers_the_first_to_answer_wins(house: House) -> None:
    await house.handle_with(f"<Dial><Number>{OTHER}</Number><Number>{THIRD}</Number></Dial>")
    caller = await house.connected()
    telephones = {one.sip.dialled: one for one in (await house.rung(), await house.rung())}
    winner, loser = telephones[THIRD], telephones[OTHER]
    await loser.sip.ring()
    await winner.pick_up()
    await loser.event(Ended)
    await both_hear(caller, winner)
    await winner.hang_up()
    await caller.hung_up()
    statuses = {row["to"]: row["status"] for row in await house.all_ended()}
    assert (statuses[OTHER], statuses[THIRD]) == ("canceled", "completed")


async def test_one_is_busy_and_the_other_answers(house: House) -> None:
    await house.handle_with(f"<Dial><Number>{OTHER}</Number><Number>{THIRD}</Number></Dial>")
    caller = await house.connected()
    telephones = {one.sip.dialled: one for one in (await house.rung(), await house.rung())}
    await telephones[OTHER].sip.refuse(486)
    await telephones[THIRD].pick_up()
    await both_hear(caller, telephones[THIRD])
    await caller.hang_up()


async def test_of_a_list_whoever_presses_the_key_wins(house: House) -> None:
    prompt = house.web.url("/nothing.wav")
    await house.handle_with(f'<Dial groupConfirmKey="7" groupConfirmFile="{prompt}">{OTHER},{THIRD}</Dial>')
    caller = await house.connected()
    telephones = [await house.reached(), await house.reached()]
    for one in telephones:
        await one.hears(1000)  # a beep, for the file cannot be played
    await telephones[1].press("7")
    await telephones[0].hung_up()
    await both_hear(caller, telephones[1])
    await caller.hang_up()
    await telephones[1].hung_up()


async def test_a_list_needs_a_key(house: House) -> None:
    await house.handle_with(f"{tones(440, 200)}<Dial>{OTHER},{THIRD}</Dial>")
    caller = await house.connected()
    await caller.hung_up()
    (row,) = await house.all_ended()
    assert "groupConfirmKey" in dict(await house.debug(row["callSid"]))["DIAL"]


async def test_a_callee_that_does_not_confirm_is_let_go(house: House) -> None:
    action = house.document("<Hangup/>", "/unconfirmed")
    await house.handle_with(f'<Dial groupConfirmKey="7" action="{action}">{OTHER}</Dial>')
    caller = await house.connected()
    await (await house.reached()).hung_up()
    await caller.hung_up()
    assert house.all_told("/unconfirmed")[0]["DialCallStatus"] == "no_answer"


# Other targets


async def test_a_sip_address_with_a_password(house: House) -> None:
    peer = await Peer.udp(("127.0.0.1", house.process.agent.port), "desk")
    await house.handle_with(
        f'<Dial><Sip username="u" password="p">sip:desk@127.0.0.1:{peer.wire.address[1]}</Sip></Dial>'
    )
    caller = await house.connected()
    first = await peer.request("INVITE")
    challenge = 'Digest realm="there", nonce="1", algorithm=MD5, qop="auth"'
    peer.reply(first, 407, headers=(("Proxy-Authenticate", challenge),))
    await peer.request("ACK")
    house._peers.append(peer)
    callee = await house.picks_up(peer)
    humming = caller.hum(500)
    await callee.hears(500)
    humming.cancel()
    await callee.hang_up()
    await caller.hung_up()
    row = (await house.all_ended())[1]
    assert (row["type"], row["status"]) == ("sip", "completed")


async def test_a_phone_of_the_account_and_one_that_is_not_there(house: House) -> None:
    phone = await house.registered("desk1")
    action = house.document("<Dial><User>nobody</User></Dial>", "/then")
    await house.handle_with(f'<Dial action="{action}"><User>desk1</User></Dial>')
    caller = await house.connected()
    callee = await house.picks_up(phone)
    humming = callee.hum(900)
    await caller.hears(900)
    humming.cancel()
    await callee.hang_up()
    await caller.hung_up()
    first, second = await house.all_ended()
    assert (second["to"], second["type"]) == ("desk1", "sip")
    responses = [response for action, response in await house.debug(first["callSid"]) if action == "DIAL"]
    assert responses == ["completed after 0 s", "no_answer after 0 s"]


async def test_a_call_with_a_browser_phone_is_a_mini_conference(house: House) -> None:
    """The API reaches its members; below two it ends for all."""
    user = house.owner.user.id
    browser = await house.browser(user)
    action = house.document(tones(620), "/after-browser")
    await house.handle_with(f'<Dial action="{action}"><User>{user}</User></Dial>')
    caller = await house.connected()
    callee = await house.picks_up(browser, security="dtls")
    conference = await house.conference(members=2)
    assert len(await house.events("voice.conference_started", conference)) == 1
    members = await house.members(conference)
    path = f"/v4/conference/{conference}/member/{members[str(user)]['memberId']}/kick"
    assert (await house.api.post(path, house.owner)).only == {"sentToCall": True}
    await callee.hung_up()
    await caller.hears(620)  # its document goes on
    await caller.hung_up()
    topics = ("voice.conference_joined", "voice.conference_left", "voice.conference_ended")
    assert [len(await house.events(topic, conference)) for topic in topics] == [2, 2, 1]
    browsing = (await house.all_ended())[1]
    assert (browsing["type"], browsing["conferenceId"]) == ("webrtc", conference)


async def test_a_mini_conference_lives_while_two_talk(house: House) -> None:
    """Whoever they are: the API brought in a third, who talks on with the caller."""
    user = house.owner.user.id
    browser = await house.browser(user)
    await house.handle_with(f"<Dial><User>{user}</User></Dial>{tones(620)}")
    caller = await house.connected()
    callee = await house.picks_up(browser, security="dtls")
    conference = await house.conference(members=2)
    body = {"from": SECOND, "to": THIRD}
    await house.api.post(f"/v4/conference/{conference}/participant", house.owner, body)
    third = await house.reached()
    await house.conference(members=3)
    await callee.hang_up()
    await both_hear(caller, third)
    await third.hang_up()
    await caller.hears(620)
    await caller.hung_up()


# What the callee sees, hears and does first


@pytest.mark.parametrize(("attributes", "number"), [("", CALLEE), (f'callerId="{SECOND}"', SECOND)])
async def test_whom_the_callee_sees(house: House, attributes: str, number: str) -> None:
    await house.handle_with(f'<Dial CallerName="Acme" {attributes}>{OTHER}</Dial>')
    caller = await house.connected()
    callee = await house.rung()
    assert (callee.sip.caller.number, callee.sip.caller.name) == (number, "Acme")
    await caller.hang_up()


async def test_a_number_of_somebody_else_is_not_shown(house: House) -> None:
    action = house.document("<Hangup/>", "/foreign")
    await house.handle_with(f'<Dial callerId="+12125550123" action="{action}">{OTHER}</Dial>')
    await (await house.connected()).hung_up()
    assert house.all_told("/foreign")[0]["DialCallStatus"] == "failed"
    assert len(await house.all_ended()) == 1


async def test_an_outbound_call_dials_under_its_own_number(house: House) -> None:
    await house.place(f"<Dial>{OTHER}</Dial>")
    first = await house.reached()
    second = await house.reached()
    assert second.sip.caller.number == NUMBER
    await both_hear(first, second)
    await second.hang_up()
    await first.hung_up()


async def test_a_hidden_and_a_forwarded_caller(house: House) -> None:
    await house.handle_with(f'<Dial hideCallerId="TRUE" forwardedFrom="{NUMBER}">{OTHER}</Dial>')
    caller = await house.connected()
    callee = await house.rung()
    assert (callee.sip.caller.hidden, callee.sip.caller.diverted_from) == (True, NUMBER)
    await caller.hang_up()


async def test_music_in_place_of_ringing(house: House) -> None:
    await house.handle_with(f'<Dial dialMusic="{house.sound(350, "/music.wav")}">{OTHER}</Dial>')
    caller = await house.connected()
    await house.rung()
    await caller.hears(350, never=(440, 480))
    await caller.hang_up()


async def test_what_the_callees_network_says_early_is_heard(house: House) -> None:
    await house.handle_with(f"<Dial>{OTHER}</Dial>")
    caller = await house.connected()
    callee = await house.rung()
    await callee.ring_early()
    humming = callee.hum(850)
    await caller.hears(850, never=(440, 480))
    await callee.pick_up()
    humming.cancel()
    await both_hear(caller, callee)
    await caller.hang_up()


async def test_what_is_heard_early_ends_with_a_refusal(house: House) -> None:
    await house.handle_with(f"<Dial>{OTHER}</Dial>{tones(620)}")
    caller = await house.connected()
    callee = await house.rung()
    await callee.ring_early()
    humming = callee.hum(850)
    await caller.hears(850)
    await callee.sip.refuse(486)
    humming.cancel()
    await caller.hears(620)
    await caller.hung_up()


async def test_the_callee_is_greeted_first(house: House) -> None:
    greeting = house.sound(350, "/greeting.wav", 0.5)
    await house.handle_with(f'<Dial onAnswerPlay="{greeting}" confirmSound="TRUE" PlayDTMF="1w2">{OTHER}</Dial>')
    caller = await house.connected()
    callee = await house.reached()
    await callee.pressed("12")
    await callee.hears(350)
    await callee.hears(1000)
    await both_hear(caller, callee)
    await caller.hang_up()


async def test_the_callee_hears_a_document_first(house: House) -> None:
    document = house.document(tones(350, 500), "/whisper")
    await house.handle_with(f'<Dial><Number url="{document}" sendDigits="9">{OTHER}</Number></Dial>')
    caller = await house.connected()
    callee = await house.reached()
    await callee.pressed("9")
    await callee.hears(350)
    await caller.hears(440, 480)  # it rings on
    await both_hear(caller, callee)
    await caller.hang_up()
    assert house.all_told("/whisper")[0]["To"] == OTHER


async def test_the_document_may_refuse_for_the_callee(house: House) -> None:
    document = house.document(f"<Dial>{THIRD}</Dial>{tones(350, 300)}<Hangup/>", "/refuses")
    action = house.document("<Hangup/>", "/refused-by-document")
    await house.handle_with(f'<Dial action="{action}"><Number url="{document}">{OTHER}</Number></Dial>')
    caller = await house.connected()
    callee = await house.reached()
    await callee.hears(350)  # nobody was dialled
    await callee.hung_up()
    await caller.hung_up()
    assert house.all_told("/refused-by-document")[0]["DialCallStatus"] == "no_answer"
    assert len(await house.all_ended()) == 2


# While they talk


@pytest.mark.parametrize("events", [True, False])
async def test_keys_are_passed_on_both_ways(house: House, *, events: bool) -> None:
    """By RFC 4733; those that a party sends as tones are in the audio anyway."""
    matched = house.web.url("/matched")
    await house.handle_with(f'<Dial digitsMatch="12,9" callbackUrl="{matched}">{OTHER}</Dial>')
    caller = await house.connected(events=events)
    callee = await house.reached(events=events)
    await both_hear(caller, callee)
    await caller.press("12")
    await callee.pressed("12")
    await callee.press("9#")
    await caller.pressed("9#")
    await house.told("/matched", Digits="12")
    await house.told("/matched", Digits="9")
    await caller.hang_up()


async def test_a_star_drops_the_callee(house: House) -> None:
    await house.handle_with(f'<Dial hangupOnStar="true">{OTHER}</Dial>{tones(620)}')
    caller = await house.connected()
    callee = await house.reached()
    await both_hear(caller, callee)
    await caller.press("*")
    await callee.hung_up()
    await caller.hears(620)
    await caller.hung_up()


async def test_time_is_up(house: House) -> None:
    await house.handle_with(f'<Dial timeLimit="1">{OTHER}</Dial>{tones(620)}')
    caller = await house.connected()
    callee = await house.reached()
    await callee.hung_up()
    await caller.hears(620)
    await caller.hung_up()
    assert (await house.all_ended())[1]["reason"] == "the time limit of the call is reached"


async def test_the_talk_is_recorded(house: House) -> None:
    action, recorded = house.document("<Hangup/>", "/with-recording"), house.web.url("/talk-recorded")
    await house.handle_with(
        f'<Dial record="true" recordFormat="wav" recordDirection="in" recordCallbackUrl="{recorded}"'
        f' action="{action}">{OTHER}</Dial>'
    )
    caller = await house.connected()
    callee = await house.reached()
    humming = callee.hum(900)
    await caller.hears(900)
    humming.cancel()
    await callee.hang_up()
    await caller.hung_up()
    (recording,) = await house.recordings((await house.all_ended())[1]["callSid"])
    assert house.all_told("/with-recording")[0]["RecordingUrl"] == recording["recordingUrl"]
    assert abs(dominant_frequency(await house.sound_of(recording["recordingUrl"])) - 900) < 15
    assert (await house.told("/talk-recorded"))["RecordingSid"] == recording["recordingSid"]


@pytest.mark.parametrize("wanted", ["hangup", "redirect"])
async def test_a_machine_answers_the_dialled_call(house: House, wanted: str) -> None:
    other = house.document(tones(620), "/machine-there")
    await house.handle_with(f'<Dial ifMachine="{wanted}" ifMachineUrl="{other}">{OTHER}</Dial>{tones(550)}')
    caller = await house.connected()
    callee = await house.reached()
    await callee.sound(1000, ms=500)
    await callee.hung_up()
    await caller.hears(620 if wanted == "redirect" else 550)
    await caller.hung_up()
    assert (await house.all_ended())[1]["answeredBy"] == "machine"


async def test_an_endless_wait_for_nobody_is_not_left_behind(house: House) -> None:
    """A caller that goes while several ring leaves none of them."""
    await house.handle_with(f"<Dial><Number>{OTHER}</Number><Number>{THIRD}</Number></Dial>{FOREVER}")
    caller = await house.connected()
    telephones = [await house.rung(), await house.rung()]
    await caller.hang_up()
    for one in telephones:
        await one.event(Ended)
    assert [row["status"] for row in (await house.all_ended())[1:]] == ["canceled", "canceled"]
