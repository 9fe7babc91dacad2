"""The security of legs without a socket: who is believed, who is not, and when it ends."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.edge.media.dtls import HANDSHAKE_SECONDS, LARGEST_DATAGRAM, MOST_DATAGRAMS, DtlsHandshake, DtlsIdentity
from cordboard.edge.media.ice import CONSENT_SECONDS, MOST_ADDRESSES, IceResponder
from cordboard.edge.media.protocol import RemoteMedia
from cordboard.edge.media.secure_leg import DtlsLeg, Fed, SdesLeg, SecureLeg, open_secure_leg
from cordboard.edge.media.srtp import DTLS_SUITES, SDES_SUITES, SrtpPair
from cordboard.wire.rtp.packet import RtpPacket
from cordboard.wire.rtp.rtcp import ReceiverReport, build_compound
from cordboard.wire.rtp.stun import BINDING_ERROR, BINDING_REQUEST, BINDING_SUCCESS, Attribute, build, parse

OURS = DtlsIdentity(datetime(2026, 1, 1, tzinfo=UTC))
THEIRS = DtlsIdentity(datetime(2026, 1, 1, tzinfo=UTC))
PEER, OTHER = ("192.0.2.7", 4000), ("198.51.100.9", 4001)
TRANSACTION = bytes(range(12))
COMPOUND = build_compound([ReceiverReport(7)])


def packet(sequence: int = 1, payload: bytes = bytes(160), ssrc: int = 7) -> bytes:
    return RtpPacket(0, sequence, sequence * 160, ssrc, payload).pack()


def remote(**changes: object) -> RemoteMedia:
    fields: dict[str, object] = {
        "host": PEER[0],
        "port": PEER[1],
        "codec": "PCMU",
        "payload_type": 0,
        "receive_types": {0: "PCMU"},
    }
    return RemoteMedia(**fields | changes)  # type: ignore[arg-type]  # the fields are those of each test


def check(username: str, password: str | None, *more: tuple[int, bytes], nominate: bool = True) -> bytes:
    attributes = [(Attribute.USERNAME, username.encode()), (Attribute.PRIORITY, bytes(4)), *more]
    attributes += [(Attribute.ICE_CONTROLLING, bytes(8))]
    attributes += [(Attribute.USE_CANDIDATE, b"")] if nominate else []
    return build(BINDING_REQUEST, TRANSACTION, attributes, password)


# --- ICE


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
    assert ice.address is None
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


# --- DTLS


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


# --- SRTP


@pytest.mark.parametrize("suite", [*SDES_SUITES.values(), *DTLS_SUITES.values()])
def test_every_suite_protects_both_kinds_and_takes_nothing_twice(suite: object) -> None:
    from_table = next(known for known in (*SDES_SUITES.values(), *DTLS_SUITES.values()) if known is suite)
    size = from_table.key_octets + from_table.salt_octets
    one = SrtpPair(from_table, bytes(size), b"\1" * size)
    two = SrtpPair(from_table, b"\1" * size, bytes(size))
    protected = one.protect_rtp(packet())
    assert protected is not None
    assert packet()[12:] not in protected
    assert two.unprotect_rtp(protected[:-1] + bytes([protected[-1] ^ 1])) is None
    assert two.unprotect_rtp(protected) == packet()
    assert two.unprotect_rtp(protected) is None, "replayed"
    assert one.protect_rtp(packet()) is None, "a sequence number is used once"
    reported = one.protect_rtcp(COMPOUND)
    assert reported is not None
    assert two.unprotect_rtcp(reported) == COMPOUND
    assert two.unprotect_rtcp(reported) is None


@given(st.binary(max_size=1600))
def test_nothing_raises_into_the_tick(datagram: bytes) -> None:
    pair = SrtpPair(SDES_SUITES["AES_CM_128_HMAC_SHA1_80"], bytes(30), bytes(30))
    assert pair.unprotect_rtp(datagram) is None
    assert pair.unprotect_rtcp(datagram) is None
    pair.protect_rtp(datagram)
    pair.protect_rtcp(datagram)


# --- SDES legs


def key(octet: int) -> str:
    return base64.b64encode(bytes([octet]) * 30).decode()


def sdes_legs() -> tuple[SdesLeg, SdesLeg]:
    """Two that know each other's keys; what ours thinks of the address is the SDP's."""
    ours, theirs = SdesLeg(key(1)), SdesLeg(key(2))
    suite = "AES_CM_128_HMAC_SHA1_80"
    ours.connect(remote(srtp_suite=suite, srtp_key=key(2)), 0.0)
    theirs.connect(remote(srtp_suite=suite, srtp_key=key(1)), 0.0)
    return ours, theirs


def test_keys_of_the_sdp_protect_both_ways() -> None:
    ours, theirs = sdes_legs()
    assert ours.feed(theirs.protect_rtp(packet()), PEER, 0.0).rtp == [packet()]
    assert theirs.feed(ours.protect_rtp(packet(ssrc=9)), OTHER, 0.0).rtp == [packet(ssrc=9)]
    assert ours.feed(theirs.protect_rtcp(COMPOUND), PEER, 0.0) == Fed(rtcp=[COMPOUND])
    assert ours.refused == 0


def test_the_first_authentic_packet_says_where_the_peer_is() -> None:
    ours, theirs = sdes_legs()
    assert ours.remote_address == PEER
    assert ours.feed(packet(), OTHER, 0.0) == Fed()
    assert (ours.remote_address, ours.counts.refused) == (PEER, 1)
    behind_nat = ("203.0.113.5", 9)
    ours.feed(theirs.protect_rtp(packet(1)), behind_nat, 0.0)
    assert ours.remote_address == behind_nat
    assert ours.feed(theirs.protect_rtp(packet(2)), OTHER, 0.0) == Fed()
    assert (ours.remote_address, ours.counts.stray) == (behind_nat, 1)


def test_a_new_negotiation_keeps_what_did_not_change() -> None:
    ours, theirs = sdes_legs()
    first = theirs.protect_rtp(packet(1))
    ours.feed(first, OTHER, 0.0)
    same = remote(srtp_suite="AES_CM_128_HMAC_SHA1_80", srtp_key=key(2))
    ours.connect(same, 0.0)
    assert ours.remote_address == OTHER
    assert ours.feed(first, OTHER, 0.0) == Fed(), "replay protection outlives a new offer"
    ours.connect(remote(srtp_suite="AES_CM_128_HMAC_SHA1_80", srtp_key=key(2), port=5000), 0.0)
    assert ours.remote_address == (PEER[0], 5000)


def test_without_keys_nothing_comes_or_goes() -> None:
    leg = SdesLeg(key(1))
    assert not leg.ready
    assert leg.protect_rtp(packet()) == leg.protect_rtcp(COMPOUND) == b""
    assert leg.feed(packet(), PEER, 0.0) == Fed()
    for bad in ({}, {"srtp_suite": "AES_256", "srtp_key": key(1)}, {"srtp_suite": "AES_CM_128_HMAC_SHA1_80"}):
        with pytest.raises(ValueError, match=r"srtp_suite|not one of"):
            leg.connect(remote(**bad), 0.0)
    for text in ("?", "AAAA"):
        with pytest.raises(ValueError, match="SRTP key") as raised:
            leg.connect(remote(srtp_suite="AES_CM_128_HMAC_SHA1_80", srtp_key=text), 0.0)
        assert text not in str(raised.value)


# --- DTLS legs


class Browser:
    """The other side of a DTLS leg, in memory."""

    def __init__(self, leg: DtlsLeg, identity: DtlsIdentity = THEIRS) -> None:
        self.leg = leg
        self.dtls = DtlsHandshake(identity, OURS.fingerprint, active=True, now=0.0)
        self.answers: list[bytes] = []

    def check(self, address: tuple[str, int] = PEER, now: float = 0.0, ufrag: str = "theirs") -> None:
        local = self.leg.local
        self.leg.feed(check(f"{local.ice_ufrag}:{ufrag}", local.ice_pwd), address, now)
        self.answers += [datagram for datagram, _ in self.leg.take_outgoing() if datagram[0] < 4]

    def handshake(self, address: tuple[str, int] = PEER) -> None:
        self.dtls.start()
        for _ in range(10):
            for datagram in self.dtls.take_outgoing():
                self.leg.feed(datagram, address, 0.0)
            for datagram, _ in self.leg.take_outgoing():
                self.dtls.receive(datagram)

    def send(self, number: int, address: tuple[str, int] = PEER) -> Fed:
        assert self.dtls.srtp is not None
        return self.leg.feed(self.dtls.srtp.protect_rtp(packet(number)) or b"", address, 0.0)


def browser_remote(identity: DtlsIdentity = THEIRS, ufrag: str = "theirs") -> RemoteMedia:
    return remote(ice_ufrag=ufrag, ice_pwd="p" * 22, fingerprint=identity.fingerprint)


def connected() -> tuple[DtlsLeg, Browser]:
    leg = DtlsLeg(OURS, "ours", "secret" * 4)
    leg.connect(browser_remote(), 0.0)
    browser = Browser(leg)
    browser.check()
    browser.handshake()
    return leg, browser


def test_a_browser_is_believed_after_check_and_handshake() -> None:
    leg, browser = connected()
    assert len(browser.answers) == 1
    assert leg.ready
    assert leg.remote_address == PEER
    assert browser.send(1).rtp == [packet(1)]
    assert browser.dtls.srtp is not None
    assert browser.dtls.srtp.unprotect_rtp(leg.protect_rtp(packet(5))) == packet(5)
    assert browser.dtls.srtp.unprotect_rtcp(leg.protect_rtcp(COMPOUND)) == COMPOUND
    assert leg.refused == 0


def test_nobody_else_is() -> None:
    leg, browser = connected()
    assert browser.send(1, OTHER) == Fed()
    assert leg.feed(b"\x16\xfe\xfd" + bytes(40), OTHER, 0.0) == Fed()
    assert leg.feed(b"\x40\x00", PEER, 0.0) == Fed()
    assert leg.counts.stray == 3
    assert leg.feed(packet(2), PEER, 0.0) == Fed()
    assert leg.feed(b"\0\1nonsense", PEER, 0.0) == Fed()
    assert leg.counts.refused == 2


def test_a_handshake_may_begin_before_the_answer_is_here() -> None:
    leg = DtlsLeg(OURS, "ours", "secret" * 4)
    browser = Browser(leg)
    browser.check()
    browser.dtls.start()
    for datagram in browser.dtls.take_outgoing():
        leg.feed(datagram, PEER, 0.0)
    assert leg.take_outgoing() == []
    leg.connect(browser_remote(), 0.0)
    for datagram, _ in leg.take_outgoing():
        browser.dtls.receive(datagram)
    browser.handshake()
    assert leg.ready


def test_consent_ends_and_comes_back() -> None:
    leg, browser = connected()
    assert leg.next_wake(0.0) == CONSENT_SECONDS
    browser.check(now=10.0)
    assert leg.next_wake(10.0) == 10.0 + CONSENT_SECONDS
    leg.wake(10.0 + CONSENT_SECONDS)
    assert not leg.ready
    assert leg.protect_rtp(packet(9)) == b""
    assert leg.next_wake(50.0) is None
    browser.check(now=60.0)
    assert leg.ready


def test_a_browser_may_move() -> None:
    leg, browser = connected()
    browser.check(OTHER, 1.0)
    assert leg.remote_address == OTHER
    assert browser.send(3, OTHER).rtp == [packet(3)]
    assert browser.send(4, PEER).rtp == [packet(4)], "what is still under way from the old address counts"


def test_a_new_offer_keeps_the_keys_unless_the_certificate_is_new() -> None:
    leg, browser = connected()
    leg.connect(browser_remote(ufrag="again"), 1.0)
    assert leg.ready
    assert browser.send(1).rtp == [packet(1)]
    browser.check(OTHER, 2.0)
    assert leg.remote_address == PEER, "the old user fragment counts no more"
    browser.check(OTHER, 2.0, ufrag="again")
    assert leg.remote_address == OTHER
    leg.connect(browser_remote(OURS), 3.0)
    assert not leg.ready
    again = Browser(leg, OURS)
    again.handshake(OTHER)
    assert leg.ready


def test_we_open_the_handshake_when_it_is_ours_to_open() -> None:
    leg = DtlsLeg(OURS, "ours", "secret" * 4)
    leg.connect(remote(ice_ufrag="theirs", fingerprint=THEIRS.fingerprint, dtls_active=True), 0.0)
    assert leg.take_outgoing() == [], "there is nobody yet to open it with"
    server = DtlsHandshake(THEIRS, OURS.fingerprint, active=False, now=0.0)
    leg.feed(check("ours:theirs", "secret" * 4), PEER, 0.0)
    for _ in range(10):
        for datagram, address in leg.take_outgoing():
            assert address == PEER
            if datagram[0] >= 20:
                server.receive(datagram)
        for datagram in server.take_outgoing():
            leg.feed(datagram, PEER, 0.0)
    assert leg.ready


def test_dtls_needs_a_fingerprint() -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        DtlsLeg(OURS, "ours", "secret").connect(remote(ice_ufrag="theirs"), 0.0)


@given(st.lists(st.tuples(st.sampled_from([PEER, OTHER]), st.binary(max_size=200)), max_size=10))
def test_whatever_comes_to_the_socket_raises_nothing(datagrams: list[tuple[tuple[str, int], bytes]]) -> None:
    legs: list[SecureLeg] = [sdes_legs()[0], DtlsLeg(OURS, "ours", "secret" * 4)]
    legs[1].connect(browser_remote(), 0.0)
    for leg in legs:
        for address, datagram in datagrams:
            assert leg.feed(datagram, address, 0.0) == Fed()
        leg.wake(100.0)
        leg.take_outgoing()


def test_legs_are_opened_by_their_kind() -> None:
    def draw(size: int) -> bytes:
        return bytes(range(size))

    assert open_secure_leg("none", lambda: OURS, draw) is None
    sdes = open_secure_leg("sdes", lambda: OURS, draw)
    assert sdes is not None
    assert sdes.local.srtp_key == base64.b64encode(bytes(range(30))).decode()
    dtls = open_secure_leg("dtls", lambda: OURS, draw)
    assert dtls is not None
    assert dtls.local.fingerprint == OURS.fingerprint
    assert dtls.local.ice_ufrag is not None
    assert dtls.local.ice_pwd is not None
    assert (len(dtls.local.ice_ufrag), len(dtls.local.ice_pwd)) == (8, 32)
    with pytest.raises(ValueError, match="not one of"):
        open_secure_leg("zrtp", lambda: OURS, draw)
