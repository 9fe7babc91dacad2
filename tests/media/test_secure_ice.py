"""Connectivity checks: who is answered what, and where media goes then."""

from __future__ import annotations

import pytest
from tests.media.secure_parts import OTHER, PEER, TRANSACTION, check

from cordboard.edge.media.ice import CONSENT_SECONDS, MOST_ADDRESSES, IceResponder
from cordboard.wire.rtp.stun import BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, Attribute, build, parse


def responder() -> IceResponder:
    ice = IceResponder("ours", "secret")
    ice.set_remote("theirs")
    return ice


def test_a_check_is_answered_with_where_it_came_from() -> None:
    ice = responder()
    answer = ice.receive(check("ours:theirs", "secret"), PEER, 1.0)
    assert answer is not None
    message = parse(answer)
    assert (message.kind, message.transaction, message.mapped_address) == (BINDING_SUCCESS, TRANSACTION, PEER)
    assert message.is_from("secret")
    assert ice.address == PEER
    assert ice.consent_ends == 1.0 + CONSENT_SECONDS


@pytest.mark.parametrize(
    ("datagram", "code"),
    [
        (check("ours:theirs", None), 400),
        (build(BINDING_REQUEST, TRANSACTION, [], "secret"), 400),
        (check("ours:theirs", "guess"), 401),
        (check("mine:theirs", "secret"), 401),
        (check("ours:others", "secret"), 401),
        (check("ours:theirs", "secret", (0x7001, b"")), 420),
        (check("ours:theirs", "secret", (Attribute.ICE_CONTROLLED, bytes(8))), 487),
    ],
)
def test_checks_that_are_refused(datagram: bytes, code: int) -> None:
    ice = responder()
    answer = ice.receive(datagram, PEER, 1.0)
    assert answer is not None
    message = parse(answer)
    assert message.kind == BINDING_ERROR
    error = message.get(Attribute.ERROR_CODE)
    assert error is not None
    assert error[2] * 100 + error[3] == code
    assert message.is_from("secret") == (code in {420, 487})
    assert (ice.address, ice.refused, ice.knows(PEER)) == (None, 1, False)


def test_what_asks_nothing_is_not_answered() -> None:
    ice = responder()
    assert ice.receive(b"\0\1garbage", PEER, 1.0) is None
    assert ice.refused == 1
    assert ice.receive(build(0x0011, TRANSACTION), PEER, 1.0) is None
    assert ice.receive(build(BINDING_SUCCESS, TRANSACTION, (), "secret"), PEER, 1.0) is None
    assert ice.address is None


def test_media_goes_where_the_peer_nominates() -> None:
    ice = responder()
    ice.receive(check("ours:theirs", "secret", nominate=False), OTHER, 1.0)
    assert ice.consent_ends is None, "nothing is nominated"
    ice.receive(check("ours:theirs", "secret"), PEER, 2.0)
    ice.receive(check("ours:theirs", "secret", nominate=False), OTHER, 3.0)
    assert ice.address == PEER
    ice.receive(check("ours:theirs", "secret"), OTHER, 4.0)
    assert ice.address == OTHER
    ice.receive(check("ours:theirs", "secret", nominate=False), OTHER, 9.0)
    assert ice.consent_ends == 9.0 + CONSENT_SECONDS


def test_only_so_many_addresses_are_remembered() -> None:
    ice = responder()
    ice.receive(check("ours:theirs", "secret"), PEER, 0.0)
    for port in range(1, MOST_ADDRESSES + 1):
        ice.receive(check("ours:theirs", "secret", nominate=False), ("192.0.2.8", port), float(port))
    assert ice.knows(PEER), "the one in use is never forgotten"
    assert not ice.knows(("192.0.2.8", 1))
    assert ice.knows(("192.0.2.8", MOST_ADDRESSES))
