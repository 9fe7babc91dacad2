"""Secured legs without a socket: who is believed, who is not, and when it ends."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media.secure_parts import COMPOUND, OTHER, OURS, PEER, THEIRS, check, packet, remote

from cordboard.edge.media.dtls import DtlsHandshake, DtlsIdentity
from cordboard.edge.media.ice import CONSENT_SECONDS
from cordboard.edge.media.secure_leg import DtlsLeg, Fed, SdesLeg, SecureLeg, open_secure_leg
from cordboard.wire.sdp.media import RemoteMedia


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
    assert leg.protect_rtp(packet(8)) == b""
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
