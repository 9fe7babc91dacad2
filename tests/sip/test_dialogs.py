"""Established calls: new media both ways, glare, session timers, and where requests go."""

from __future__ import annotations

import asyncio

import pytest
from tests.sip.house import House, event, no_event, opened
from tests.sip.test_incoming import answered

from cordboard.edge.sip.port import Answered, Ended, Offered, OfferRefusedError, Refused, SipLeg
from cordboard.testing.sip.peer import ANSWER, OFFER, PeerCall
from cordboard.wire.sip.dialog import Dialog
from cordboard.wire.sip.message import Request

HOLD = OFFER + b"a=sendonly\r\n"
UNHOLD = OFFER + b"a=sendrecv\r\n"


async def called(house: House) -> tuple[SipLeg, PeerCall]:
    """A call of ours over the trunk, picked up."""
    leg = await house.call()
    call = await house.trunk.picked_up(await house.trunk.request("INVITE"))
    await event(leg, Answered)
    return leg, call


# New media of the party's


async def test_the_party_offers_new_media() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("INVITE", body=HOLD)
        await house.trunk.response(100)
        assert await event(leg, Offered) == Offered(HOLD)
        await leg.answer_offer(ANSWER)
        response = await house.trunk.response(200)
        assert response.body == ANSWER
        assert response.contact is not None
        call.ack(response)
        await house.trunk.nothing()
        await house.advance(5)
        await house.trunk.nothing()
        await leg.answer_offer(ANSWER)
        await house.trunk.nothing()


async def test_an_answer_to_new_media_is_repeated_until_the_ack_comes() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("INVITE", body=HOLD)
        await event(leg, Offered)
        await leg.answer_offer(ANSWER)
        await house.trunk.response(200)
        await house.advance(0.5)
        await house.trunk.response(200)
        await house.advance(32)
        assert (await event(leg, Ended)).by == "timeout"
        await house.trunk.request("BYE")


async def test_new_media_is_refused_and_the_call_goes_on() -> None:
    async with opened() as house:
        leg, call = await called(house)
        invite = call.send("INVITE", body=HOLD)
        await event(leg, Offered)
        await leg.refuse_offer()
        house.trunk.acknowledge_failure(invite, await house.trunk.response(488))
        no_event(leg)
        await leg.hang_up()
        await call.is_hung_up()


async def test_an_offer_that_nobody_answers_is_refused_in_time() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("INVITE", body=HOLD)
        await event(leg, Offered)
        await house.advance(30)
        await house.trunk.response(500)


async def test_an_offer_is_cancelled() -> None:
    async with opened() as house:
        leg, call = await called(house)
        invite = call.send("INVITE", body=HOLD)
        await event(leg, Offered)
        house.trunk.cancel(invite)
        await house.trunk.response(200)
        await house.trunk.response(487)
        await leg.answer_offer(ANSWER)
        await house.trunk.nothing()


async def test_a_party_that_wants_an_offer_answers_in_its_ack() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("INVITE")
        assert await event(leg, Offered) == Offered(b"")
        await leg.answer_offer(OFFER)
        call.ack(await house.trunk.response(200), ANSWER)
        assert await event(leg, Answered) == Answered(ANSWER)


async def test_an_update_offers_media_without_an_ack() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("UPDATE", body=HOLD)
        assert await event(leg, Offered) == Offered(HOLD)
        await leg.answer_offer(ANSWER)
        assert (await house.trunk.response(200)).body == ANSWER
        await house.advance(1)
        await house.trunk.nothing()


async def test_an_update_without_media_is_answered_by_itself() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("UPDATE", headers=[("Session-Expires", "600;refresher=uac"), ("Supported", "timer")])
        assert (await house.trunk.response(200)).headers.get("Session-Expires") == "600;refresher=uac"
        no_event(leg)


async def test_a_second_offer_at_once_is_told_to_come_later() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("INVITE", body=HOLD)
        await event(leg, Offered)
        call.send("UPDATE", body=UNHOLD)
        assert (await house.trunk.response(500)).headers.get("Retry-After") == "5"


async def test_a_bye_answers_what_was_offered() -> None:
    async with opened() as house:
        leg, call = await called(house)
        call.send("INVITE", body=HOLD)
        await event(leg, Offered)
        call.send("BYE")
        await house.trunk.response(200)
        await house.trunk.response(487)
        assert (await event(leg, Ended)).by == "remote"


