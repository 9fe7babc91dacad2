"""Calls that come in: over a trunk and from phones, answered, refused, cancelled, repeated, badly made."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from tests.sip.house import ACCOUNT, House, event, no_event, opened

from cordboard.edge.sip.port import Answered, Caller, Ended, KeyedByInfo, PhoneSource, SipLeg, TrunkSource
from cordboard.testing.sip.peer import ANSWER, OFFER, Peer, PeerCall
from cordboard.wire.sip.dialog import Dialog
from cordboard.wire.sip.message import Request, Response


async def answered(house: House, peer: Peer | None = None) -> tuple[SipLeg, PeerCall]:
    """A call over the trunk, picked up."""
    peer = peer or house.trunk
    invite = peer.invite()
    leg = await house.next_call()
    await leg.answer(ANSWER)
    return leg, await peer.established(invite)


async def test_a_call_over_a_trunk_rings_and_is_answered() -> None:
    async with opened() as house:
        invite = house.trunk.invite("+19495550123")
        await house.trunk.response(100)
        leg = await house.next_call()
        assert (leg.source, leg.dialled, leg.offer) == (TrunkSource("acme"), "+19495550123", OFFER)
        assert (leg.sip_call_id, leg.replaces, leg.browser) == (invite.call_id, None, False)
        await leg.ring()
        ringing = await house.trunk.response(180)
        await leg.ring(ANSWER)
        progress = await house.trunk.response(183)
        assert (ringing.body, progress.body) == (b"", ANSWER)
        await leg.answer(ANSWER)
        answer = await house.trunk.response(200)
        assert answer.body == ANSWER
        assert answer.to.tag == ringing.to.tag == leg.dialog[1]
        assert answer.contact is not None
        assert answer.contact.uri.port == house.agent.port
        assert "UPDATE" in answer.headers.get("Allow")


async def test_hanging_up_waits_for_the_ack() -> None:
    async with opened() as house:
        invite = house.trunk.invite()
        leg = await house.next_call()
        await leg.answer(ANSWER)
        response = await house.trunk.response(200)
        await leg.hang_up("done")
        assert await event(leg, Ended) == Ended("local", "done")
        await house.trunk.nothing()
        call = PeerCall(house.trunk, dialog_of(invite, response))
        call.ack(response)
        await call.is_hung_up()
        assert house.agent.statistics().legs == 0


def dialog_of(invite: Request, response: Response) -> Dialog:
    return Dialog.from_response(invite, response)


async def test_an_answer_is_repeated_until_the_ack_comes() -> None:
    async with opened() as house:
        invite = house.trunk.invite()
        leg = await house.next_call()
        await leg.answer(ANSWER)
        first = await house.trunk.response(200)
        await house.advance(0.5)
        second = await house.trunk.response(200)
        assert first.encode() == second.encode()
        PeerCall(house.trunk, dialog_of(invite, first)).ack(first)
        await house.trunk.nothing()
        await house.advance(2)
        await house.trunk.nothing()
        no_event(leg)


async def test_an_answer_that_is_never_acknowledged_ends_the_call() -> None:
    async with opened() as house:
        invite = house.trunk.invite()
        leg = await house.next_call()
        await leg.answer(ANSWER)
        response = await house.trunk.response(200)
        await house.advance(33)
        assert (await event(leg, Ended)).by == "timeout"
        bye = await house.trunk.request("BYE")
        assert bye.from_.tag == response.to.tag
        assert bye.call_id == invite.call_id


async def test_a_repeated_invite_makes_no_second_call() -> None:
    async with opened() as house:
        invite = house.trunk.invite()
        leg = await house.next_call()
        await leg.ring()
        await house.trunk.response(180)
        house.trunk.send(invite)
        await house.trunk.response(180)
        assert house.calls.empty()
        assert house.agent.statistics().absorbed == 1


async def test_ringing_is_repeated_lest_proxies_give_up() -> None:
    async with opened() as house:
        house.trunk.invite()
        leg = await house.next_call()
        await leg.ring()
        await house.trunk.response(180)
        await house.advance(60)
        await house.trunk.response(180)


async def test_a_refusal() -> None:
    async with opened() as house:
        invite = house.trunk.invite()
        leg = await house.next_call()
        await leg.refuse(486, "Busy\r\nHere")
        refusal = await house.trunk.response(486)
        assert refusal.reason == "Busy Here"
        house.trunk.acknowledge_failure(invite, refusal)
        assert (await event(leg, Ended)).by == "local"
        await leg.answer(ANSWER)
        await house.trunk.nothing()


async def test_a_refusal_is_repeated_until_the_ack_comes() -> None:
    async with opened() as house:
        house.trunk.invite()
        await (await house.next_call()).refuse(404)
        await house.trunk.response(404)
        await house.advance(0.5)
        await house.trunk.response(404)


async def test_hanging_up_on_a_call_that_was_not_answered_declines_it() -> None:
    async with opened() as house:
        house.trunk.invite()
        leg = await house.next_call()
        await leg.hang_up("not wanted")
        await house.trunk.response(603)
        assert await event(leg, Ended) == Ended("local", "not wanted")


async def test_the_caller_cancels() -> None:
    async with opened() as house:
        invite = house.trunk.invite()
        leg = await house.next_call()
        await leg.ring()
        await house.trunk.response(180)
        house.trunk.cancel(invite)
        assert (await house.trunk.response(200)).cseq.method == "CANCEL"
        await house.trunk.response(487)
        assert await event(leg, Ended) == Ended("remote", "canceled")
        await leg.answer(ANSWER)
        await house.trunk.nothing()


async def test_a_cancel_that_crosses_the_answer_is_too_late() -> None:
    async with opened() as house:
        invite = house.trunk.invite()
        leg = await house.next_call()
        await leg.answer(ANSWER)
        house.trunk.cancel(invite)
        call = await house.trunk.established(invite)
        await house.trunk.response(200)  # the CANCEL's
        no_event(leg)
        await call.hang_up()
        assert (await event(leg, Ended)).by == "remote"


async def test_a_bye_before_the_answer_ends_it() -> None:
    async with opened() as house:
        invite = house.trunk.invite()
        leg = await house.next_call()
        await leg.ring()
        ringing = await house.trunk.response(180)
        PeerCall(house.trunk, dialog_of(invite, ringing)).send("BYE")
        await house.trunk.response(200)
        await house.trunk.response(487)
        assert (await event(leg, Ended)).by == "remote"


async def test_an_invite_without_sdp_gets_our_offer_and_answers_in_the_ack() -> None:
    async with opened() as house:
        invite = house.trunk.invite(body=b"")
        leg = await house.next_call()
        assert leg.offer == b""
        await leg.answer(OFFER)
        response = await house.trunk.response(200)
        assert response.body == OFFER
        PeerCall(house.trunk, dialog_of(invite, response)).ack(response, ANSWER)
        assert await event(leg, Answered) == Answered(ANSWER)


async def test_ringing_is_reliable_where_the_caller_requires_it() -> None:
    async with opened() as house:
        invite = house.trunk.invite(headers=[("Require", "100rel")])
        leg = await house.next_call()
        await leg.ring(ANSWER)
        progress = await house.trunk.response(183)
        await leg.answer(ANSWER)
        await house.trunk.nothing()
        await house.advance(0.5)
        assert (await house.trunk.response(183)).headers.get("RSeq") == progress.headers.get("RSeq")

        call = PeerCall(house.trunk, dialog_of(invite, progress))
        call.send("PRACK", headers=[("RAck", "1 1 INVITE")])
        await house.trunk.response(481)
        call.send("PRACK", headers=[("RAck", f"{progress.headers.get('RSeq')} 1 INVITE")])
        assert (await house.trunk.response(200)).cseq.method == "PRACK"
        assert (await house.trunk.response(200)).cseq.method == "INVITE"


async def test_a_caller_that_never_sends_its_prack_is_refused() -> None:
    async with opened() as house:
        house.trunk.invite(headers=[("Require", "100rel")])
        leg = await house.next_call()
        await leg.ring()
        await house.trunk.response(180)
        await house.advance(33)
        await house.trunk.response(504)
        assert (await event(leg, Ended)).by == "timeout"


BAD_INVITES = [
    ([("Require", "foo, 100rel")], OFFER, 420),
    ([("Max-Forwards", "0")], OFFER, 483),
    ([("Content-Type", "text/plain")], OFFER, 415),
    ([("Session-Expires", "30"), ("Supported", "timer")], OFFER, 422),
    ([("Contact", "<tel:+19495550100>")], OFFER, 400),
    ([("Replaces", "nothing")], OFFER, 400),
    ([("Replaces", "no-call;to-tag=a;from-tag=b")], OFFER, 481),
]


@pytest.mark.parametrize(("headers", "body", "status"), BAD_INVITES)
async def test_badly_made_calls_are_refused(headers: list[tuple[str, str]], body: bytes, status: int) -> None:
    async with opened() as house:
        house.trunk.invite(headers=headers, body=body)
        response = await house.trunk.response(status)
        if status == 420:
            assert response.headers.get_all("Unsupported") == ["foo"]
        assert house.calls.empty()
        assert house.agent.statistics().legs == 0


async def test_who_calls_by_the_trunks_word_and_without_it() -> None:
    said = [
        ("P-Asserted-Identity", '"Ann" <sip:+19495550100@acme.example>'),
        ("From", '"Liar" <sip:911@acme.example>;tag=f'),
        ("Diversion", "<sip:+19495550111@acme.example>;reason=no-answer"),
    ]
    async with opened(trunk={"trusted_identity": True}) as house:
        house.trunk.invite(headers=said)
        leg = await house.next_call()
        assert leg.caller == Caller(number="+19495550100", name="Ann", diverted_from="+19495550111")
        house.trunk.invite(headers=[*said, ("Privacy", "id")])
        leg = await house.next_call()
        assert (leg.caller.number, leg.caller.name, leg.caller.hidden) == ("+19495550100", "", True)
    async with opened() as house:
        house.trunk.invite(headers=said)
        assert (await house.next_call()).caller.number == "911"
        house.trunk.invite(headers=[("From", '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=f')])
        leg = await house.next_call()
        assert (leg.caller.number, leg.caller.hidden) == ("", True)


# Phones


async def test_a_phone_calls_with_its_password() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        phone.send(await with_password(phone, "100"))
        leg = await house.next_call()
        assert leg.source == PhoneSource(ACCOUNT, "phone1")
        assert leg.dialled == "100"


async def with_password(
    phone: Peer,
    callee: str = "100",
    *,
    username: str = "phone1",
    password: str = "secret-password",
    headers: Iterable[tuple[str, str]] = (),
) -> Request:
    """An INVITE that answers the challenge to a first one, which is done with; still to be sent."""
    invite = phone.invite(callee, headers=headers)
    challenge = await phone.response(401)
    phone.acknowledge_failure(invite, challenge)
    return phone.with_password(invite, challenge, username, password)


async def refused_with(house: House, username: str, password: str) -> Response:
    phone = await house.peer(username)
    phone.send(await with_password(phone, username=username, password=password))
    return await phone.response(403)


async def test_a_wrong_password_and_an_unknown_name_look_the_same() -> None:
    async with opened() as house:
        wrong = await refused_with(house, "phone1", "guess")
        unknown = await refused_with(house, "nobody", "guess")
        assert wrong.reason == unknown.reason
        assert wrong.headers.names() == unknown.headers.names()
        assert house.calls.empty()


async def test_a_nonce_is_good_for_one_call() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        again = await with_password(phone)
        phone.send(again)
        await house.next_call()
        replay = again.copy()
        replay.headers.set("Via", phone.via())
        replay.headers.set("Call-ID", "replayed")
        phone.send(replay)
        assert "stale=true" in (await phone.response(401)).headers.get("WWW-Authenticate")
        assert house.calls.empty()


async def test_a_nonce_grows_old() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        again = await with_password(phone)
        await phone.nothing()
        await house.advance(301)
        phone.send(again)
        assert "stale=true" in (await phone.response(401)).headers.get("WWW-Authenticate")


async def test_a_password_for_one_number_calls_no_other() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        again = await with_password(phone, "100")
        again.uri = "sip:900@127.0.0.1"
        phone.send(again)
        await phone.response(403)


async def test_a_call_cancelled_while_the_password_is_looked_up_is_no_call() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        again = await with_password(phone)
        house.phones.delay.clear()
        phone.send(again)
        await phone.response(100)
        phone.cancel(again)
        await phone.response(200)
        await phone.response(487)
        house.phones.delay.set()
        await phone.nothing()
        assert house.calls.empty()


async def test_the_platforms_failure_is_a_500() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        again = await with_password(phone)
        house.phones.fails = True
        phone.send(again)
        await phone.response(500)


# Within early and established dialogs


@pytest.mark.parametrize(
    ("content_type", "body", "digit"),
    [
        ("application/dtmf-relay", b"Signal=5\r\nDuration=160\r\n", "5"),
        ("application/dtmf-relay", b"Signal= 11\r\n", "#"),
        ("application/dtmf", b"*", "*"),
    ],
)
async def test_digits_by_info(content_type: str, body: bytes, digit: str) -> None:
    async with opened() as house:
        leg, call = await answered(house)
        call.send("INFO", body=body, content_type=content_type)
        await house.trunk.response(200)
        assert await event(leg, KeyedByInfo) == KeyedByInfo(digit)


async def test_requests_that_are_not_for_us() -> None:
    async with opened() as house:
        leg, call = await answered(house)
        call.send("OPTIONS")
        assert "INVITE" in (await house.trunk.response(200)).headers.get("Allow")
        call.send("INFO", body=b"<x/>", content_type="application/xml")
        await house.trunk.response(415)
        call.send("MESSAGE", body=b"hello", content_type="text/plain")
        await house.trunk.response(405)
        call.send("NOTIFY", headers=[("Event", "refer")])
        await house.trunk.response(481)
        call.send("INFO", headers=[("Require", "foo")])
        await house.trunk.response(420)
        no_event(leg)


async def test_requests_out_of_order_or_of_no_dialog() -> None:
    async with opened() as house:
        leg, call = await answered(house)
        call.dialog.local_cseq = 0
        call.send("INFO")
        await house.trunk.response(500)
        call.dialog.remote = call.dialog.remote.with_tag("nobody")
        call.send("BYE")
        await house.trunk.response(481)
        no_event(leg)


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("OPTIONS", 200),
        ("MESSAGE", 405),
        ("SUBSCRIBE", 405),
        ("PUBLISH", 405),
        ("REFER", 405),
        ("BYE", 481),
        ("FOO", 501),
    ],
)
async def test_requests_outside_of_dialogs(method: str, status: int) -> None:
    async with opened() as house:
        stranger = await house.peer()
        stranger.send(stranger.build(method, "sip:127.0.0.1"))
        response = await stranger.response(status)
        assert response.to.tag
        if status in (200, 405, 501):
            assert "INVITE" in response.headers.get("Allow")


# Replaces


async def test_an_invite_takes_over_a_call_of_the_same_trunk() -> None:
    async with opened() as house:
        leg, call = await answered(house)
        house.trunk.invite(headers=[("Replaces", call.replaces)])
        taking = await house.next_call()
        assert taking.replaces == leg.dialog


async def test_nobody_takes_over_the_calls_of_others() -> None:
    async with opened() as house:
        _, call = await answered(house)
        phone = await house.peer("phone1")
        phone.send(await with_password(phone, headers=[("Replaces", call.replaces)]))
        await phone.response(403)


async def test_what_is_answered_is_not_picked_up_by_early_only() -> None:
    async with opened() as house:
        _, call = await answered(house)
        house.trunk.invite(headers=[("Replaces", f"{call.replaces};early-only")])
        await house.trunk.response(486)


# When things go wrong on our side


async def test_without_call_control_there_is_no_service() -> None:
    async with opened() as house:
        house.agent.on_call(None)
        house.trunk.invite()
        assert (await house.trunk.response(503)).headers.get("Retry-After") == "5"


async def test_call_control_that_fails_ends_this_call_and_no_other() -> None:
    async with opened() as house:
        other, _ = await answered(house)

        async def fail(leg: SipLeg) -> None:
            raise RuntimeError("nobody foresaw this")

        house.agent.on_call(fail)
        house.trunk.invite()
        await house.trunk.response(500)
        no_event(other)
        assert house.agent.statistics().legs == 1
