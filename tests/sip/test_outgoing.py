"""Calls of ours over a trunk: answered, refused, challenged, forked, cancelled, lost."""

from __future__ import annotations

import pytest
from tests.sip.house import ACCOUNT, CALLER, event, no_event, opened

from cordboard.edge.sip.port import (
    Answered,
    Caller,
    Destination,
    Ended,
    PhoneDestination,
    Refused,
    Ringing,
    TrunkDestination,
    UriDestination,
)
from cordboard.testing.sip.peer import ANSWER, OFFER, branch_of
from cordboard.wire.sip.digest import Credentials, DigestGate, ha1

GATE = DigestGate(b"s" * 32, "acme.example")
LOGIN = {"username": "us", "password": "open sesame"}


async def test_a_call_rings_is_answered_and_hung_up_by_us() -> None:
    async with opened() as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        assert invite.uri == f"sip:+19495550123@127.0.0.2:{house.trunk.wire.address[1]}"
        assert invite.body == OFFER
        assert invite.from_.uri.user == "+19495550100"
        assert invite.headers.get("Session-Expires") == "1800"

        house.trunk.reply(invite, 100)
        house.trunk.reply(invite, 180)
        assert await event(leg, Ringing) == Ringing(180)
        house.trunk.reply(invite, 183, body=ANSWER)
        assert await event(leg, Ringing) == Ringing(183, ANSWER)
        call = await house.trunk.picked_up(invite)
        assert await event(leg, Answered) == Answered(ANSWER)
        assert leg.dialog == (invite.call_id, invite.from_.tag, "peer")

        await leg.hang_up("done")
        assert await event(leg, Ended) == Ended("local", "done")
        bye = await call.is_hung_up()
        assert bye.uri == call.peer.contact.strip("<>")
        await leg.hang_up("again")
        no_event(leg)
        await house.trunk.nothing()
        assert house.agent.statistics().legs == 0


async def test_the_callee_hangs_up() -> None:
    async with opened() as house:
        leg = await house.call()
        call = await house.trunk.picked_up(await house.trunk.request("INVITE"))
        await event(leg, Answered)
        call.send("BYE", headers=[("Reason", 'Q.850;cause=16;text="Normal call clearing"')])
        await house.trunk.response(200)
        assert await event(leg, Ended) == Ended("remote", 'Q.850;cause=16;text="Normal call clearing"')


@pytest.mark.parametrize(("status", "is_global"), [(404, False), (486, True), (603, True), (302, False)])
async def test_a_refusal_is_acknowledged_and_told(status: int, is_global: bool) -> None:
    async with opened() as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        house.trunk.reply(invite, status)
        ack = await house.trunk.request("ACK")
        assert branch_of(ack) == branch_of(invite)
        refused = await event(leg, Refused)
        assert (refused.status, refused.global_failure) == (status, is_global)
        assert house.usable() == ["acme"]


async def test_503_rests_the_trunk_for_as_long_as_it_says() -> None:
    async with opened() as house:
        leg = await house.call()
        house.trunk.reply(await house.trunk.request("INVITE"), 503, headers=[("Retry-After", "20 (busy)")])
        await event(leg, Refused)
        assert house.usable() == []
        await house.advance(19)
        assert house.usable() == []
        await house.advance(2)
        assert house.usable() == ["acme"]


async def test_silence_is_a_408_after_the_invite_was_repeated() -> None:
    async with opened() as house:
        leg = await house.call()
        first = await house.trunk.request("INVITE")
        await house.advance(0.5)
        second = await house.trunk.request("INVITE")
        assert branch_of(first) == branch_of(second)
        await house.advance(32)
        assert (await event(leg, Refused)).status == 408


def challenges(status: int) -> list[tuple[str, str]]:
    name = "Proxy-Authenticate" if status == 407 else "WWW-Authenticate"
    return [(name, str(each)) for each in GATE.challenges(0)]


@pytest.mark.parametrize("status", [401, 407])
async def test_a_challenge_is_answered_and_the_ack_carries_the_password_too(status: int) -> None:
    async with opened(trunk=LOGIN) as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        house.trunk.reply(invite, status, headers=challenges(status)[:1])
        await house.trunk.request("ACK")
        again = await house.trunk.request("INVITE")
        header = "Proxy-Authorization" if status == 407 else "Authorization"
        credentials = Credentials.parse(again.headers.get(header))
        assert credentials is not None
        secret = ha1("us", "acme.example", "open sesame", "SHA-256")
        assert GATE.verify(credentials, "INVITE", secret, 1) == "accepted"
        assert again.cseq.number == invite.cseq.number + 1
        assert branch_of(again) != branch_of(invite)

        house.trunk.reply(again, 200, body=ANSWER)
        ack = await house.trunk.request("ACK")
        assert ack.headers.get(header) == again.headers.get(header)
        await event(leg, Answered)


