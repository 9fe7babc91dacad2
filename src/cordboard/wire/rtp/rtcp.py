"""RTCP compound packets (RFC 3550, section 6): reports, source descriptions, farewells. Others are skipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import TypeAlias

from cordboard.wire.rtp.errors import MalformedPacketError

MOST_PACKETS = 32
"""In one compound; browsers send four."""

MOST_REPORTS = 31
"""Blocks or sources of a packet: what its 5-bit count can say."""

UNIX_EPOCH_IN_NTP = 2_208_988_800
"""Seconds from 1900 to 1970."""

_SR, _RR, _SDES, _BYE = 200, 201, 202, 203
_CNAME = 1
_HEAD = Struct("!BBH")
_SENDER = Struct("!IQIII")
_BLOCK = Struct("!IIIIII")
_VERSION = 2
_PADDING, _COUNT = 0x20, 0x1F
_LONGEST_TEXT = 255


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """How a source is received (6.4.1). `fraction_lost` in 1/256 since the last report, `cumulative_lost` in signed 24
    bits, `jitter` in timestamp units, `last_sr` the middle 32 bits of its last SR's time, `delay` since then in
    1/65536 s.
    """

    ssrc: int
    fraction_lost: int = 0
    cumulative_lost: int = 0
    highest_sequence: int = 0
    jitter: int = 0
    last_sr: int = 0
    delay: int = 0


@dataclass(frozen=True, slots=True)
class SenderReport:
    """What a source has sent; `ntp` is a 64-bit NTP time."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """A report of somebody who sends nothing."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """Whose a source is; other items than CNAME are left out (6.5)."""

    ssrc: int
    cname: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Sources that are no more (6.6)."""

    ssrcs: tuple[int, ...]
    reason: str = ""


RtcpPacket: TypeAlias = SenderReport | ReceiverReport | SourceDescription | Goodbye


def ntp_time(unix_seconds: float) -> int:
    """A wall clock time as a 64-bit NTP time."""
    return int((unix_seconds + UNIX_EPOCH_IN_NTP) * 2**32) & 0xFFFF_FFFF_FFFF_FFFF


def middle_of(ntp: int) -> int:
    """The middle 32 bits of an NTP time, in 1/65536 s."""
    return (ntp >> 16) & 0xFFFF_FFFF


def round_trip(block: ReportBlock, received_ntp: int) -> float | None:
    """Seconds there and back, from a block about us (6.4.1); None when the reporter has had no SR of ours, or lies."""
    if block.last_sr == 0:
        return None
    units = (middle_of(received_ntp) - block.last_sr - block.delay) & 0xFFFF_FFFF
    return units / 65536 if units < 1 << 31 else None


def parse_compound(datagram: bytes) -> list[RtcpPacket]:
    """The packets of a datagram in order; kinds that are not ours (feedback, XR, APP) are skipped.

    Raises MalformedPacketError. That the first is a report (6.1) is not asked for: RFC 5506 does without.
    """
    packets: list[RtcpPacket] = []
    for kind, count, body in _split(datagram):
        if kind in {_SR, _RR}:
            packets.append(_parse_report(kind, count, body))
        elif kind == _SDES:
            packets += _parse_descriptions(count, body)
        elif kind == _BYE:
            packets.append(_parse_goodbye(count, body))
    return packets


