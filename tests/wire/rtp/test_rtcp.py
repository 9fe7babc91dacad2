"""Compound packets: built, read, broken; and the time there and back."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.rtp.errors import MalformedPacketError
from cordboard.wire.rtp.rtcp import (
    MOST_PACKETS,
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

u32 = st.integers(0, 0xFFFF_FFFF)
names = st.text(max_size=60).filter(lambda text: len(text.encode()) <= 255)
blocks = st.lists(
    st.builds(ReportBlock, u32, st.integers(0, 255), st.integers(-(1 << 23), (1 << 23) - 1), u32, u32, u32, u32),
    max_size=31,
).map(tuple)
reports: st.SearchStrategy[RtcpPacket] = st.one_of(
    st.builds(SenderReport, u32, st.integers(0, (1 << 64) - 1), u32, u32, u32, blocks),
    st.builds(ReceiverReport, u32, blocks),
)
others: st.SearchStrategy[RtcpPacket] = st.one_of(
    st.builds(SourceDescription, u32, names),
    st.builds(Goodbye, st.lists(u32, max_size=31).map(tuple), names),
)


@given(reports, st.lists(st.one_of(reports, others), max_size=5))
def test_a_compound_survives_the_wire(first: RtcpPacket, rest: list[RtcpPacket]) -> None:
    built = build_compound([first, *rest])
    assert len(built) % 4 == 0
    assert parse_compound(built) == [first, *rest]


@given(st.binary(max_size=80), st.sampled_from([200, 201, 202, 203, 204, 205]), st.integers(0, 63))
def test_whatever_comes_is_read_or_refused(body: bytes, kind: int, bits: int) -> None:
    body += bytes(-len(body) % 4)
    with contextlib.suppress(MalformedPacketError):
        parse_compound(bytes([0x80 | bits, kind, 0, len(body) // 4]) + body)


def test_a_browsers_compound() -> None:
    """A receiver report, a description with more than a name, feedback and an application's packet."""
    described = bytes.fromhex("81ca0004 00000005 0104 6e616d65 0603 626172 00".replace(" ", ""))
    feedback = bytes.fromhex("8fcd0002 00000001 00000002".replace(" ", ""))
    datagram = build_compound([ReceiverReport(5, (ReportBlock(9, jitter=3),))]) + described + feedback
    assert parse_compound(datagram) == [ReceiverReport(5, (ReportBlock(9, jitter=3),)), SourceDescription(5, "name")]


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x80",
        b"\x40\xc9\x00\x01" + bytes(4),
        b"\x80\xc9\x00\x02" + bytes(4),
        b"\x81\xc9\x00\x01" + bytes(4),
        b"\xa0\xc9\x00\x01" + bytes(4),
        b"\xa0\xc9\x00\x01" + b"\0\0\0\x05",
        b"\x80\xc9\x00\x00",
        b"\x81\xcb\x00\x00",
        b"\x81\xca\x00\x01" + bytes(4),
        b"\x81\xca\x00\x02" + bytes(4) + b"\1\x20ab",
        (b"\x80\xc9\x00\x01" + bytes(4)) * (MOST_PACKETS + 1),
    ],
)
def test_what_is_no_compound_is_refused(datagram: bytes) -> None:
    with pytest.raises(MalformedPacketError):
        parse_compound(datagram)


def test_what_does_not_fit_is_not_built() -> None:
    report = ReceiverReport(1)
    unfit: list[list[RtcpPacket]] = [
        [],
        [Goodbye((1,))],
        [ReceiverReport(1, (ReportBlock(1),) * 32)],
        [report, SourceDescription(1, "x" * 256)],
        [report] * (MOST_PACKETS + 1),
    ]
    for packets in unfit:
        with pytest.raises(ValueError, match=r"."):
            build_compound(packets)


def test_the_time_there_and_back() -> None:
    """We report at 1000 s; the other side has it for 2.5 s; its report comes 2.7 s after ours left."""
    block = ReportBlock(1, last_sr=middle_of(ntp_time(1000.0)), delay=int(2.5 * 65536))
    measured = round_trip(block, ntp_time(1002.7))
    assert measured == pytest.approx(0.2, abs=1e-3)
    assert round_trip(ReportBlock(1), ntp_time(1000.0)) is None
    assert round_trip(block, ntp_time(1001.0)) is None, "it cannot be back before it was there"


def test_ntp_times_count_from_1900() -> None:
    assert ntp_time(0.5) == (2_208_988_800 << 32) | (1 << 31)