# New media of ours


async def test_we_offer_new_media() -> None:
    async with opened() as house:
        leg, _ = await called(house)
        offering = asyncio.create_task(leg.offer_media(HOLD))
        invite = await house.trunk.request("INVITE")
        assert (invite.body, invite.to.tag) == (HOLD, "peer")
        house.trunk.reply(invite, 200, body=ANSWER)
        ack = await house.trunk.request("ACK")
        assert ack.cseq.number == invite.cseq.number
        assert await offering == ANSWER


@pytest.mark.parametrize("status", [488, 403])
async def test_the_party_refuses_our_media_and_the_call_goes_on(status: int) -> None:
    async with opened() as house:
        leg, _ = await called(house)
        offering = asyncio.create_task(leg.offer_media(HOLD))
        house.trunk.reply(await house.trunk.request("INVITE"), status)
        await house.trunk.request("ACK")
        with pytest.raises(OfferRefusedError, match=str(status)):
            await offering
        no_event(leg)


async def test_the_party_knows_nothing_of_the_call_any_more() -> None:
    async with opened() as house:
        leg, _ = await called(house)
        offering = asyncio.create_task(leg.offer_media(HOLD))
        house.trunk.reply(await house.trunk.request("INVITE"), 481)
        await house.trunk.request("ACK")
        with pytest.raises(OfferRefusedError):
            await offering
        assert (await event(leg, Ended)).by == "timeout"
        await house.trunk.request("BYE")


async def test_a_party_that_says_nothing_to_our_media_is_gone() -> None:
    async with opened() as house:
        leg, _ = await called(house)
        offering = asyncio.create_task(leg.offer_media(HOLD))
        await house.trunk.request("INVITE")
        await house.advance(32)
        with pytest.raises(OfferRefusedError, match="408"):
            await offering
        assert (await event(leg, Ended)).by == "timeout"


@pytest.mark.parametrize(("we_called", "wait"), [(True, 3.05), (False, 1.0)])
async def test_offers_that_cross_are_refused_and_ours_is_made_again(we_called: bool, wait: float) -> None:
    async with opened(random=0.5) as house:
        leg, call = await (called(house) if we_called else answered(house))
        offering = asyncio.create_task(leg.offer_media(HOLD))
        ours = await house.trunk.request("INVITE")
        theirs = call.send("INVITE", body=UNHOLD)
        house.trunk.acknowledge_failure(theirs, await house.trunk.response(491))
        house.trunk.reply(ours, 491)
        await house.trunk.request("ACK")
        await house.advance(wait - 0.01)
        await house.trunk.nothing()
        await house.advance(0.02)
        house.trunk.reply(await house.trunk.request("INVITE"), 200, body=ANSWER)
        await house.trunk.request("ACK")
        assert await offering == ANSWER


async def test_our_offer_waits_for_nobody_when_theirs_came_in_between() -> None:
    async with opened() as house:
        leg, call = await called(house)
        offering = asyncio.create_task(leg.offer_media(HOLD))
        house.trunk.reply(await house.trunk.request("INVITE"), 491)
        await house.trunk.request("ACK")
        call.send("INVITE", body=UNHOLD)
        await event(leg, Offered)
        await house.advance(4)
        with pytest.raises(OfferRefusedError):
            await offering


async def test_hanging_up_ends_an_offer_of_ours() -> None:
    async with opened() as house:
        leg, _ = await called(house)
        offering = asyncio.create_task(leg.offer_media(HOLD))
        await house.trunk.request("INVITE")
        await leg.hang_up()
        with pytest.raises(OfferRefusedError):
            await offering
        with pytest.raises(OfferRefusedError):
            await leg.offer_media(HOLD)


# Session timers


async def with_session(house: House, refresher: str, allow: str = "INVITE, UPDATE") -> tuple[SipLeg, PeerCall]:
    leg = await house.call()
    invite = await house.trunk.request("INVITE")
    headers = [("Session-Expires", f"600;refresher={refresher}"), ("Require", "timer"), ("Allow", allow)]
    house.trunk.reply(invite, 200, body=ANSWER, headers=headers)
    await house.trunk.request("ACK")
    await event(leg, Answered)
    return leg, PeerCall(house.trunk, Dialog.from_request(invite, "peer", confirmed=True))