async def test_a_password_that_is_not_taken_is_not_given_twice() -> None:
    async with opened(trunk=LOGIN) as house:
        leg = await house.call()
        for _ in range(2):
            house.trunk.reply(await house.trunk.request("INVITE"), 401, headers=challenges(401))
            await house.trunk.request("ACK")
        assert (await event(leg, Refused)).status == 401
        await house.trunk.nothing()


async def test_a_stale_nonce_is_answered_anew() -> None:
    async with opened(trunk=LOGIN) as house:
        leg = await house.call()
        house.trunk.reply(await house.trunk.request("INVITE"), 401, headers=challenges(401))
        await house.trunk.request("ACK")
        stale = [("WWW-Authenticate", str(each)) for each in GATE.challenges(1, stale=True)]
        house.trunk.reply(await house.trunk.request("INVITE"), 401, headers=stale)
        await house.trunk.request("ACK")
        await house.trunk.picked_up(await house.trunk.request("INVITE"))
        await event(leg, Answered)


async def test_a_challenge_without_a_password_of_ours_is_a_refusal() -> None:
    async with opened() as house:
        leg = await house.call()
        house.trunk.reply(await house.trunk.request("INVITE"), 401, headers=challenges(401))
        assert (await event(leg, Refused)).status == 401


async def test_longer_refreshes_are_agreed_to_once() -> None:
    async with opened() as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        house.trunk.reply(invite, 422, headers=[("Min-SE", "3600")])
        await house.trunk.request("ACK")
        again = await house.trunk.request("INVITE")
        assert (again.headers.get("Session-Expires"), again.headers.get("Min-SE")) == ("3600", "3600")
        house.trunk.reply(again, 422, headers=[("Min-SE", "7200")])
        assert (await event(leg, Refused)).status == 422


async def test_hanging_up_while_it_rings_cancels() -> None:
    async with opened() as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        house.trunk.reply(invite, 180)
        await event(leg, Ringing)
        await leg.hang_up("enough")
        assert await event(leg, Refused) == Refused(487, "enough")
        cancel = await house.trunk.request("CANCEL")
        assert branch_of(cancel) == branch_of(invite)
        house.trunk.reply(cancel, 200)
        house.trunk.reply(invite, 487)
        await house.trunk.request("ACK")
        await house.trunk.nothing()


async def test_a_cancel_waits_until_somebody_has_the_invite() -> None:
    async with opened() as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        await leg.hang_up()
        await house.trunk.nothing()
        house.trunk.reply(invite, 180)
        house.trunk.reply(await house.trunk.request("CANCEL"), 200)
        house.trunk.reply(invite, 487)
        await house.trunk.request("ACK")


async def test_who_picks_up_after_the_cancel_is_hung_up_on() -> None:
    async with opened() as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        house.trunk.reply(invite, 180)
        await event(leg, Ringing)
        await leg.hang_up()
        cancel = await house.trunk.request("CANCEL")
        house.trunk.reply(invite, 200, body=ANSWER)
        house.trunk.reply(cancel, 200)
        await house.trunk.request("ACK")
        house.trunk.reply(await house.trunk.request("BYE"), 200)
        assert (await event(leg, Refused)).status == 487
        no_event(leg)


async def test_no_challenge_is_answered_after_the_cancel() -> None:
    async with opened(trunk=LOGIN) as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        await leg.hang_up()
        house.trunk.reply(invite, 401, headers=challenges(401))
        await house.trunk.request("ACK")
        await house.trunk.nothing()


async def test_of_two_phones_that_pick_up_the_second_is_hung_up_on() -> None:
    async with opened() as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        house.trunk.reply(invite, 180, tag="one")
        house.trunk.reply(invite, 180, tag="two")
        house.trunk.reply(invite, 200, tag="two", body=ANSWER)
        await house.trunk.request("ACK")
        house.trunk.reply(invite, 200, tag="one", body=OFFER)
        ack, bye = await house.trunk.request("ACK"), await house.trunk.request("BYE")
        assert (ack.to.tag, bye.to.tag) == ("one", "one")
        house.trunk.reply(bye, 200)
        await event(leg, Ringing)
        await event(leg, Ringing)
        assert await event(leg, Answered) == Answered(ANSWER)
        assert leg.dialog[2] == "two"
        no_event(leg)


