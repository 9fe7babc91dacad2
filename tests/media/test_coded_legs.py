"""Legs whose codec is not G.711, and legs with SRTP: through the whole engine."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from itertools import islice, pairwise

import numpy as np
import pytest
from pylibsrtp import Policy, Session
from tests.media.house import House, open_house

from cordboard.edge.media.codecs import open_codec
from cordboard.edge.media.protocol import ConnectLeg, Done, Failed, JoinRoom, LegOpened, MediaStarted, OpenLeg
from cordboard.testing.rtp import RtpParty, dominant_frequency, level, tone
from cordboard.wire.rtp.packet import RtpPacket
from cordboard.wire.sdp.codecs import CodecName
from cordboard.wire.sdp.media import RemoteMedia

_CLOCKS: dict[CodecName, int] = {"G722": 8000, "opus": 48000}


def _remote(party: RtpParty, codec: CodecName, payload_type: int) -> RemoteMedia:
    return RemoteMedia(
        host="127.0.0.1",
        port=party.port,
        codec=codec,
        payload_type=payload_type,
        receive_types={payload_type: codec},
        event_type=101,
    )


@pytest.mark.parametrize("codec", ["G722", "opus"])
def test_a_party_with_another_codec_is_heard_and_hears(codec: CodecName) -> None:
    with open_house(codec_workers=1) as house:
        bob = house.add("bob", room="r")
        ann = RtpParty(ssrc=9)
        opened = house.ask(OpenLeg("ann"))
        assert isinstance(opened, LegOpened)
        assert house.ask(ConnectLeg("ann", _remote(ann, codec, 96))) == Done()
        house.ask(JoinRoom("r", "ann"))
        ann.remote = (opened.host, opened.port)
        house.parties["ann"] = ann
        coder = open_codec(codec)
        wait_for_helper(house, ann)
        house.talk = {"bob": tone(900)}
        for frame in islice(tone(500), 120):
            ann.send_payload(coder.encode(frame), 96)
            ann.timestamp = (ann.timestamp + _CLOCKS[codec] // 50) & 0xFFFFFFFF
            house.tick()
            time.sleep(0.004)  # the helper is a process of its own, which no virtual clock moves
        assert dominant_frequency(bob.audio[-4000:]) == pytest.approx(500, abs=5)
        assert level(bob.audio[-4000:], 500) > 5000
        packets = [packet for packet in ann.packets if packet.payload_type == 96]
        heard = np.concatenate([coder.decode(packet.payload) for packet in packets])
        assert dominant_frequency(heard[-4000:]) == pytest.approx(900, abs=5)
        assert len(packets) > 100
        stamps = [packet.timestamp for packet in packets[-20:]]
        assert {((b - a) & 0xFFFFFFFF) % (_CLOCKS[codec] // 50) for a, b in pairwise(stamps)} == {0}
        assert house.statistics("ann").codec == codec
        house.ask(ConnectLeg("ann", _remote(ann, "PCMU", 0)))
        ann.forget()
        house.tick(20)
        assert {packet.payload_type for packet in ann.packets} == {0}


def test_without_helpers_other_codecs_are_refused() -> None:
    with open_house() as house:
        party = house.add("ann")
        answer = house.ask(ConnectLeg("ann", _remote(party, "opus", 96)))
        assert isinstance(answer, Failed)
        assert answer.code == "invalid"
        assert house.statistics("ann").codec == "PCMU"


def wait_for_helper(house: House, party: RtpParty) -> None:
    """Waits until the helper process codes what the party is sent."""
    for _ in range(1000):
        house.tick()
        if party.packets:
            return
        time.sleep(0.01)
    raise TimeoutError("the codec process did not begin")


class SrtpParty(RtpParty):
    """A party that protects what it sends, with keys from the SDP."""

    def __init__(self, our_key: bytes, their_key: bytes) -> None:
        super().__init__(ssrc=31)
        profile = Policy.SRTP_PROFILE_AES128_CM_SHA1_80
        self._out = Session(Policy(key=our_key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
        self._in = Session(Policy(key=their_key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))

    def send_datagram(self, datagram: bytes) -> None:
        """Protected."""
        super().send_datagram(self._out.protect(datagram))

    def hear(self) -> None:
        """Unprotected."""
        while True:
            try:
                datagram = self.socket.recv(2048)
            except BlockingIOError:
                return
            if not 192 <= datagram[1] < 224:
                self.packets.append(RtpPacket.parse(self._in.unprotect(datagram)))


@pytest.fixture
def house() -> Iterator[House]:
    with open_house() as opened:
        yield opened


def test_a_leg_with_srtp_keys_is_bridged_with_a_plain_one(house: House) -> None:
    bob = house.add("bob", room="r")
    opened = house.ask(OpenLeg("ann", "sdes"))
    assert isinstance(opened, LegOpened)
    assert opened.srtp_key is not None
    key = bytes(range(30))
    ann = SrtpParty(key, base64.b64decode(opened.srtp_key))
    ann.remote = (opened.host, opened.port)
    house.parties["ann"] = ann
    remote = RemoteMedia(
        host="127.0.0.1",
        port=ann.port,
        codec="PCMU",
        payload_type=0,
        receive_types={0: "PCMU"},
        event_type=101,
        srtp_suite="AES_CM_128_HMAC_SHA1_80",
        srtp_key=base64.b64encode(key).decode(),
    )
    assert house.ask(ConnectLeg("ann", remote)) == Done()
    house.ask(JoinRoom("r", "ann"))
    house.talk = {"ann": tone(440), "bob": tone(1000)}
    house.tick(60)
    assert level(bob.audio[-4000:], 440) == pytest.approx(8000, rel=0.05)
    assert level(ann.audio[-4000:], 1000) == pytest.approx(8000, rel=0.05)
    assert "ann" in {event.leg for event in house.told(MediaStarted)}
    forger = RtpParty(ssrc=31)
    forger.remote = ann.remote
    forger.send(next(tone(440)))
    house.tick()
    forger.close()
    figures = house.statistics("ann")
    assert (figures.refused, figures.packets_received, figures.lost) == (1, 61, 0)


def test_keys_that_cannot_be_used_are_refused(house: House) -> None:
    assert isinstance(house.ask(OpenLeg("ann", "sdes")), LegOpened)
    party = house.add("bob")
    answer = house.ask(ConnectLeg("ann", _remote(party, "PCMU", 0)))
    assert isinstance(answer, Failed)
    assert answer.code == "invalid"


def test_a_leg_with_dtls_tells_what_its_sdp_needs(house: House) -> None:
    opened = house.ask(OpenLeg("ann", "dtls"))
    assert isinstance(opened, LegOpened)
    assert opened.ice_ufrag
    assert opened.ice_pwd
    assert opened.fingerprint
    assert len(opened.fingerprint.split(":")) == 32
