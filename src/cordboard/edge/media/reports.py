"""Reports about legs: RTCP to and from their parties, and the figures for call control."""

from __future__ import annotations

from cordboard.edge.media.arrivals import Arrivals
from cordboard.edge.media.jitter import JitterBuffers
from cordboard.edge.media.legs import Leg
from cordboard.edge.media.ports import Address
from cordboard.edge.media.protocol import LegStatistics
from cordboard.edge.media.transmission import Transmission
from cordboard.wire.audio.frames import FRAME_SAMPLES, SAMPLES_PER_MS
from cordboard.wire.rtp.errors import MalformedPacketError
from cordboard.wire.rtp.mos import mean_opinion
from cordboard.wire.rtp.rtcp import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    build_compound,
    middle_of,
    ntp_time,
    parse_compound,
    round_trip,
)

REPORT_TICKS = 250
"""Between two reports of a leg: 5 s."""

_DELAY_UNITS = 65536
_LARGEST_COUNT = 0xFFFFFFFF


class Reporting:
    """RTCP for all legs. `cname` is the name that ours go under. NTP times count from the engine's own clock, which
    only has to be the same for all of a sender's reports.
    """

    def __init__(self, cname: str, arrivals: Arrivals, jitter: JitterBuffers, transmission: Transmission) -> None:
        self._cname = cname
        self._arrivals = arrivals
        self._jitter = jitter
        self._transmission = transmission

    def hear(self, leg: Leg, datagram: bytes, now: float) -> None:
        """A party's compound packet. What is malformed is counted as refused."""
        try:
            packets = parse_compound(datagram)
        except MalformedPacketError:
            leg.latch.refuse()
            return
        for packet in packets:
            self._hear(leg, packet, now)

    def report(self, leg: Leg, now: float) -> None:
        """Sends a leg's party how it is received and what we sent."""
        self._send(leg, [self._report(leg, now), SourceDescription(leg.ssrc, self._cname)])

    def farewell(self, leg: Leg, now: float) -> None:
        """Tells the party that the stream is over."""
        self._send(leg, [self._report(leg, now), Goodbye((leg.ssrc,))])

    def statistics(self, leg: Leg) -> LegStatistics:
        """The figures of a leg until now."""
        totals, late = self._arrivals.totals(leg.slot), int(self._jitter.late[leg.slot])
        jitter_ms = totals.jitter / SAMPLES_PER_MS
        codec = leg.remote.codec if leg.remote is not None else ""
        round_trip_ms = None if leg.reports.round_trip is None else leg.reports.round_trip * 1000
        opinion = 0.0
        if totals.received:
            loss = 100 * (totals.lost + late) / totals.expected
            opinion = mean_opinion(codec, loss_percent=loss, jitter_ms=jitter_ms, round_trip_ms=round_trip_ms or 0.0)
        address = leg.address
        return LegStatistics(
            codec=codec,
            packets_received=totals.received,
            packets_sent=int(self._transmission.sent[leg.slot]),
            lost=totals.lost,
            duplicated=totals.duplicated,
            late=late,
            refused=leg.refused,
            jitter_ms=round(jitter_ms, 2),
            round_trip_ms=None if round_trip_ms is None else round(round_trip_ms, 2),
            mos=round(opinion, 2),
            remote=f"{address[0]}:{address[1]}" if address else "",
        )

    def _hear(self, leg: Leg, packet: RtcpPacket, now: float) -> None:
        if isinstance(packet, SenderReport):
            leg.reports.last_sr = middle_of(packet.ntp)
            leg.reports.last_sr_at = now
        if isinstance(packet, SenderReport | ReceiverReport):
            for block in packet.blocks:
                if block.ssrc == leg.ssrc and (trip := round_trip(block, ntp_time(now))) is not None:
                    leg.reports.round_trip = trip

    def _report(self, leg: Leg, now: float) -> SenderReport | ReceiverReport:
        blocks = self._blocks(leg, now)
        sent = int(self._transmission.sent[leg.slot])
        if not sent:
            return ReceiverReport(leg.ssrc, blocks)
        return SenderReport(
            ssrc=leg.ssrc,
            ntp=ntp_time(now),
            timestamp=int(self._transmission.timestamp[leg.slot]),
            packets=sent & _LARGEST_COUNT,
            octets=sent * FRAME_SAMPLES & _LARGEST_COUNT,
            blocks=blocks,
        )

    def _blocks(self, leg: Leg, now: float) -> tuple[ReportBlock, ...]:
        source = self._arrivals.source(leg.slot)
        if source is None:
            return ()
        report = self._arrivals.report(leg.slot)
        heard = leg.reports.last_sr != 0
        block = ReportBlock(
            ssrc=source,
            fraction_lost=report.fraction_lost,
            cumulative_lost=report.lost,
            highest_sequence=report.highest_sequence,
            jitter=int(report.jitter),
            last_sr=leg.reports.last_sr,
            delay=int((now - leg.reports.last_sr_at) * _DELAY_UNITS) & _LARGEST_COUNT if heard else 0,
        )
        return (block,)

    def _send(self, leg: Leg, packets: list[RtcpPacket]) -> None:
        address = _rtcp_address(leg)
        if address is None:
            return
        datagram = build_compound(packets)
        muxed = leg.secure is not None or (leg.remote is not None and leg.remote.rtcp_mux)
        socket = leg.sockets.rtp if muxed else leg.sockets.rtcp
        try:
            socket.sendto(leg.secure.protect_rtcp(datagram) if leg.secure else datagram, address)
        except OSError:
            self._transmission.unsent += 1


def _rtcp_address(leg: Leg) -> Address | None:
    """Where a leg's RTCP goes: with the RTP, to a port of its own, or to the one after (RFC 3605, RFC 5761)."""
    address = leg.address
    if leg.remote is None or address is None:
        return None
    if leg.secure is not None or leg.remote.rtcp_mux:
        return address
    port = leg.remote.rtcp_port or address[1] + 1
    return (address[0], port) if port < 1 << 16 else None