def _split(datagram: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, count and body of each packet."""
    at = packets = 0
    while at < len(datagram):
        packets += 1
        if packets > MOST_PACKETS:
            raise MalformedPacketError(f"more than {MOST_PACKETS} packets in a compound")
        if len(datagram) - at < _HEAD.size:
            raise MalformedPacketError("an RTCP header is cut off")
        first, kind, words = _HEAD.unpack_from(datagram, at)
        end = at + _HEAD.size + 4 * words
        if first >> 6 != _VERSION or end > len(datagram):
            raise MalformedPacketError("an RTCP packet of another version, or one that overruns its datagram")
        body = datagram[at + _HEAD.size : end]
        yield kind, first & _COUNT, _without_padding(body) if first & _PADDING else body
        at = end
    if not packets:
        raise MalformedPacketError("an empty RTCP datagram")


def _without_padding(body: bytes) -> bytes:
    if not body or not 0 < body[-1] <= len(body):
        raise MalformedPacketError("impossible padding")
    return body[: -body[-1]]


def _parse_report(kind: int, count: int, body: bytes) -> SenderReport | ReceiverReport:
    start = _SENDER.size if kind == _SR else 4
    if len(body) < start + count * _BLOCK.size:
        raise MalformedPacketError("a report shorter than its blocks")
    blocks = tuple(_parse_block(body, start + index * _BLOCK.size) for index in range(count))
    if kind == _SR:
        ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
        return SenderReport(ssrc, ntp, timestamp, packets, octets, blocks)
    return ReceiverReport(int.from_bytes(body[:4], "big"), blocks)


def _parse_block(body: bytes, at: int) -> ReportBlock:
    ssrc, loss, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, at)
    lost = loss & 0xFF_FFFF
    lost -= (1 << 24) if lost & 0x80_0000 else 0
    return ReportBlock(ssrc, loss >> 24, lost, highest, jitter, last_sr, delay)


def _parse_descriptions(count: int, body: bytes) -> list[SourceDescription]:
    found: list[SourceDescription] = []
    at = 0
    for _ in range(count):
        if len(body) - at < 5:
            raise MalformedPacketError("a source description is cut off")
        ssrc = int.from_bytes(body[at : at + 4], "big")
        cname, at = _parse_items(body, at + 4)
        if cname is not None:
            found.append(SourceDescription(ssrc, cname))
    return found


def _parse_items(body: bytes, at: int) -> tuple[str | None, int]:
    """The CNAME of a chunk, and where the next chunk begins."""
    cname: str | None = None
    while at < len(body) and body[at]:
        end = at + 2 + (body[at + 1] if at + 1 < len(body) else len(body))
        if end > len(body):
            raise MalformedPacketError("an item of a source description is cut off")
        if body[at] == _CNAME:
            cname = body[at + 2 : end].decode("utf-8", "replace")
        at = end
    return cname, (at // 4 + 1) * 4


def _parse_goodbye(count: int, body: bytes) -> Goodbye:
    if len(body) < 4 * count:
        raise MalformedPacketError("a goodbye shorter than its sources")
    ssrcs = tuple(int.from_bytes(body[4 * index : 4 * index + 4], "big") for index in range(count))
    rest = body[4 * count :]
    reason = rest[1 : 1 + rest[0]].decode("utf-8", "replace") if rest else ""
    return Goodbye(ssrcs, reason)


def build_compound(packets: Sequence[RtcpPacket]) -> bytes:
    """A datagram. Raises ValueError when it does not begin with a report (6.1), or something does not fit."""
    if not packets or not isinstance(packets[0], SenderReport | ReceiverReport):
        raise ValueError("a compound begins with a report")
    if len(packets) > MOST_PACKETS:
        raise ValueError(f"{len(packets)} packets, at most {MOST_PACKETS} are read")
    return b"".join(_build(packet) for packet in packets)


def _build(packet: RtcpPacket) -> bytes:
    match packet:
        case SenderReport():
            fields = (packet.ssrc, packet.ntp, packet.timestamp, packet.packets, packet.octets)
            return _framed(_SR, len(packet.blocks), _SENDER.pack(*fields) + _build_blocks(packet.blocks))
        case ReceiverReport():
            return _framed(_RR, len(packet.blocks), packet.ssrc.to_bytes(4, "big") + _build_blocks(packet.blocks))
        case SourceDescription():
            name = _short_text(packet.cname)
            item = packet.ssrc.to_bytes(4, "big") + bytes([_CNAME, len(name)]) + name
            return _framed(_SDES, 1, item + bytes(4 - len(item) % 4))
        case Goodbye():
            body = b"".join(ssrc.to_bytes(4, "big") for ssrc in packet.ssrcs)
            reason = _short_text(packet.reason)
            body += bytes([len(reason)]) + reason if reason else b""
            return _framed(_BYE, len(packet.ssrcs), body + bytes(-len(body) % 4))


def _short_text(text: str) -> bytes:
    octets = text.encode()
    if len(octets) > _LONGEST_TEXT:
        raise ValueError(f"a text of {len(octets)} octets, at most {_LONGEST_TEXT} fit")
    return octets


def _build_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            (block.fraction_lost << 24) | (block.cumulative_lost & 0xFF_FFFF),
            block.highest_sequence,
            block.jitter,
            block.last_sr,
            block.delay,
        )
        for block in blocks
    )


def _framed(kind: int, count: int, body: bytes) -> bytes:
    if count > MOST_REPORTS:
        raise ValueError(f"{count} entries, at most {MOST_REPORTS} fit a packet")
    return _HEAD.pack(_VERSION << 6 | count, kind, len(body) // 4) + body
