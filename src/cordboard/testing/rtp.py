"""An RTP party for tests: sends tones or samples over a bad network if wanted, and measures what it hears.

It speaks G.711 over a real UDP socket and never waits: `send` gives the engine one packet's worth, `hear` takes what
has come. So a test that drives the engine's ticks by hand is exact.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cordboard.wire.audio.frames import FRAME_SAMPLES, SAMPLE_RATE, Samples
from cordboard.wire.audio.g711 import A_LAW, MU_LAW, Companding
from cordboard.wire.rtp.packet import RtpPacket
from cordboard.wire.rtp.telephone_event import TelephoneEvent, event_code

EVENT_TYPE = 101
_LAWS: dict[int, Companding] = {0: MU_LAW, 8: A_LAW}


@dataclass(slots=True)
class BadNetwork:
    """What happens to packets on their way out, by chance of `random`: shares of 0 to 1."""

    loss: float = 0.0
    duplicates: float = 0.0
    reordered: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(1))
    _held: bytes | None = None

    def pass_on(self, packet: bytes) -> list[bytes]:
        """What comes out when a packet goes in."""
        if self.random.random() < self.loss:
            return []
        if self._held is None and self.random.random() < self.reordered:
            self._held = packet
            return []
        out = [packet, packet] if self.random.random() < self.duplicates else [packet]
        if self._held is not None:
            out.append(self._held)
            self._held = None
        return out


def tone(frequency: float, amplitude: float = 8000.0) -> Iterator[Samples]:
    """Frames of a sine without end."""
    at = 0
    while True:
        times = np.arange(at, at + FRAME_SAMPLES) / SAMPLE_RATE
        yield np.rint(amplitude * np.sin(2 * np.pi * frequency * times)).astype(np.int16)
        at += FRAME_SAMPLES


def dominant_frequency(samples: NDArray[np.int16]) -> float:
    """The loudest frequency in Hz, to about a hertz; 0 where there is next to nothing."""
    wide = samples.astype(np.float64)
    if len(wide) == 0 or np.sqrt((wide**2).mean()) < 50:
        return 0.0
    size = 1 << 15
    spectrum = np.abs(np.fft.rfft(wide * np.hanning(len(wide)), size))
    return float(spectrum.argmax() * SAMPLE_RATE / size)


def level(samples: NDArray[np.int16], frequency: float) -> float:
    """The amplitude of a frequency in samples."""
    times = np.arange(len(samples)) / SAMPLE_RATE
    return float(2 * abs((samples * np.exp(-2j * np.pi * frequency * times)).mean()))


class RtpParty:
    """One party at a port of loopback."""

    def __init__(self, *, payload_type: int = 0, network: BadNetwork | None = None, ssrc: int = 0x1234) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port: int = self.socket.getsockname()[1]
        self.payload_type = payload_type
        self.network = network or BadNetwork()
        self.ssrc = ssrc
        self.sequence = 65_530
        self.timestamp = 0xFFFF_F000
        self.remote = ("127.0.0.1", 0)
        self.packets: list[RtpPacket] = []
        self.others: list[bytes] = []

    def close(self) -> None:
        """Gives the port back."""
        self.socket.close()

    def send(self, samples: Samples) -> None:
        """Sends samples, any number of them, as one packet."""
        self.send_payload(_LAWS[self.payload_type].encode(samples), self.payload_type)
        self.timestamp = (self.timestamp + len(samples)) & 0xFFFF_FFFF

    def send_payload(self, payload: bytes, payload_type: int, *, marker: bool = False) -> None:
        """Sends a payload under the present timestamp."""
        packet = RtpPacket(payload_type, self.sequence, self.timestamp, self.ssrc, payload, marker)
        self.sequence = (self.sequence + 1) & 0xFFFF
        for datagram in self.network.pass_on(packet.pack()):
            self.send_datagram(datagram)

    def send_datagram(self, datagram: bytes) -> None:
        """Sends anything."""
        self.socket.sendto(datagram, self.remote)

    def press(self, key: str, *, frames: int = 5, ends: int = 3) -> None:
        """Sends a key as a telephone event, all packets at once: `frames`, the last of which `ends` times."""
        for _ in self.pressing(key, frames=frames, ends=ends):
            pass

    def pressing(self, key: str, *, frames: int = 5, ends: int = 3) -> Iterator[None]:
        """The same, a packet each time that it is asked for the next."""
        code = event_code(key)
        for place in range(1, frames + ends):
            duration, end = min(place, frames) * FRAME_SAMPLES, place >= frames
            self.send_payload(TelephoneEvent(code, duration, end=end).pack(), EVENT_TYPE, marker=place == 1)
            yield
        self.timestamp = (self.timestamp + (frames + ends - 1) * FRAME_SAMPLES) & 0xFFFF_FFFF

    def hear(self) -> None:
        """Takes what has come."""
        while True:
            try:
                datagram = self.socket.recv(2048)
            except BlockingIOError:
                return
            if 192 <= datagram[1] < 224:
                self.others.append(datagram)
            else:
                self.packets.append(RtpPacket.parse(datagram))

    @property
    def audio(self) -> Samples:
        """What was heard so far, events left out."""
        parts = [_LAWS[p.payload_type].decode(p.payload) for p in self.packets if p.payload_type in _LAWS]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    @property
    def events(self) -> list[tuple[RtpPacket, TelephoneEvent]]:
        """The telephone events that came."""
        return [(p, TelephoneEvent.parse(p.payload)) for p in self.packets if p.payload_type == EVENT_TYPE]

    def forget(self) -> None:
        """Begins to listen anew."""
        self.packets.clear()
        self.others.clear()
