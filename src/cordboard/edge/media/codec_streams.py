"""The legs whose codec is neither law of G.711: their packets on the way to the codec processes, their frames back."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from cordboard.edge.media.codec_pool import CodecPool, Coded, Work
from cordboard.edge.media.jitter import JitterBuffers
from cordboard.edge.media.transmission import Transmission
from cordboard.wire.audio.frames import FRAME_SAMPLES, SAMPLE_RATE, Samples
from cordboard.wire.sdp.codecs import CodecName

MOST_FRAMES_WAITING = 8
"""Decoded frames of a leg; the oldest is dropped when a party's clock is faster."""

_CLOCKS: dict[CodecName, int] = {"G722": SAMPLE_RATE, "opus": 48_000}
"""RTP clocks; G.722 counts 8 kHz by a mistake that is kept (RFC 3551, section 4.5.2)."""

_NOTHING = b""


@dataclass(slots=True)
class _Stream:
    number: int
    codec: CodecName
    payload_type: int
    packets: dict[int, bytes] = field(default_factory=dict)
    frames: deque[Samples] = field(default_factory=lambda: deque(maxlen=MOST_FRAMES_WAITING))
    payload: bytes = b""
    started: bool = False

    @property
    def clock_factor(self) -> int:
        """Clock ticks of its RTP a sample."""
        return _CLOCKS[self.codec] // SAMPLE_RATE


class CodecStreams:
    """Streams by slot of their leg."""

    def __init__(self, pool: CodecPool, jitter: JitterBuffers, transmission: Transmission) -> None:
        self._pool = pool
        self._jitter = jitter
        self._transmission = transmission
        self._numbers = itertools.count(1)
        self._streams: dict[int, _Stream] = {}
        self._slot_of: dict[int, int] = {}

    def open(self, slot: int, codec: CodecName, payload_type: int) -> None:
        """A leg begins to use a codec, or goes on with it. Raises InvalidError where no process can carry it."""
        known = self._streams.get(slot)
        if known is not None and known.codec == codec:
            known.payload_type = payload_type
            return
        self.close(slot)
        stream = _Stream(next(self._numbers), codec, payload_type)
        self._pool.open(stream.number, codec)
        self._streams[slot] = stream
        self._slot_of[stream.number] = slot

    def close(self, slot: int) -> None:
        """A leg is closed, or back to G.711."""
        stream = self._streams.pop(slot, None)
        if stream is not None:
            del self._slot_of[stream.number]
            self._pool.close(stream.number)

    def to_samples(self, slot: int, timestamp: int) -> int:
        """An RTP timestamp of a leg in samples of 8 kHz."""
        return timestamp // self._streams[slot].clock_factor

    def take(self, slot: int, timestamp: int, payload: bytes) -> None:
        """A packet, until it is its turn."""
        place = self._jitter.mark(slot, timestamp)
        if place is not None:
            self._streams[slot].packets[place] = payload
            self._streams[slot].started = True

    def next_packets(self) -> dict[int, int]:
        """Which place of its ring each leg will play next."""
        return {slot: self._jitter.slot_of_next(slot) for slot in self._streams}

    def collect(self) -> dict[int, Samples]:
        """The frames that are to be heard now, by slot; the payloads that came with them are ready to be sent."""
        for coded in self._pool.collect():
            slot = self._slot_of.get(coded.stream)
            if slot is not None:
                self._take_coded(self._streams[slot], coded)
        return {slot: stream.frames.popleft() for slot, stream in self._streams.items() if stream.frames}

    def send(self) -> None:
        """Sends what has been encoded."""
        for slot, stream in self._streams.items():
            payload, stream.payload = stream.payload, _NOTHING
            if payload and not self._transmission.is_held(slot):
                timestamp = int(self._transmission.timestamp[slot]) * stream.clock_factor
                self._transmission.send(slot, payload, payload_type=stream.payload_type, timestamp=timestamp)

    def submit(self, places: dict[int, int], there: dict[int, bool], outgoing: Samples) -> None:
        """This tick's packets to decode and frames to encode."""
        work: list[Work] = []
        for slot, stream in self._streams.items():
            packet: bytes | None = _NOTHING
            if there[slot]:
                packet = stream.packets.pop(places[slot], None)
            elif stream.started and not stream.frames:
                packet = None
            work.append(Work(stream.number, packet, outgoing[slot].tobytes()))
        self._pool.submit(work)

    @staticmethod
    def _take_coded(stream: _Stream, coded: Coded) -> None:
        samples = np.frombuffer(coded.samples, np.int16)
        whole = len(samples) - len(samples) % FRAME_SAMPLES
        stream.frames.extend(samples[:whole].reshape(-1, FRAME_SAMPLES))
        stream.payload = coded.payload
