"""Phones of the account: their calls, hold, and transfers by REFER and Replaces."""

from __future__ import annotations

from tests.calls.house import CALLEE, OTHER, SECOND, House, tones
from tests.calls.parties import PhoneCall, Telephone, established, invite

from cordboard.edge.sip.port import Ended

MUSIC = 261.6
"""The first chord of what is heard on hold."""


async def talk(house: House, user: str = "desk1") -> tuple[Telephone, PhoneCall]:
    """Somebody calls a number whose document dials a phone, and the two talk."""
    phone = await house.registered(user)
    await house.handle_with(f"<Dial><User>{user}</User></Dial>")
    caller = await house.connected()
    call = await house.picks_up(phone)
    await hear(caller, call)
    return caller, call


async def hear(one: Telephone | PhoneCall, other: Telephone | PhoneCall) -> None:
    """They hear each other."""
    humming = one.hum(500), other.hum(900)
    await one.hears(900, never=(500,))
    await other.hears(500, never=(900,))
    for task in humming:
        task.cancel()


async def test_a_phone_calls_a_number(house: House) -> None:
    peer = await house.phone("desk1")
    media = await house.leg()
    request = await invite(peer, "desk1", OTHER, media.offer())
    callee = await house.rung()
    assert callee.sip.caller.number == SECOND
    await callee.pick_up()
    call, response = await established(peer, request)
    await media.accept(response.body)
    phone = PhoneCall(media, house.folder, call)
    await hear(phone, callee)
    await phone.hang_up()
    await callee.hung_up()
    first, second = await house.all_ended()
    assert (first["type"], first["from"], first["to"]) == ("sip", SECOND, OTHER)
    assert (first["direction"], first["hangupBy"]) == ("outbound", "ORIGINATOR END")
    assert (second["parentCallSid"], second["hangupBy"]) == (first["callSid"], "SYSTEM END")


async def test_a_phone_calls_a_number_that_is_busy(house: House) -> None:
    peer = await house.phone("desk1")
    media = await house.leg()
    request = await invite(peer, "desk1", OTHER, media.offer())
    await (await house.rung()).sip.refuse(486)
    await peer.response(180)
    refusal = await peer.response(486)
    peer.acknowledge_failure(request, refusal)
    assert [row["status"] for row in await house.all_ended()] == ["user_busy", "user_busy"]


async def test_a_phone_calls_another_and_one_that_is_nobody(house: House) -> None:
    other = await house.registered("desk2")
    peer = await house.phone("desk1")
    media = await house.leg()
    request = await invite(peer, "desk1", "desk2", media.offer())
    callee = await house.picks_up(other)
    call, response = await established(peer, request)
    await media.accept(response.body)
    phone = PhoneCall(media, house.folder, call)
    await hear(phone, callee)
    await callee.hang_up()
    await phone.hung_up()
    await invite(peer, "desk1", "nobody", media.offer())
    await peer.response(404)


async def test_music_while_a_call_is_on_hold(house: House) -> None:
    """Whatever the phone that holds may send: the other hears our music, and then the phone again."""
    caller, phone = await talk(house)
    await phone.hold()
    humming = phone.hum(900)
    await caller.hears(MUSIC, never=(900,))
    await phone.hold(held=False)
    await caller.hears(900, never=(MUSIC,))
    humming.cancel()
    await caller.hold()
    await phone.hears(MUSIC)
    await caller.hang_up()
    await phone.hung_up()


async def test_a_blind_transfer_to_a_number(house: House) -> None:
    caller, phone = await talk(house)
    await phone.hold()
    task = house.beside(phone.transfer(f"sip:{OTHER}@127.0.0.1"))
    target = await house.rung()
    assert target.sip.caller.number == CALLEE  # who is transferred
    await caller.hears(MUSIC)
    await target.pick_up()
    assert await task == 200
    await hear(caller, target)
    await target.hang_up()
    await caller.hung_up()
    rows = await house.all_ended()
    assert [row["reason"] for row in rows if row["to"] == "desk1"] == ["transferred"]
    assert {row["parentCallSid"] for row in rows[1:]} == {rows[0]["callSid"]}


async def test_a_blind_transfer_to_another_phone(house: House) -> None:
    other = await house.registered("desk2")
    caller, phone = await talk(house)
    task = house.beside(phone.transfer("sip:desk2@127.0.0.1"))
    target = await house.picks_up(other)
    assert await task == 200
    await hear(caller, target)
    await caller.hang_up()
    await target.hung_up()


async def test_a_phone_that_leaves_at_once_still_transfers(house: House) -> None:
    """As many do: who is transferred hears it ring, and the document of the call waits."""
    caller, phone = await talk(house)
    await phone.hold()
    phone.call.send("REFER", headers=(("Refer-To", f"<sip:{OTHER}@127.0.0.1>"),))
    target = await house.rung()
    phone.call.send("BYE")
    await caller.hears(440, 480)
    await target.pick_up()
    await hear(caller, target)
    await caller.hang_up()
    await target.hung_up()


