"""A browser's leg through a whole media server: ICE, DTLS and SRTP against a foreign WebRTC stack."""

from __future__ import annotations

import asyncio
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription

from cordboard.edge.media.client import MediaClient
from cordboard.edge.media.protocol import (
    CloseLeg,
    ConnectLeg,
    MediaEvent,
    MediaStarted,
    OpenLeg,
    Play,
    Record,
    ToneClip,
)
from cordboard.edge.media.server import MediaServer
from cordboard.edge.media.settings import MediaSettings
from cordboard.testing.rtp import dominant_frequency, tone
from cordboard.wire.audio.frames import Samples
from cordboard.wire.audio.wav import read_samples
from cordboard.wire.sdp.codecs import CodecName
from cordboard.wire.sdp.media import LocalMedia
from cordboard.wire.sdp.negotiation import answer_offer

_SETTINGS = MediaSettings(most_legs=4, codec_workers=1, ports="25000-25999")
_SECONDS = 20


class Microphone(MediaStreamTrack):
    """Says 440 Hz."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames = tone(440)
        self._at = 0

    async def recv(self) -> av.AudioFrame:
        """A frame every 20 ms."""
        await asyncio.sleep(0.02)
        frame = av.AudioFrame.from_ndarray(next(self._frames).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, self._at, Fraction(1, 8000)
        self._at += 160
        return frame


async def _listen(peer: RTCPeerConnection) -> Samples:
    """A second of what the browser hears, once there is sound."""
    track = peer.getReceivers()[0].track
    parts: list[Samples] = []
    while len(parts) < 60:
        frame = await track.recv()
        assert isinstance(frame, av.AudioFrame)
        samples = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels) * (frame.sample_rate // 8000)]
        if parts or np.abs(samples).max() > 1000:
            parts.append(samples.astype(np.int16))
    return np.concatenate(parts[10:])


@pytest.mark.parametrize("codec", ["PCMU", "opus"])
async def test_a_browser_hears_what_is_played_and_is_recorded(tmp_path: Path, codec: CodecName) -> None:
    stopping = threading.Event()
    server = MediaServer(_SETTINGS, tmp_path / "media.sock")
    thread = threading.Thread(target=server.run, args=(stopping.is_set,))
    thread.start()
    try:
        client = await MediaClient.connect(tmp_path / "media.sock")
        await _call(client, codec, tmp_path / "said.wav")
        await client.close()
        samples, _ = read_samples(await asyncio.to_thread((tmp_path / "said.wav").read_bytes))
        assert dominant_frequency(samples) == pytest.approx(440, abs=10)
    finally:
        stopping.set()
        thread.join()


async def _call(client: MediaClient, codec: CodecName, recording: Path) -> None:
    events: list[MediaEvent] = []
    client.on_event(events.append)
    opened = await client.request(OpenLeg("web", "dtls"))
    local = LocalMedia(
        host=opened.host,
        port=opened.port,
        ssrc=opened.ssrc,
        codecs=(codec,),
        security="dtls",
        ice_ufrag=opened.ice_ufrag,
        ice_pwd=opened.ice_pwd,
        fingerprint=opened.fingerprint,
    )
    peer = RTCPeerConnection()
    peer.addTrack(Microphone())
    await peer.setLocalDescription(await peer.createOffer())
    answer, remote = answer_offer(peer.localDescription.sdp.encode(), local)
    assert remote.codec == codec
    await client.request(ConnectLeg("web", remote))
    await client.request(Play(play="p", leg="web", clips=[ToneClip((1000.0,), 1000)], loops=0))
    await peer.setRemoteDescription(RTCSessionDescription(answer.decode(), "answer"))
    heard = await asyncio.wait_for(_listen(peer), _SECONDS)
    assert dominant_frequency(heard) == pytest.approx(1000, abs=10)
    await client.request(Record(record="r", path=str(recording), leg="web", direction="in"))
    await asyncio.sleep(0.6)
    figures = await client.request(CloseLeg("web"))
    await peer.close()
    assert MediaStarted("web") in events
    assert figures.packets_received > 20
    assert figures.packets_sent > 50
    assert figures.mos > 3