async def test_we_refresh_at_half_the_interval_by_update() -> None:
    async with opened() as house:
        leg, _ = await with_session(house, "uac")
        for _ in range(3):
            await house.advance(299)
            await house.trunk.nothing()
            await house.advance(1)
            update = await house.trunk.request("UPDATE")
            assert (update.body, update.headers.get("Session-Expires")) == (b"", "600;refresher=uac")
            headers = [("Session-Expires", "600;refresher=uac")]
            house.trunk.reply(update, 200, headers=headers)
            await house.trunk.nothing()
        no_event(leg)


async def test_we_refresh_by_invite_where_there_is_no_update() -> None:
    async with opened() as house:
        leg, _ = await with_session(house, "uac", allow="INVITE, BYE")
        await house.advance(300)
        invite = await house.trunk.request("INVITE")
        assert invite.body == OFFER
        house.trunk.reply(invite, 200, body=ANSWER, headers=[("Session-Expires", "600;refresher=uac")])
        await house.trunk.request("ACK")
        await house.advance(299)
        await house.trunk.nothing()
        no_event(leg)


async def test_a_party_that_says_it_has_update_and_has_not() -> None:
    async with opened() as house:
        await with_session(house, "uac")
        await house.advance(300)
        house.trunk.reply(await house.trunk.request("UPDATE"), 501)
        await house.trunk.request("INVITE")


async def test_a_session_that_is_not_refreshed_is_over() -> None:
    async with opened() as house:
        leg, _ = await with_session(house, "uas")
        await house.advance(567)
        no_event(leg)
        await house.advance(2)
        assert (await event(leg, Ended)).by == "timeout"
        await house.trunk.request("BYE")


async def test_a_session_that_the_party_refreshes_goes_on() -> None:
    async with opened() as house:
        leg, call = await with_session(house, "uas")
        await house.advance(500)
        call.send("UPDATE", headers=[("Session-Expires", "600;refresher=uac"), ("Supported", "timer")])
        await house.trunk.response(200)
        await house.advance(500)
        await house.trunk.nothing()
        no_event(leg)


async def test_the_timer_of_an_incoming_call() -> None:
    async with opened() as house:
        headers = [("Session-Expires", "1200;refresher=uas"), ("Supported", "timer"), ("Allow", "INVITE, UPDATE")]
        invite = house.trunk.invite(headers=headers)
        leg = await house.next_call()
        await leg.answer(ANSWER)
        response = await house.trunk.response(200)
        assert response.headers.get("Session-Expires") == "1200;refresher=uas"
        PeerCall(house.trunk, Dialog.from_response(invite, response)).ack(response)
        await house.trunk.nothing()
        await house.advance(600)
        await house.trunk.request("UPDATE")


# Where requests go


async def test_requests_take_the_recorded_route() -> None:
    async with opened() as house:
        proxy = await house.peer("proxy")
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        route = f"<sip:127.0.0.1:{proxy.wire.address[1]};lr>"
        house.trunk.reply(invite, 200, body=ANSWER, headers=[("Record-Route", route)])
        ack = await proxy.request("ACK")
        assert ack.headers.get("Route") == route
        assert ack.uri == house.trunk.contact.strip("<>")
        await event(leg, Answered)
        await leg.hang_up()
        await proxy.request("BYE")


async def test_requests_go_where_the_party_has_moved() -> None:
    async with opened() as house:
        moved = await house.peer("moved")
        leg, call = await called(house)
        house.trunk.send(moving(call, moved.contact))
        await event(leg, Offered)
        await leg.answer_offer(ANSWER)
        call.ack(await house.trunk.response(200))
        await house.trunk.nothing()
        await leg.hang_up()
        await moved.request("BYE")


def moving(call: PeerCall, contact: str) -> Request:
    request = call.dialog.create_request("INVITE", body=HOLD, content_type="application/sdp")
    request.headers.set("Via", call.peer.via())
    request.headers.set("Contact", contact)
    return request


async def test_an_answer_that_names_no_address_makes_no_call() -> None:
    async with opened() as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        response = invite.reply(200, to_tag="peer", body=ANSWER, content_type="application/sdp")
        response.headers.set("Contact", "<tel:+19495550123>")
        house.trunk.send(response)
        assert (await event(leg, Refused)).status == 502
