"""RTP packets (RFC 3550, section 5.1): one at a time as values, or a whole tick's as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from cordboard.wire.rtp.errors import MalformedPacketError

HEADER_SIZE = 12
"""Octets of a header without contributing sources and extension."""

LARGEST_PACKET = 1500
"""Octets of a datagram; telephone audio needs a few hundred, and nobody sends beyond an Ethernet frame."""

HEADER = np.dtype([("flags", "u1"), ("type", "u1"), ("sequence", ">u2"), ("timestamp", ">u4"), ("ssrc", ">u4")])
"""A header as a record: a view of the first 12 columns of a `uint8[n, size]` array reads or writes n headers at once.
`flags` is 0x80 plus padding, extension and CSRC count; `type` is the marker bit and the payload type.
"""

FLAGS_PLAIN = 0x80
"""Version 2, no padding, no extension, no contributing sources: what we send."""

MARKER = 0x80
"""Of the `type` octet: the first packet after a silence, or of an event."""

_VERSION = 2
_MOST_CSRCS = 15
_PADDING, _EXTENSION, _CSRC_COUNT = 0x20, 0x10, 0x0F
_FIXED = Struct("!BBHII")
_EXTENSION_HEAD = Struct("!HH")


@dataclass(frozen=True, slots=True)
class HeaderExtension:
    """What `profile` says, in whole 32-bit words (5.3.1)."""

    profile: int
    data: bytes


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """A packet taken apart. `padding` counts the octets behind the payload, the last one telling how many."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False
    csrcs: tuple[int, ...] = ()
    extension: HeaderExtension | None = None
    padding: int = 0

    @classmethod
    def parse(cls, datagram: bytes) -> RtpPacket:
        """Raises MalformedPacketError."""
        start, end = payload_bounds(datagram)
        flags, second, sequence, timestamp, ssrc = _FIXED.unpack_from(datagram)
        csrc_end = HEADER_SIZE + 4 * (flags & _CSRC_COUNT)
        csrcs = tuple(int.from_bytes(datagram[at : at + 4], "big") for at in range(HEADER_SIZE, csrc_end, 4))
        extension = None
        if flags & _EXTENSION:
            profile, _ = _EXTENSION_HEAD.unpack_from(datagram, csrc_end)
            extension = HeaderExtension(profile, datagram[csrc_end + _EXTENSION_HEAD.size : start])
        return cls(
            payload_type=second & 0x7F,
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=datagram[start:end],
            marker=bool(second & MARKER),
            csrcs=csrcs,
            extension=extension,
            padding=len(datagram) - end,
        )

    def pack(self) -> bytes:
        """The packet's octets. Raises ValueError when a field does not fit."""
        _check_fits(self)
        flags = FLAGS_PLAIN | len(self.csrcs)
        flags |= _PADDING if self.padding else 0
        flags |= _EXTENSION if self.extension is not None else 0
        second = self.payload_type | (MARKER if self.marker else 0)
        parts = [_FIXED.pack(flags, second, self.sequence, self.timestamp, self.ssrc)]
        parts += [csrc.to_bytes(4, "big") for csrc in self.csrcs]
        if self.extension is not None:
            words = len(self.extension.data) // 4
            parts += [_EXTENSION_HEAD.pack(self.extension.profile, words), self.extension.data]
        parts.append(self.payload)
        if self.padding:
            parts.append(bytes(self.padding - 1) + bytes([self.padding]))
        return b"".join(parts)


def _check_fits(packet: RtpPacket) -> None:
    """Raises ValueError for what would spoil the header without an error of struct's."""
    if not 0 <= packet.payload_type <= 0x7F:
        raise ValueError(f"payload type {packet.payload_type} is not in 0..127")
    if len(packet.csrcs) > _MOST_CSRCS:
        raise ValueError(f"{len(packet.csrcs)} contributing sources, at most {_MOST_CSRCS} fit")
    if packet.extension is not None and len(packet.extension.data) % 4:
        raise ValueError(f"an extension of {len(packet.extension.data)} octets is not a number of 32-bit words")
    if not 0 <= packet.padding <= 0xFF:
        raise ValueError(f"padding of {packet.padding} octets is not in 0..255")
    for name, value, bits in (
        ("sequence", packet.sequence, 16),
        ("timestamp", packet.timestamp, 32),
        ("ssrc", packet.ssrc, 32),
    ):
        if not 0 <= value < 1 << bits:
            raise ValueError(f"{name} {value} does not fit {bits} bits")


def payload_bounds(datagram: bytes) -> tuple[int, int]:
    """Where a packet's payload begins and ends. Raises MalformedPacketError."""
    size = len(datagram)
    if size < HEADER_SIZE:
        raise MalformedPacketError(f"{size} octets are no RTP header")
    flags = datagram[0]
    if flags >> 6 != _VERSION:
        raise MalformedPacketError(f"RTP version {flags >> 6}")
    start = HEADER_SIZE + 4 * (flags & _CSRC_COUNT)
    if flags & _EXTENSION:
        if size < start + _EXTENSION_HEAD.size:
            raise MalformedPacketError("the header extension is cut off")
        start += _EXTENSION_HEAD.size + 4 * _EXTENSION_HEAD.unpack_from(datagram, start)[1]
    end = size
    if flags & _PADDING:
        if datagram[-1] == 0:
            raise MalformedPacketError("a padding of no octets")
        end -= datagram[-1]
    if start > end:
        raise MalformedPacketError("the header is longer than the packet")
    return start, end


def payload_bounds_of(
    rows: NDArray[np.uint8], lengths: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """`payload_bounds` of many: `rows` is `uint8[n, size]` with a datagram a row, `lengths` the octets of each.

    Answers starts, ends, and which are RTP at all (bounds of the others mean nothing). Plain headers, the usual case,
    cost a few operations on the array; the others are looked at one by one.
    """
    flags = rows[:, 0]
    valid = (lengths >= HEADER_SIZE) & (flags >> 6 == _VERSION)
    starts = np.full(len(rows), HEADER_SIZE, np.intp)
    ends = lengths.copy()
    for row in np.flatnonzero(valid & (flags != FLAGS_PLAIN)):
        try:
            starts[row], ends[row] = payload_bounds(rows[row, : lengths[row]].tobytes())
        except MalformedPacketError:
            valid[row] = False
    return starts, ends, valid
