"""RTP packets: values and arrays read the same, and nothing that is none gets through."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.rtp.demux import kind_of
from cordboard.wire.rtp.errors import MalformedPacketError
from cordboard.wire.rtp.packet import HEADER, HeaderExtension, RtpPacket, payload_bounds, payload_bounds_of
from cordboard.wire.rtp.telephone_event import KEYS, TelephoneEvent, event_code

u16, u32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF)
packets = st.builds(
    RtpPacket,
    payload_type=st.integers(0, 127),
    sequence=u16,
    timestamp=u32,
    ssrc=u32,
    payload=st.binary(max_size=200),
    marker=st.booleans(),
    csrcs=st.lists(u32, max_size=15).map(tuple),
    extension=st.none()
    | st.builds(HeaderExtension, u16, st.binary(max_size=5).map(lambda octets: octets + bytes(-len(octets) % 4))),
    padding=st.integers(0, 20),
)


@given(packets)
def test_a_packet_survives_the_wire(packet: RtpPacket) -> None:
    assert RtpPacket.parse(packet.pack()) == packet


@given(st.lists(st.one_of(packets.map(RtpPacket.pack), st.binary(max_size=60)), min_size=1, max_size=8))
def test_arrays_read_what_values_read(datagrams: list[bytes]) -> None:
    rows = np.zeros((len(datagrams), 512), np.uint8)
    for row, datagram in zip(rows, datagrams, strict=True):
        row[: len(datagram)] = np.frombuffer(datagram, np.uint8)
    starts, ends, valid = payload_bounds_of(rows, np.array([len(datagram) for datagram in datagrams]))
    headers = np.ascontiguousarray(rows[:, :12]).view(HEADER)[:, 0]
    for at, datagram in enumerate(datagrams):
        packet = None
        with contextlib.suppress(MalformedPacketError):
            packet = RtpPacket.parse(datagram)
        assert bool(valid[at]) == (packet is not None)
        if packet is not None:
            assert datagram[starts[at] : ends[at]] == packet.payload
            assert (headers["sequence"][at], headers["timestamp"][at]) == (packet.sequence, packet.timestamp)
            assert (headers["ssrc"][at], headers["type"][at] & 127) == (packet.ssrc, packet.payload_type)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x80" + bytes(10),
        b"\x40" + bytes(11),
        b"\x82" + bytes(15),
        b"\x90" + bytes(13),
        b"\x90" + bytes(11) + b"\0\0\0\1\0\0\0",
        b"\xa0" + bytes(12),
        b"\xa0" + bytes(11) + b"\x0d",
    ],
    ids=["empty", "short", "version 1", "no csrcs", "no extension", "half extension", "no padding", "all padding"],
)
def test_what_is_no_packet_is_refused(datagram: bytes) -> None:
    with pytest.raises(MalformedPacketError):
        payload_bounds(datagram)


@pytest.mark.parametrize(
    "packet",
    [
        RtpPacket(128, 0, 0, 0, b""),
        RtpPacket(0, 65536, 0, 0, b""),
        RtpPacket(0, 0, 1 << 32, 0, b""),
        RtpPacket(0, 0, 0, -1, b""),
        RtpPacket(0, 0, 0, 0, b"", csrcs=(1,) * 16),
        RtpPacket(0, 0, 0, 0, b"", padding=256),
        RtpPacket(0, 0, 0, 0, b"", extension=HeaderExtension(0, b"abc")),
    ],
)
def test_what_does_not_fit_is_not_packed(packet: RtpPacket) -> None:
    with pytest.raises(ValueError, match=r"."):
        packet.pack()


def test_a_telephone_event_as_in_the_rfc() -> None:
    """RFC 4733, 5: the digits of its example, and what the fields are."""
    assert TelephoneEvent(code=9, duration=1600, end=True, volume=7).pack() == bytes([9, 0x87, 0x06, 0x40])
    parsed = TelephoneEvent.parse(bytes([11, 0x0A, 0x03, 0x20]) + b"redundant")
    assert (parsed.key, parsed.end, parsed.volume, parsed.duration) == ("#", False, 10, 800)
    assert TelephoneEvent(16, 0).key is None


@given(st.integers(0, 255), u16, st.booleans(), st.integers(0, 63))
def test_telephone_events_survive(code: int, duration: int, end: bool, volume: int) -> None:
    event = TelephoneEvent(code, duration, end, volume)
    assert TelephoneEvent.parse(event.pack()) == event


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(MalformedPacketError):
        TelephoneEvent.parse(b"\0\0\0")
    for event in (TelephoneEvent(256, 0), TelephoneEvent(0, 65536), TelephoneEvent(0, 0, volume=64)):
        with pytest.raises(ValueError, match="fit"):
            event.pack()


def test_keys_have_codes() -> None:
    assert [event_code(key) for key in KEYS] == list(range(16))
    assert event_code("d") == 15
    for key in ("", "E", "12"):
        with pytest.raises(ValueError, match="one of"):
            event_code(key)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x00\x01", "stun"),
        (b"\x16\xfe", "dtls"),
        (b"\x80\x00", "rtp"),
        (b"\x80\xff", "rtp"),
        (b"\x81\xc8", "rtcp"),
        (b"\x80\xdf", "rtcp"),
        (b"\x40\x00", "other"),
        (b"\xc0\x00", "other"),
        (b"\x80", "other"),
        (b"", "other"),
    ],
)
def test_kinds_are_told_by_the_first_octets(start: bytes, kind: str) -> None:
    assert kind_of(start) == kind
