"""Handshakes in memory: keys for whom the SDP announced, and for nobody else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.media.secure_parts import COMPOUND, OURS, THEIRS, packet

from cordboard.edge.media.dtls import HANDSHAKE_SECONDS, LARGEST_DATAGRAM, MOST_DATAGRAMS, DtlsHandshake


def exchange(left: DtlsHandshake, right: DtlsHandshake) -> list[bytes]:
    """Carries flights until both are silent; all datagrams."""
    carried: list[bytes] = []
    left.start()
    right.start()
    for _ in range(20):
        flights = (left.take_outgoing(), right.take_outgoing())
        for datagram in flights[0]:
            right.receive(datagram)
        for datagram in flights[1]:
            left.receive(datagram)
        carried += [*flights[0], *flights[1]]
    return carried


def handshakes(fingerprint: str = "") -> tuple[DtlsHandshake, DtlsHandshake]:
    """A client that expects `fingerprint`, and a server."""
    client = DtlsHandshake(OURS, fingerprint or THEIRS.fingerprint, active=True, now=0.0)
    return client, DtlsHandshake(THEIRS, OURS.fingerprint, active=False, now=0.0)


def test_both_sides_have_the_same_keys() -> None:
    client, server = handshakes()
    datagrams = exchange(client, server)
    assert client.srtp is not None
    assert server.srtp is not None
    assert server.srtp.unprotect_rtp(client.srtp.protect_rtp(packet()) or b"") == packet()
    assert client.srtp.unprotect_rtcp(server.srtp.protect_rtcp(COMPOUND) or b"") == COMPOUND
    assert max(map(len, datagrams)) <= LARGEST_DATAGRAM
    assert client.next_wake(0.0) is None


def test_the_wrong_certificate_gives_no_keys() -> None:
    client, server = handshakes(OURS.fingerprint)
    exchange(client, server)
    assert client.srtp is None
    assert client.failed is not None
    assert "certificate" in client.failed


def test_a_repeated_flight_after_the_handshake_is_harmless() -> None:
    client, server = handshakes()
    for datagram in exchange(client, server):
        server.receive(datagram)
        client.receive(datagram)
    assert server.failed is client.failed is None
    assert not server.closed


@given(st.lists(st.binary(min_size=1, max_size=80).map(lambda octets: b"\x16\xfe\xfd" + octets), max_size=5))
def test_garbage_does_not_end_a_handshake(garbage: list[bytes]) -> None:
    client, server = handshakes()
    for datagram in garbage:
        server.receive(datagram)
    exchange(client, server)
    assert server.failed is not None or server.srtp is not None


def test_a_handshake_that_never_ends_is_given_up() -> None:
    _, server = handshakes()
    for _ in range(MOST_DATAGRAMS + 1):
        server.receive(b"\x16\xfe\xfd" + bytes(20))
    assert server.failed is not None
    waiting, _ = handshakes()
    waiting.start()
    due = waiting.next_wake(5.0)
    assert due is not None
    assert 5.0 < due <= 6.1, "the first repetition is due after a second"
    waiting.wake(HANDSHAKE_SECONDS - 0.1)
    assert waiting.failed is None
    waiting.wake(HANDSHAKE_SECONDS)
    assert waiting.failed is not None
