"""One leg of ours on a real socket, driven by asyncio: enough of an engine to call a peer."""

from __future__ import annotations

import asyncio
import socket
from types import TracebackType

import numpy as np

from cordboard.edge.media.secure_leg import SecureLeg
from cordboard.wire.audio.frames import FRAME_SAMPLES, SAMPLE_RATE, Samples
from cordboard.wire.audio.g711 import MU_LAW
from cordboard.wire.audio.tones import tone_samples
from cordboard.wire.rtp.packet import RtpPacket
from cordboard.wire.sdp.media import LocalMedia, RemoteMedia


def dominant_frequency(samples: Samples, rate: int = SAMPLE_RATE) -> float:
    """The loudest frequency in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum[1:].argmax() + 1) * rate / len(samples)


def local_media(leg: SecureLeg, port: int, ssrc: int) -> LocalMedia:
    """Our side of a DTLS leg."""
    keys = leg.local
    return LocalMedia(
        host="127.0.0.1",
        port=port,
        ssrc=ssrc,
        security="dtls",
        ice_ufrag=keys.ice_ufrag,
        ice_pwd=keys.ice_pwd,
        fingerprint=keys.fingerprint,
    )


class SecureLink:
    """Sends a tone as PCMU every 20 ms once the leg is ready, and keeps what it hears."""

    def __init__(self, leg: SecureLeg, *, ssrc: int, frequency: float) -> None:
        self.leg = leg
        self.heard: list[Samples] = []
        self.rtcp: list[bytes] = []
        self.enough = asyncio.Event()
        self.failed = asyncio.Event()
        self._ssrc = ssrc
        self._tone = tone_samples((frequency,), 1000).reshape(-1, FRAME_SAMPLES)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._sequence = 0
        self._sender: asyncio.Task[None] | None = None

    async def __aenter__(self) -> SecureLink:
        asyncio.get_running_loop().add_reader(self._socket, self._receive)
        self._sender = asyncio.create_task(self._tick())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        self._socket.close()

    def connect(self, negotiated: RemoteMedia) -> None:
        """As the engine does on `ConnectLeg`."""
        self.leg.connect(negotiated, self._now())
        self._flush()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _receive(self) -> None:
        datagram, address = self._socket.recvfrom(2048)
        fed = self.leg.feed(datagram, address, self._now())
        self.rtcp += fed.rtcp
        for packet in fed.rtp:
            self.heard.append(MU_LAW.decode(RtpPacket.parse(packet).payload))
        if len(self.heard) >= 50:
            self.enough.set()
        if self.leg.failed is not None:
            self.failed.set()
        self._flush()

    def _flush(self) -> None:
        for datagram, address in self.leg.take_outgoing():
            self._socket.sendto(datagram, address)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            due = self.leg.next_wake(self._now())
            if due is not None and due <= self._now():
                self.leg.wake(self._now())
                self._flush()
            if self.leg.ready and self.leg.remote_address is not None:
                self._socket.sendto(self.leg.protect_rtp(self._packet()), self.leg.remote_address)

    def _packet(self) -> bytes:
        frame = self._tone[self._sequence % len(self._tone)]
        self._sequence += 1
        return RtpPacket(
            payload_type=0,
            sequence=self._sequence,
            timestamp=self._sequence * FRAME_SAMPLES,
            ssrc=self._ssrc,
            payload=MU_LAW.encode(frame),
        ).pack()
