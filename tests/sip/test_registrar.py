"""REGISTER: who may, for how long, with how many contacts; and calls to phones over the flow that they came by."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.sip.house import ACCOUNT, CALLER, House, event, no_event, opened

from cordboard.edge.sip.port import Answered, Ended, PhoneDestination, PhoneSource, Refused
from cordboard.testing.sip.peer import ANSWER, OFFER, Peer
from cordboard.wire.sip.message import Request, Response

Headers = Sequence[tuple[str, str]]


async def asked(peer: Peer, headers: Headers = (), *, user: str = "phone1", cseq: int = 1) -> tuple[Request, Response]:
    """A REGISTER, and the challenge that it gets."""
    aor = f"<sip:{user}@cordboard>"
    request = peer.build("REGISTER", "sip:cordboard", headers=headers, to=aor, call_id=f"reg-{user}", cseq=cseq)
    peer.send(request)
    return request, await peer.response(401)


async def registered(
    peer: Peer, headers: Headers = (), *, user: str = "phone1", password: str = "secret-password", cseq: int = 1
) -> Response:
    """A REGISTER with the password, and what comes of it."""
    request, challenge = await asked(peer, headers, user=user, cseq=cseq)
    peer.send(peer.with_password(request, challenge, user, password))
    response = await peer.next()
    assert isinstance(response, Response)
    return response


def expires_of(response: Response) -> list[str | None]:
    return [contact.param("expires") for contact in response.contacts]


async def test_a_phone_registers_and_is_called_where_it_came_from() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        # It says where it is behind its router, where nobody reaches it.
        response = await registered(phone, [("Contact", "<sip:phone1@10.0.0.5:5060>"), ("User-Agent", "Desk 1.0")])
        assert (response.status, expires_of(response)) == (200, ["3600"])
        (destination,) = house.agent.bindings(ACCOUNT, "phone1")
        assert destination == PhoneDestination(ACCOUNT, "phone1", "sip:phone1@10.0.0.5:5060")
        assert not house.agent.is_browser(destination)
        (told,) = house.phones.bindings.values()
        assert (told.user_agent, told.expires, told.browser) == ("Desk 1.0", 3600, False)
        assert told.remote == "{}:{}".format(*phone.wire.address)

        leg = await house.agent.invite(destination, CALLER, OFFER)
        invite = await phone.request("INVITE")
        assert invite.uri == "sip:phone1@10.0.0.5:5060"
        assert "P-Asserted-Identity" not in invite.headers
        await phone.picked_up(invite)
        await event(leg, Answered)
        await leg.hang_up()
        await phone.request("BYE")


async def test_phones_are_asked_for_what_all_of_them_know() -> None:
    async with opened() as house:
        _, challenge = await asked(await house.peer("phone1"))
        (asks,) = challenge.headers.get_all("WWW-Authenticate")
        assert "algorithm=MD5" in asks


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
async def test_both_algorithms_do(algorithm: str) -> None:
    async with opened(digest_algorithms=("SHA-256", "MD5")) as house:
        phone = await house.peer("phone1")
        request, challenge = await asked(phone)
        asks = challenge.headers.get_all("WWW-Authenticate")
        challenge.headers.set("WWW-Authenticate", *[each for each in asks if f"algorithm={algorithm}" in each])
        phone.send(phone.with_password(request, challenge, "phone1", "secret-password"))
        await phone.response(200)


async def test_a_wrong_password_and_an_unknown_name_look_the_same() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        wrong = await registered(phone, password="guess")
        unknown = await registered(phone, user="nobody", password="guess")
        assert (wrong.status, unknown.status) == (403, 403)
        assert wrong.headers.names() == unknown.headers.names()
        assert house.phones.bindings == {}


async def test_nobody_registers_for_others() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        request, challenge = await asked(phone, user="phone1")
        again = phone.with_password(request, challenge, "phone2", "second-password")
        phone.send(again)
        await phone.response(403)


async def test_a_used_answer_is_asked_for_anew() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        request, challenge = await asked(phone)
        again = phone.with_password(request, challenge, "phone1", "secret-password")
        phone.send(again)
        await phone.response(200)
        again.headers.set("Via", phone.via())
        again.headers.set("Call-ID", "replay")
        phone.send(again)
        assert "stale=true" in (await phone.response(401)).headers.get("WWW-Authenticate")


async def test_contacts_expire() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        await registered(phone, [("Expires", "120")])
        await house.advance(119)
        assert len(house.agent.bindings(ACCOUNT, "phone1")) == 1
        await house.advance(2)
        assert house.agent.bindings(ACCOUNT, "phone1") == []
        await house.settle()
        assert house.phones.bindings == {}


async def test_a_refresh_starts_the_time_anew() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        await registered(phone, [("Expires", "120")])
        await house.advance(20)
        await registered(phone, [("Expires", "120")], cseq=3)
        await house.advance(110)
        assert len(house.agent.bindings(ACCOUNT, "phone1")) == 1
        assert house.phones.told == ["register " + phone.contact.strip("<>")] * 2


async def test_too_short_is_told_and_too_long_is_cut() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        short = await registered(phone, [("Expires", "59")])
        assert (short.status, short.headers.get("Min-Expires")) == (423, "60")
        assert house.agent.bindings(ACCOUNT, "phone1") == []
        assert expires_of(await registered(phone, [("Contact", f"{phone.contact};expires=9999")], cseq=3)) == ["3600"]


async def test_several_contacts_the_latest_first_and_one_taken_back() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        await registered(phone, [("Contact", "<sip:a@10.0.0.1>, <sip:b@10.0.0.2>;q=0.5")])
        await registered(phone, [("Contact", "<sip:c@10.0.0.3>")], cseq=3)
        assert [each.contact for each in house.agent.bindings(ACCOUNT, "phone1")] == [
            "sip:c@10.0.0.3",
            "sip:b@10.0.0.2",
            "sip:a@10.0.0.1",
        ]
        response = await registered(phone, [("Contact", "<sip:b@10.0.0.2>;expires=0")], cseq=5)
        assert [str(each.uri) for each in response.contacts] == ["sip:c@10.0.0.3", "sip:a@10.0.0.1"]
        assert house.phones.told[-1] == "unregister sip:b@10.0.0.2"


async def test_a_register_without_contact_asks_what_there_is() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        await registered(phone, [("Contact", '<sip:a@10.0.0.1>;+sip.instance="<urn:uuid:1>";reg-id=1')])
        await house.advance(20)
        request, challenge = await asked(phone, cseq=3)
        again = phone.with_password(request, challenge, "phone1", "secret-password")
        again.headers.remove("Contact")
        phone.send(again)
        (contact,) = (await phone.response(200)).contacts
        assert (contact.param("expires"), contact.param("+sip.instance")) == ("3580", "<urn:uuid:1>")


async def test_a_device_that_moves_replaces_its_old_contact() -> None:
    async with opened() as house:
        phone, moved = await house.peer("phone1"), await house.peer("phone1")
        device = ';+sip.instance="<urn:uuid:1>";reg-id=1'
        await registered(phone, [("Contact", f"<sip:a@10.0.0.1>{device}")])
        await registered(moved, [("Contact", f"<sip:a@10.0.0.2>{device}")], cseq=3)
        (destination,) = house.agent.bindings(ACCOUNT, "phone1")
        assert destination.contact == "sip:a@10.0.0.2"
        await house.agent.invite(destination, CALLER, OFFER)
        await moved.request("INVITE")


async def test_all_contacts_are_taken_back_by_a_star() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        await registered(phone, [("Contact", "<sip:a@10.0.0.1>, <sip:b@10.0.0.2>")])
        refused = await registered(phone, [("Contact", "*"), ("Expires", "60")], cseq=3)
        assert refused.status == 400
        done = await registered(phone, [("Contact", "*"), ("Expires", "0")], cseq=5)
        assert (done.status, done.contacts) == (200, [])
        assert house.phones.bindings == {}


async def test_a_register_that_was_overtaken_changes_nothing() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        await registered(phone, cseq=10)
        late = await registered(phone, [("Expires", "0")], cseq=3)
        assert late.status == 500
        assert len(house.agent.bindings(ACCOUNT, "phone1")) == 1


async def test_the_oldest_of_too_many_contacts_goes() -> None:
    async with opened(most_contacts=2) as house:
        phone = await house.peer("phone1")
        for number in range(3):
            await registered(phone, [("Contact", f"<sip:a@10.0.0.{number}>")], cseq=2 * number + 1)
        assert [each.contact for each in house.agent.bindings(ACCOUNT, "phone1")] == [
            "sip:a@10.0.0.2",
            "sip:a@10.0.0.1",
        ]


async def test_extensions_that_nobody_knows_are_named() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        phone.send(phone.build("REGISTER", "sip:cordboard", headers=[("Require", "path, gruu")]))
        assert (await phone.response(420)).headers.get("Unsupported") == "gruu"


async def test_there_are_no_more_registrations_than_there_may_be() -> None:
    async with opened(most_registrations=1) as house:
        phone = await house.peer("phone1")
        await registered(phone)
        other = await registered(phone, user="phone2", password="second-password")
        assert (other.status, other.headers.get("Retry-After")) == (503, "30")


@pytest.mark.parametrize(
    "contact", ["<tel:+19495550100>", "<https://example.org>", ", ".join(f"<sip:a@10.0.0.{n}>" for n in range(11))]
)
async def test_contacts_that_nobody_can_call(contact: str) -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        assert (await registered(phone, [("Contact", contact)])).status in (400, 403)
        assert house.agent.bindings(ACCOUNT, "phone1") == []


async def test_the_platforms_failure_is_a_500_and_nothing_is_noted() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        request, challenge = await asked(phone)
        house.phones.fails = True
        phone.send(phone.with_password(request, challenge, "phone1", "secret-password"))
        await phone.response(500)
        assert house.agent.bindings(ACCOUNT, "phone1") == []


async def test_routers_on_the_way_are_kept_open() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        await registered(phone)
        for _ in range(2):
            await house.advance(30)
            await phone.request("OPTIONS")


async def test_a_phone_that_calls_is_hung_up_on_over_its_flow() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        invite = phone.invite("100", headers=[("Contact", "<sip:phone1@10.0.0.5:5060>")])
        challenge = await phone.response(401)
        phone.acknowledge_failure(invite, challenge)
        again = phone.with_password(invite, challenge, "phone1", "secret-password")
        phone.send(again)
        leg = await house.next_call()
        assert leg.source == PhoneSource(ACCOUNT, "phone1")
        await leg.answer(ANSWER)
        await phone.established(again)
        await house.settle()
        await leg.hang_up()
        assert (await phone.request("BYE")).uri == "sip:phone1@10.0.0.5:5060"


async def registered_by_tcp(house: House) -> Peer:
    phone = await Peer.tcp(house.address, "phone1")
    assert (await registered(phone)).status == 200
    return phone


async def test_who_was_reached_over_a_lost_connection_is_gone() -> None:
    async with opened() as house:
        phone = await registered_by_tcp(house)
        (destination,) = house.agent.bindings(ACCOUNT, "phone1")
        leg = await house.agent.invite(destination, CALLER, OFFER)
        await phone.picked_up(await phone.request("INVITE"))
        await event(leg, Answered)
        ringing = await house.agent.invite(destination, CALLER, OFFER)
        await phone.request("INVITE")
        phone.close()
        assert (await event(ringing, Refused)).status == 503
        assert house.agent.bindings(ACCOUNT, "phone1") == []
        no_event(leg)
        await house.advance(31)
        assert (await event(leg, Ended)).by == "transport"
        gone = await house.agent.invite(destination, CALLER, OFFER)
        assert (await event(gone, Refused)).status == 480


async def test_a_call_goes_on_over_the_connection_that_its_phone_comes_back_by() -> None:
    async with opened() as house:
        phone = await registered_by_tcp(house)
        (destination,) = house.agent.bindings(ACCOUNT, "phone1")
        leg = await house.agent.invite(destination, CALLER, OFFER)
        await phone.picked_up(await phone.request("INVITE"))
        await event(leg, Answered)
        phone.close()
        back = await registered_by_tcp(house)
        await house.advance(31)
        no_event(leg)
        await leg.hang_up()
        await back.request("BYE")
        back.close()


async def test_connections_of_phones_are_kept_open_by_line_ends() -> None:
    async with opened() as house:
        phone = await registered_by_tcp(house)
        await house.advance(30)
        phone.send(phone.build("OPTIONS", "sip:127.0.0.1"))
        await phone.response(200)
        assert phone.wire.pings == 1
        phone.close()


async def test_all_are_gone_when_the_agent_stops() -> None:
    async with opened() as house:
        phone = await house.peer("phone1")
        await registered(phone)
        await house.agent.stop()
        assert house.phones.bindings == {}