async def test_an_answer_that_comes_again_is_acknowledged_again() -> None:
    async with opened() as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        house.trunk.reply(invite, 200, body=ANSWER)
        first = await house.trunk.request("ACK")
        house.trunk.reply(invite, 200, body=ANSWER)
        assert (await house.trunk.request("ACK")).encode() == first.encode()
        await event(leg, Answered)
        no_event(leg)


async def test_reliable_ringing_gets_its_prack_once() -> None:
    async with opened() as house:
        leg = await house.call()
        invite = await house.trunk.request("INVITE")
        reliable = [("Require", "100rel"), ("RSeq", "7")]
        house.trunk.reply(invite, 183, headers=reliable, body=ANSWER)
        prack = await house.trunk.request("PRACK")
        assert prack.headers.get("RAck") == f"7 {invite.cseq.number} INVITE"
        house.trunk.reply(prack, 200)
        house.trunk.reply(invite, 183, headers=reliable, body=ANSWER)
        await house.trunk.nothing()
        assert await event(leg, Ringing) == Ringing(183, ANSWER)
        no_event(leg)


async def test_caller_id_is_shown_in_the_trunks_form_or_hidden() -> None:
    asserting = {"trusted_identity": True, "caller_id_format": "national", "number_format": "digits", "prefix": "99#"}
    async with opened(trunk=asserting) as house:
        await house.call(caller=Caller(number="+19495550100", name='Ann "B"', diverted_from="+19495550111"))
        invite = await house.trunk.request("INVITE")
        assert invite.target.user == "99#19495550123"
        assert (invite.from_.display, invite.from_.uri.user) == ('Ann "B"', "9495550100")
        assert invite.addresses("P-Asserted-Identity")[0].uri.user == "9495550100"
        assert invite.addresses("Diversion")[0].uri.user == "9495550111"

        await house.call(caller=Caller(number="+19495550100", name="Ann", hidden=True))
        invite = await house.trunk.request("INVITE")
        assert str(invite.from_.uri) == "sip:anonymous@anonymous.invalid"
        assert invite.headers.get("Privacy") == "id"
        assert b"Ann" not in invite.encode()
        assert invite.addresses("P-Asserted-Identity")[0].uri.user == "9495550100"


async def test_headers_of_the_caller_go_along_unless_they_are_ours() -> None:
    async with opened() as house:
        headers = (("X-Account", "7"), ("From", "<sip:liar@example.org>"), ("X-Bad", "a\r\nVia: x"), ("b d", "x"))
        destination = TrunkDestination("acme", "+19495550123")
        await house.agent.invite(destination, CALLER, OFFER, headers)
        invite = await house.trunk.request("INVITE")
        assert invite.headers.get("X-Account") == "7"
        assert "liar" not in invite.headers.get("From")
        assert "X-Bad" not in invite.headers


NOWHERE = [
    (TrunkDestination("nobody", "+19495550123"), 503),
    (PhoneDestination(ACCOUNT, "phone1", "sip:phone1@127.0.0.1"), 480),
    (UriDestination("https://example.org"), 416),
    (UriDestination("sip:"), 400),
    (UriDestination("sip:a@127.0.0.1;transport=sctp"), 503),
    (UriDestination("sip:a@127.0.0.1:1;transport=tcp"), 503),
]


@pytest.mark.parametrize(("destination", "status"), NOWHERE)
async def test_what_cannot_be_called_is_refused_by_an_event(destination: Destination, status: int) -> None:
    async with opened() as house:
        leg = await house.agent.invite(destination, CALLER, OFFER)
        assert (await event(leg, Refused)).status == status
        await leg.hang_up()
        no_event(leg)


async def test_private_addresses_are_called_only_where_that_is_allowed() -> None:
    async with opened(allow_private=False) as house:
        peer = await house.peer()
        uri = f"sip:a@127.0.0.1:{peer.wire.address[1]}"
        assert (await event(await house.agent.invite(UriDestination(uri), CALLER, OFFER), Refused)).status == 403
    async with opened() as house:
        peer = await house.peer()
        leg = await house.agent.invite(UriDestination(f"sip:a@127.0.0.1:{peer.wire.address[1]}"), CALLER, OFFER)
        await peer.picked_up(await peer.request("INVITE"))
        await event(leg, Answered)


async def test_there_are_no_more_calls_than_there_may_be() -> None:
    async with opened(most_calls=1) as house:
        await house.call()
        assert (await event(await house.call(), Refused)).status == 503


async def test_nobody_is_left_in_a_call_when_the_agent_stops() -> None:
    async with opened() as house:
        leg = await house.call()
        await house.trunk.picked_up(await house.trunk.request("INVITE"))
        await event(leg, Answered)
        await house.agent.stop()
        assert (await event(leg, Ended)).by == "local"
        await house.trunk.request("BYE")