async def test_a_caller_who_does_not_wait_for_the_transfer(house: House) -> None:
    caller, phone = await talk(house)
    phone.call.send("REFER", headers=(("Refer-To", f"<sip:{OTHER}@127.0.0.1>"),))
    target = await house.rung()
    phone.call.send("BYE")
    await caller.hears(440, 480)
    await caller.hang_up()
    await target.event(Ended)
    assert {row["to"]: row["status"] for row in await house.all_ended()}[OTHER] == "canceled"


async def test_a_transfer_that_fails_when_the_phone_has_left(house: House) -> None:
    """The document of the call goes on."""
    phone = await house.registered("desk1")
    await house.handle_with(f"<Dial><User>desk1</User></Dial>{tones(620)}")
    caller = await house.connected()
    call = await house.picks_up(phone)
    await hear(caller, call)
    call.call.send("REFER", headers=(("Refer-To", f"<sip:{OTHER}@127.0.0.1>"),))
    target = await house.rung()
    call.call.send("BYE")
    await caller.hears(440, 480)
    await target.sip.refuse(486)
    await caller.hears(620)
    await caller.hung_up()


async def test_a_transfer_that_nobody_takes(house: House) -> None:
    """The two go on talking."""
    caller, phone = await talk(house)
    task = house.beside(phone.transfer(f"sip:{OTHER}@127.0.0.1"))
    await (await house.rung()).sip.refuse(486)
    assert await task == 486
    assert await phone.transfer("sip:nobody@127.0.0.1") == 404
    await hear(caller, phone)
    await caller.hang_up()
    await phone.hung_up()


async def test_an_attended_transfer(house: House) -> None:
    """The phone asks somebody else first, then joins the two and leaves."""
    caller, phone = await talk(house)
    await phone.hold()
    peer = await house.phone("desk1")
    media = await house.leg()
    request = await invite(peer, "desk1", OTHER, media.offer())
    target = await house.reached()
    call, response = await established(peer, request)
    await media.accept(response.body)
    second = PhoneCall(media, house.folder, call)
    await hear(second, target)
    replaces = second.call.replaces.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
    assert await phone.transfer(f"sip:{OTHER}@127.0.0.1", replaces) == 200
    await second.hung_up()
    await hear(caller, target)
    await caller.hang_up()
    await target.hung_up()
    assert all(row["status"] == "completed" for row in await house.all_ended())


async def test_an_attended_transfer_of_two_who_called(house: House) -> None:
    """Both talks are of documents; neither document goes on behind the back of who was transferred."""
    caller, phone = await talk(house)
    await phone.hold()
    other_phone = await house.registered("desk2")
    await house.handle_with(f"<Dial><User>desk2</User></Dial>{tones(620)}")
    other = await house.connected(caller=OTHER)
    second = await house.picks_up(other_phone)
    await hear(other, second)
    replaces = second.call.replaces.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
    assert await phone.transfer("sip:desk2@127.0.0.1", replaces) == 200
    await second.hung_up()
    await hear(caller, other)
    await other.hang_up()
    await caller.hung_up()


async def test_a_transfer_to_a_call_that_is_not_there(house: House) -> None:
    caller, phone = await talk(house)
    assert await phone.transfer("sip:x@127.0.0.1", "nothing%3Bto-tag%3D1%3Bfrom-tag%3D2") == 481
    await caller.hang_up()


async def test_a_phone_picks_up_what_another_talks_in(house: House) -> None:
    """INVITE with Replaces."""
    caller, phone = await talk(house)
    taker = await house.calls_from("desk2", "desk1", ("Replaces", phone.call.replaces))
    await phone.hung_up()
    await hear(caller, taker)
    await taker.hang_up()
    await caller.hung_up()


async def test_nobody_but_phones_may_transfer(house: House) -> None:
    """A SIP address that was dialled would make calls at the account's expense."""
    peer = await house.phone("desk1")
    await house.handle_with(f"<Dial><Sip>sip:x@127.0.0.1:{peer.wire.address[1]}</Sip></Dial>")
    caller = await house.connected()
    stranger = await house.picks_up(peer)
    assert await stranger.transfer(f"sip:{OTHER}@127.0.0.1") == 603
    await caller.hang_up()


async def test_the_api_brings_a_transferred_caller_back(house: House) -> None:
    caller, phone = await talk(house)
    task = house.beside(phone.transfer(f"sip:{OTHER}@127.0.0.1"))
    target = await house.reached()
    assert await task == 200
    await hear(caller, target)
    await house.ask(
        "interrupt",
        (await house.records())[0]["callSid"],
        status="completed",
        url=house.document(tones(700), "/back"),
    )
    await caller.hears(700)
    await target.hung_up()
    await caller.hung_up()
