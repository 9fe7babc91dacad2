"""A trunk by its port, beside others at the same address."""

from __future__ import annotations

import contextlib

from tests.sandbox_calls.house import House

from cordboard.edge.sip.conversation import _is_hidden
from cordboard.edge.sip.resolver import Resolver
from cordboard.edge.sip.settings import TrunkSettings
from cordboard.edge.sip.trunk_book import TrunkBook
from cordboard.testing.sip.peer import Peer
from cordboard.wire.sip.message import Request

SANDBOX = TrunkSettings(name="sandbox", host="127.0.0.1", port=5070, exact_port=True)
LOCAL = TrunkSettings(name="local", host="127.0.0.1")


def name_at(book: TrunkBook, port: int) -> str | None:
    request = Request("INVITE", "sip:1@here.example")
    request.headers.set("From", "<sip:2@there.example>;tag=f")
    request.headers.set("To", "<sip:1@here.example>")
    trunk = book.match("127.0.0.1", request, port)
    return trunk.name if trunk else None


async def test_a_trunk_is_told_by_its_port_where_others_share_its_address() -> None:
    book = TrunkBook([], lambda: 0.0)
    await book.add(SANDBOX, Resolver(lambda: 0.0))

    assert [name_at(book, port) for port in (5070, 5060)] == ["sandbox", None]
    assert (book.knows("127.0.0.1", 5070), book.knows("127.0.0.1", 5060)) == (True, False)

    await book.add(LOCAL, Resolver(lambda: 0.0))
    assert [name_at(book, port) for port in (5070, 5060)] == ["sandbox", "local"]
    assert book.usable() == ("sandbox", "local")


async def test_others_on_this_machine_are_no_handsets(house: House) -> None:
    stranger = await Peer.udp(("127.0.0.1", house.agent.port), "alice", "127.0.0.1")
    with contextlib.closing(stranger):
        stranger.send(stranger.build("INVITE", "sip:+19495550100@127.0.0.1"))
        assert (await stranger.response(401)).status == 401

    assert house.calls.empty()
    assert house.agent.trunks == ("sandbox",)


def test_who_is_at_loopback_is_spoken_to_there() -> None:
    assert _is_hidden("203.0.113.1", "127.0.0.1")
    assert not _is_hidden("127.0.0.2", "127.0.0.1")
    assert not _is_hidden("203.0.113.1", "203.0.113.1")
    assert _is_hidden("10.0.0.1", "8.8.8.8")
