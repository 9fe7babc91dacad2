"""Packets that are no ordinary frames, one at a time: keys, other lengths and laws, other codecs, RTCP."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cordboard.edge.media.arrivals import Arrivals
from cordboard.edge.media.codec_streams import CodecStreams
from cordboard.edge.media.jitter import JitterBuffers
from cordboard.edge.media.legs import Leg, LegTable
from cordboard.edge.media.reports import Reporting
from cordboard.wire.audio.frames import FRAME_SAMPLES
from cordboard.wire.audio.g711 import A_LAW, MU_LAW
from cordboard.wire.rtp.demux import kind_of
from cordboard.wire.rtp.errors import MalformedPacketError
from cordboard.wire.rtp.packet import RtpPacket
from cordboard.wire.rtp.telephone_event import TelephoneEvent

LONGEST_PACKET_FRAMES = 6
"""120 ms of G.711 in one packet."""

_A_TO_MU = MU_LAW.compress(A_LAW.expand(np.arange(256, dtype=np.uint8))).tobytes()
_MU_TO_A = A_LAW.compress(MU_LAW.expand(np.arange(256, dtype=np.uint8))).tobytes()


class Inbound:
    """Takes packets whose source is certain. `pressed` hears of a slot and the key that went down."""

    def __init__(
        self,
        legs: LegTable,
        arrivals: Arrivals,
        jitter: JitterBuffers,
        codecs: CodecStreams,
        reporting: Reporting,
        pressed: Callable[[Leg, str], None],
    ) -> None:
        self._legs = legs
        self._arrivals = arrivals
        self._jitter = jitter
        self._codecs = codecs
        self._reporting = reporting
        self._pressed = pressed

    def take(self, slot: int, datagram: bytes, now: float) -> None:
        """A datagram for the leg in a slot."""
        leg = self._legs.at(slot)
        if leg is None or leg.remote is None:
            return
        if kind_of(datagram) == "rtcp":
            self._reporting.hear(leg, datagram, now)
            return
        try:
            packet = RtpPacket.parse(datagram)
            self._take_packet(leg, packet, now)
        except MalformedPacketError:
            leg.latch.refuse()

    def _take_packet(self, leg: Leg, packet: RtpPacket, now: float) -> None:
        if leg.remote is None:
            return
        if packet.payload_type == leg.remote.event_type:
            self._take_event(leg, packet, now)
            return
        codec = leg.remote.receive_types.get(packet.payload_type)
        if codec is None or (codec in ("PCMU", "PCMA")) == leg.coded or (leg.coded and codec != leg.remote.codec):
            raise MalformedPacketError("a payload type that was not agreed on")
        timestamp = packet.timestamp if not leg.coded else self._codecs.to_samples(leg.slot, packet.timestamp)
        if not self._arrivals.take_one(leg.slot, packet.sequence, timestamp, packet.ssrc, now):
            return
        if leg.coded:
            self._codecs.take(leg.slot, timestamp, packet.payload)
        else:
            self._write(leg, timestamp, packet.payload, codec == "PCMA")

    def _take_event(self, leg: Leg, packet: RtpPacket, now: float) -> None:
        event = TelephoneEvent.parse(packet.payload)
        if self._arrivals.take_one(leg.slot, packet.sequence, None, packet.ssrc, now):
            key = leg.keys.hear(packet.timestamp, event)
            if key is not None:
                self._pressed(leg, key)

    def _write(self, leg: Leg, timestamp: int, payload: bytes, a_law: bool) -> None:
        """Into the ring, in the ring's law."""
        if not 0 < len(payload) <= LONGEST_PACKET_FRAMES * FRAME_SAMPLES:
            raise MalformedPacketError(f"{len(payload)} samples in a packet")
        if a_law != leg.a_law:
            payload = payload.translate(_A_TO_MU if a_law else _MU_TO_A)
        silence = A_LAW.silence if leg.a_law else MU_LAW.silence
        self._jitter.write(leg.slot, timestamp, payload, silence)
