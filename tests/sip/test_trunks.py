"""Trunks: whose call it is, whether they are there, and telling them where we are."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sip.house import TRUNK_HOST, House, event, opened

from cordboard.edge.sip.port import Ended, TrunkSource
from cordboard.edge.sip.settings import SipSettings, TrunkSettings, sip_problems, trunk_problems, trunks_problems
from cordboard.edge.sip.trunk_book import TrunkBook
from cordboard.testing.sip.peer import Peer
from cordboard.wire.sip.digest import Credentials, DigestGate, ha1
from cordboard.wire.sip.message import Request

GATE = DigestGate(b"s" * 32, "acme.example")
REGISTERING: dict[str, Any] = {"register": True, "username": "us", "password": "open sesame", "expires": 600}


def ticking() -> float:
    return 0.0


def invite(
    uri: str = "sip:100@us.example", caller: str = "sip:ann@a.example", to: str = "sip:100@us.example"
) -> Request:
    request = Request("INVITE", uri)
    request.headers.set("From", f"<{caller}>;tag=f")
    request.headers.set("To", f"<{to}>")
    return request


def book_of(*trunks: TrunkSettings) -> TrunkBook:
    return TrunkBook(trunks, ticking)


def name_of(book: TrunkBook, address: str, request: Request) -> str | None:
    trunk = book.match(address, request)
    return trunk.name if trunk else None


def test_a_call_belongs_to_the_trunk_whose_address_it_came_from() -> None:
    book = book_of(
        TrunkSettings(name="a", host="a.example", addresses=("192.0.2.0/25", "2001:db8::1")),
        TrunkSettings(name="b", host="b.example", addresses=("192.0.2.200",)),
    )
    assert name_of(book, "192.0.2.7", invite()) == "a"
    assert name_of(book, "2001:db8::1", invite()) == "a"
    assert name_of(book, "192.0.2.200", invite()) == "b"
    assert name_of(book, "192.0.2.201", invite()) is None
    assert not book.knows("browser.invalid")


def test_trunks_that_share_an_address_are_told_apart_by_user_or_domain() -> None:
    shared = ("192.0.2.1",)
    book = book_of(
        TrunkSettings(name="a", host="a.example", addresses=shared, username="ours-a"),
        TrunkSettings(name="b", host="b.example", addresses=shared, username="ours-b"),
    )
    assert name_of(book, "192.0.2.1", invite("sip:ours-b@us.example")) == "b"
    assert name_of(book, "192.0.2.1", invite(to="sip:ours-b@us.example")) == "b"
    assert name_of(book, "192.0.2.1", invite(caller="sip:x@b.example")) == "b"
    assert name_of(book, "192.0.2.1", invite()) == "a"


async def test_a_trunks_host_may_call_in_and_others_may_not() -> None:
    async with opened() as house:
        house.trunk.invite()
        assert (await house.next_call()).source == TrunkSource("acme")
        stranger = await house.peer()
        stranger.invite()
        await stranger.response(401)
    async with opened(trunk={"addresses": ("127.0.0.3",)}) as house:
        house.trunk.invite()
        await house.trunk.response(401)
        other = await house.peer("other", "127.0.0.3")
        other.invite()
        assert (await house.next_call()).source == TrunkSource("acme")


# OPTIONS


async def test_a_trunk_that_does_not_answer_is_down_until_it_does() -> None:
    async with opened(trunk={"keepalive": True}) as house:
        question = await house.trunk.request("OPTIONS")
        assert question.uri.startswith("sip:127.0.0.2")
        await house.advance(32)  # unanswered, which may be an accident
        assert house.usable() == ["acme"]
        await house.advance(30)
        question = await another(house, question)
        await house.advance(32)
        assert house.usable() == []
        await house.advance(30)
        house.trunk.reply(await another(house, question), 404)  # any answer does
        await house.settle()
        assert house.usable() == ["acme"]


async def another(house: House, last: Request) -> Request:
    """The next question that is no repetition."""
    question = await house.trunk.request("OPTIONS")
    while question.cseq.number == last.cseq.number:
        question = await house.trunk.request("OPTIONS")
    return question


@pytest.mark.parametrize("status", [200, 401, 405])
async def test_any_answer_shows_that_a_trunk_is_there(status: int) -> None:
    async with opened(trunk={"keepalive": True}) as house:
        for _ in range(4):
            house.trunk.reply(await house.trunk.request("OPTIONS"), status)
            await house.advance(30)
        assert house.usable() == ["acme"]


# REGISTER


async def accepted(peer: Peer, register: Request, expires: int = 600) -> None:
    """The registrar's answer, with our contact and its seconds."""
    assert register.contact is not None
    response = register.reply(200, to_tag="peer")
    response.headers.set("Contact", str(register.contact.with_param("expires", str(expires))))
    peer.send(response)


