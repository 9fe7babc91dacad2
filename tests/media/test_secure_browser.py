"""ICE, DTLS and SRTP against a foreign WebRTC stack, over real sockets, in every role; frames flow both ways."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from tests.media.secure_link import SecureLink, dominant_frequency, local_media

from cordboard.edge.media.dtls import DtlsIdentity
from cordboard.edge.media.secure_leg import DtlsLeg, open_secure_leg
from cordboard.wire.audio.frames import Samples
from cordboard.wire.audio.tones import tone_samples
from cordboard.wire.sdp.media import RemoteMedia
from cordboard.wire.sdp.negotiation import accept_answer, answer_offer, build_offer

OURS, THEIRS = 1000.0, 440.0
SECONDS = 20


class Tone(MediaStreamTrack):
    """The peer's microphone."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames = tone_samples((THEIRS,), 1000).reshape(-1, 160)
        self._count = 0

    async def recv(self) -> av.AudioFrame:
        await asyncio.sleep(0.02)
        samples = self._frames[self._count % len(self._frames)]
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, self._count * 160, Fraction(1, 8000)
        self._count += 1
        return frame


@pytest.fixture(scope="module")
def identity() -> DtlsIdentity:
    return DtlsIdentity(datetime(2026, 1, 1, tzinfo=UTC))


def open_leg(identity: DtlsIdentity) -> DtlsLeg:
    leg = open_secure_leg("dtls", lambda: identity, secrets.token_bytes)
    assert isinstance(leg, DtlsLeg)
    return leg


async def heard_by(peer: RTCPeerConnection) -> Samples:
    """A second of what the peer hears, after the first sounds."""
    track = peer.getReceivers()[0].track
    parts: list[Samples] = []
    while len(parts) < 60:
        frame = await track.recv()
        assert isinstance(frame, av.AudioFrame)
        parts.append(frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)].astype(np.int16))
        rate = frame.sample_rate
    return np.concatenate(parts[10:])[:: rate // 8000]


async def assert_talk(peer: RTCPeerConnection, link: SecureLink) -> None:
    heard = await asyncio.wait_for(heard_by(peer), SECONDS)
    assert abs(dominant_frequency(heard) - OURS) < 10
    await asyncio.wait_for(link.enough.wait(), SECONDS)
    assert abs(dominant_frequency(np.concatenate(link.heard)) - THEIRS) < 10
    assert link.leg.failed is None
    assert link.leg.counts.refused == 0


async def test_a_browser_calls_us(identity: DtlsIdentity) -> None:
    leg, peer = open_leg(identity), RTCPeerConnection()
    async with SecureLink(leg, ssrc=0x1234, frequency=OURS) as link:
        peer.addTrack(Tone())
        await peer.setLocalDescription(await peer.createOffer())
        offer = peer.localDescription.sdp.encode()
        answer, negotiated = answer_offer(offer, local_media(leg, link.port, 0x1234))
        assert negotiated.codec == "PCMU"
        link.connect(negotiated)
        await peer.setRemoteDescription(RTCSessionDescription(answer.decode(), "answer"))
        await assert_talk(peer, link)
        await peer.close()
        assert link.rtcp


@pytest.mark.parametrize("setup", ["actpass", "active"])
async def test_we_call_a_browser(identity: DtlsIdentity, setup: str) -> None:
    """With `active` it is we who open the handshake."""
    leg, peer = open_leg(identity), RTCPeerConnection()
    async with SecureLink(leg, ssrc=0x1234, frequency=OURS) as link:
        local = local_media(leg, link.port, 0x1234)
        offer = build_offer(local).replace(b"setup:actpass", b"setup:" + setup.encode())
        peer.addTrack(Tone())
        await peer.setRemoteDescription(RTCSessionDescription(offer.decode(), "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        negotiated = accept_answer(offer, peer.localDescription.sdp.encode(), local)
        assert negotiated.dtls_active == (setup == "active")
        link.connect(negotiated)
        await assert_talk(peer, link)
        await peer.close()


async def test_a_stranger_with_another_certificate_gets_no_keys(identity: DtlsIdentity) -> None:
    leg, peer = open_leg(identity), RTCPeerConnection()
    async with SecureLink(leg, ssrc=0x1234, frequency=OURS) as link:
        peer.addTrack(Tone())
        await peer.setLocalDescription(await peer.createOffer())
        answer, negotiated = answer_offer(peer.localDescription.sdp.encode(), local_media(leg, link.port, 0x1234))
        link.connect(other_fingerprint(negotiated))
        await peer.setRemoteDescription(RTCSessionDescription(answer.decode(), "answer"))
        await asyncio.wait_for(link.failed.wait(), SECONDS)
        await peer.close()
        assert leg.failed is not None
        assert "certificate" in leg.failed
        assert not leg.ready
        assert leg.protect_rtp(bytes(200)) == b""
        assert not link.heard


def other_fingerprint(negotiated: RemoteMedia) -> RemoteMedia:
    fields = {name: getattr(negotiated, name) for name in RemoteMedia.__dataclass_fields__}
    return RemoteMedia(**fields | {"fingerprint": ":".join(["AB"] * 32)})
