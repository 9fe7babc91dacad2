"""The packets that go out: one a leg and tick, from buffers that are made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cordboard.edge.media.ports import Address
from cordboard.wire.audio.frames import FRAME_SAMPLES
from cordboard.wire.audio.g711 import A_LAW, MU_LAW
from cordboard.wire.rtp.packet import FLAGS_PLAIN, HEADER, HEADER_SIZE, MARKER

Send: TypeAlias = Callable[[bytes | memoryview, Address], int]
Protect: TypeAlias = Callable[[bytes], bytes]

PACKET_SIZE = HEADER_SIZE + FRAME_SAMPLES
_HEADER = Struct("!BBHII")


@dataclass(slots=True)
class Line:
    """Where and how a leg's packets go. `protect` makes SRTP of RTP, nothing while there are no keys."""

    send: Send
    address: Address
    protect: Protect | None = None
    a_law: bool = False
    frames: bool = True
    """Whether a G.711 frame goes out each tick; packets of other kinds are sent one by one."""


class Transmission:
    """The sending side of `capacity` legs: sequence numbers, timestamps (8 kHz) and counts by slot."""

    def __init__(self, capacity: int) -> None:
        self._packets = np.zeros((capacity, PACKET_SIZE), np.uint8)
        self._headers = self._packets[:, :HEADER_SIZE].view(HEADER)[:, 0]
        self._headers["flags"] = FLAGS_PLAIN
        self._views = [memoryview(self._packets[slot]) for slot in range(capacity)]
        self._octets = np.zeros((capacity, FRAME_SAMPLES), np.uint8)
        self._lines: dict[int, Line] = {}
        self._held: set[int] = set()
        self._sequence = np.zeros(capacity, np.uint16)
        self._sends = np.zeros(capacity, np.uint16)
        self._plan: list[tuple[Send, memoryview, Address]] = []
        self._protected: list[int] = []
        self._a_law = np.zeros(0, np.intp)
        self._changed = True
        self.timestamp = np.zeros(capacity, np.uint32)
        self.sent = np.zeros(capacity, np.int64)
        self.unsent = 0

    def reset(self, leg: int, *, ssrc: int, sequence: int, timestamp: int) -> None:
        """For a slot that has a new leg; the numbers are random (RFC 3550, section 5.1)."""
        self._headers["ssrc"][leg] = ssrc
        self._sequence[leg] = sequence
        self.timestamp[leg] = timestamp
        self.sent[leg] = 0

    def connect(self, leg: int, line: Line | None, payload_type: int = 0) -> None:
        """From now on a leg's packets go this way; None: it is sent nothing."""
        self._headers["type"][leg] = payload_type
        if line is None:
            self._lines.pop(leg, None)
        else:
            self._lines[leg] = line
        self._changed = True

    def line(self, leg: int) -> Line | None:
        """Where a leg's packets go, if anywhere."""
        return self._lines.get(leg)

    def hold(self, leg: int, *, held: bool) -> None:
        """While a leg is held, other packets take the place of its frames."""
        if held != (leg in self._held):
            self._held.symmetric_difference_update((leg,))
            self._changed = True

    def is_held(self, leg: int) -> bool:
        """Whether a leg is held."""
        return leg in self._held

    def tick(self, count: int) -> None:
        """The next frame: timestamps go on whether something is sent or not."""
        self.timestamp[:count] += FRAME_SAMPLES

    def skip(self, count: int, ticks: int) -> None:
        """Ticks that did not take place because the engine was stopped for a while."""
        self.timestamp[:count] += np.uint32(ticks * FRAME_SAMPLES & 0xFFFFFFFF)

    def send_frames(self, samples: NDArray[np.int16]) -> None:
        """Sends each leg its frame of `int16[count, 160]`, companded."""
        if self._changed:
            self._make_plan()
        count = len(samples)
        octets = self._octets[:count]
        MU_LAW.encode_table.take(samples.view(np.uint16), out=octets, mode="clip")
        if len(self._a_law):
            octets[self._a_law] = A_LAW.encode_table.take(samples[self._a_law].view(np.uint16))
        self._packets[:count, HEADER_SIZE:] = octets
        self._sequence[:count] += self._sends[:count]
        self.sent[:count] += self._sends[:count]
        self._headers["sequence"][:count] = self._sequence[:count]
        self._headers["timestamp"][:count] = self.timestamp[:count]
        self._send_planned()
        for leg in self._protected:
            self._transmit(self._lines[leg], self._packets[leg].tobytes())

    def send(self, leg: int, payload: bytes, *, payload_type: int, timestamp: int, marker: bool = False) -> None:
        """Sends one packet of another kind."""
        line = self._lines.get(leg)
        if line is None:
            return
        self._sequence[leg] += np.uint16(1)
        self.sent[leg] += 1
        second = payload_type | (MARKER if marker else 0)
        ssrc = int(self._headers["ssrc"][leg])
        header = _HEADER.pack(FLAGS_PLAIN, second, int(self._sequence[leg]), timestamp & 0xFFFFFFFF, ssrc)
        self._transmit(line, header + payload)

    def _make_plan(self) -> None:
        """Whom to send frames, in the order of the slots."""
        framed = {leg: line for leg, line in sorted(self._lines.items()) if line.frames and leg not in self._held}
        self._plan = [
            (line.send, self._views[leg], line.address) for leg, line in framed.items() if line.protect is None
        ]
        self._protected = [leg for leg, line in framed.items() if line.protect is not None]
        self._a_law = np.array([leg for leg, line in framed.items() if line.a_law], np.intp)
        self._sends[:] = 0
        self._sends[list(framed)] = 1
        self._changed = False

    def _send_planned(self) -> None:
        """An iterator goes on behind the packet that could not be sent: one `try` serves them all."""
        packets = iter(self._plan)
        while True:
            try:
                for send, packet, address in packets:
                    send(packet, address)
            except OSError:
                self.unsent += 1
            else:
                return

    def _transmit(self, line: Line, packet: bytes) -> None:
        if line.protect is not None:
            packet = line.protect(packet)
        try:
            if packet:
                line.send(packet, line.address)
        except OSError:
            self.unsent += 1