async def test_a_trunk_is_told_where_we_are_with_the_password_it_asks_for() -> None:
    async with opened(trunk=REGISTERING) as house:
        register = await house.trunk.request("REGISTER")
        assert (register.uri, str(register.to.uri)) == (
            f"sip:{TRUNK_HOST}:{house.trunk.wire.address[1]}",
            f"sip:us@{TRUNK_HOST}:{house.trunk.wire.address[1]}",
        )
        assert (register.expires, register.contact and register.contact.uri.port) == (600, house.agent.port)
        assert house.usable() == []
        challenges = [("WWW-Authenticate", str(each)) for each in GATE.challenges(0)]
        house.trunk.reply(register, 401, headers=challenges)
        again = await house.trunk.request("REGISTER")
        credentials = Credentials.parse(again.headers.get("Authorization"))
        assert credentials is not None
        assert (
            GATE.verify(credentials, "REGISTER", ha1("us", "acme.example", "open sesame", "SHA-256"), 1) == "accepted"
        )
        assert (again.call_id, again.cseq.number) == (register.call_id, register.cseq.number + 1)
        await accepted(house.trunk, again)
        await house.settle()
        assert house.usable() == ["acme"]


async def test_a_registration_is_renewed_at_four_fifths_of_what_was_granted() -> None:
    async with opened(trunk=REGISTERING) as house:
        first = await house.trunk.request("REGISTER")
        await accepted(house.trunk, first, 100)
        await house.advance(79)
        await house.trunk.nothing()
        await house.advance(1)
        second = await house.trunk.request("REGISTER")
        assert (second.call_id, second.cseq.number) == (first.call_id, first.cseq.number + 1)


async def test_a_registration_is_made_longer_where_that_is_asked() -> None:
    async with opened(trunk=REGISTERING) as house:
        house.trunk.reply(await house.trunk.request("REGISTER"), 423, headers=[("Min-Expires", "1800")])
        register = await house.trunk.request("REGISTER")
        assert register.expires == 1800
        house.trunk.reply(register, 423, headers=[("Min-Expires", "1800")])
        await house.trunk.nothing()


async def test_a_registration_that_fails_is_tried_again_ever_later() -> None:
    async with opened(trunk=REGISTERING) as house:
        for _ in range(2):
            house.trunk.reply(await house.trunk.request("REGISTER"), 403)
            await house.settle()
            assert house.usable() == []
            await house.advance(3.9)
            await house.trunk.nothing()
            await house.advance(9)
        await accepted(house.trunk, await house.trunk.request("REGISTER"))
        await house.settle()
        assert house.usable() == ["acme"]


async def test_a_trunk_that_cannot_be_reached_is_not_registered() -> None:
    async with opened(trunk={**REGISTERING, "transport": "tcp"}) as house:
        assert house.usable() == []


async def test_a_registration_is_taken_back_at_the_end() -> None:
    async with opened(trunk=REGISTERING) as house:
        await accepted(house.trunk, await house.trunk.request("REGISTER"))
        house.trunk.invite("us")
        leg = await house.next_call()
        await house.agent.stop()
        assert (await event(leg, Ended)).by == "local"
        await house.trunk.response(603)
        assert (await house.trunk.request("REGISTER")).expires == 0


# Settings

GOOD = TrunkSettings(name="acme", host="sip.acme.example", inventory=("+19495551234",), addresses=("192.0.2.0/24",))
BAD_TRUNKS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"host": ""}, "host"),
    ({"port": 70000}, "port"),
    ({"register": True}, "register"),
    ({"expires": 10}, "expires"),
    ({"codecs": ()}, "codecs"),
    ({"addresses": ("nowhere",)}, "addresses"),
    ({"inventory": ("12",)}, "inventory"),
    ({"cost": "-1"}, "cost"),
    ({"cost": "much"}, "cost"),
]
BAD_SIP: list[tuple[dict[str, Any], str]] = [
    ({"port": -1}, "port"),
    ({"tls_port": 5061}, "tls_port"),
    ({"realm": 'a"b'}, "realm"),
    ({"shortest_registration": 7200}, "shortest_registration"),
    ({"session_seconds": 60}, "session_seconds"),
    ({"digest_algorithms": ()}, "digest_algorithms"),
    ({"most_calls": 0}, "most_calls"),
]


def test_good_settings_have_no_problems() -> None:
    assert list(trunk_problems(GOOD)) == []
    assert list(sip_problems(SipSettings())) == []


@pytest.mark.parametrize(("changes", "names"), BAD_TRUNKS)
def test_what_is_wrong_with_a_trunk(changes: dict[str, Any], names: str) -> None:
    settings = {"name": "acme", "host": "sip.acme.example", **changes}
    (problem,) = trunk_problems(TrunkSettings(**settings))
    assert problem.startswith(f"{names}: ")


@pytest.mark.parametrize(("changes", "names"), BAD_SIP)
def test_what_is_wrong_with_sip(changes: dict[str, Any], names: str) -> None:
    (problem,) = sip_problems(SipSettings(**changes))
    assert problem.startswith(names)


def test_two_trunks_of_one_name() -> None:
    assert "two trunks have the name 'acme'" in next(iter(trunks_problems([GOOD, GOOD])))
