"""What holds for all PDUs: they survive the wire, and the stream may be cut anywhere."""

from __future__ import annotations

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.smpp import (
    MAX_PDU_SIZE,
    BindMode,
    BindSettings,
    DataSm,
    DataSmResp,
    DeliverSm,
    FrameSplitter,
    FramingError,
    MalformedPduError,
    NetworkError,
    Options,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    decode,
    encode,
)

octet = st.integers(0, 0xFF)
sequences = st.integers(1, 0x7FFFFFFF)
options = st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=40), max_size=4).map(Options)
modes: st.SearchStrategy[BindMode] = st.sampled_from(["transmitter", "receiver", "transceiver"])


def text(size: int) -> st.SearchStrategy[str]:
    """What fits into a C-octet string of `size` octets."""
    return st.text(st.characters(min_codepoint=1, max_codepoint=0xFF), max_size=size - 1)


def bodies(make: type[SubmitSm] | type[DeliverSm]) -> st.SearchStrategy[SubmitSm | DeliverSm]:
    """Messages without message_payload, which excludes short_message."""
    return st.builds(
        make,
        service_type=text(6),
        source_addr_ton=octet,
        source_addr_npi=octet,
        source_addr=text(21),
        dest_addr_ton=octet,
        dest_addr_npi=octet,
        destination_addr=text(21),
        esm_class=octet,
        protocol_id=octet,
        priority_flag=octet,
        schedule_delivery_time=text(17),
        validity_period=text(17),
        registered_delivery=octet,
        replace_if_present_flag=octet,
        data_coding=octet,
        sm_default_msg_id=octet,
        short_message=st.binary(max_size=254),
        options=options.filter(lambda drawn: 0x0424 not in drawn),
    )


pdus: st.SearchStrategy[Pdu] = st.one_of(
    bodies(SubmitSm),
    bodies(DeliverSm),
    st.builds(
        DataSm,
        service_type=text(6),
        source_addr=text(65),
        destination_addr=text(65),
        esm_class=octet,
        registered_delivery=octet,
        data_coding=octet,
        options=options,
    ),
    st.builds(SubmitSmResp, text(65), options),
    st.builds(DataSmResp, text(65), options),
    st.builds(
        BindSettings,
        system_id=text(65),
        password=text(65),
        system_type=text(13),
        mode=modes,
        interface_version=octet,
        addr_ton=octet,
        addr_npi=octet,
        address_range=text(41),
    ),
)


@given(pdus, sequences, st.integers(0, 0xFFFFFFFF))
def test_pdus_survive_the_wire(pdu: Pdu, sequence: int, status: int) -> None:
    header, read = decode(encode(pdu, sequence, status))
    assert read == pdu
    assert header == (pdu.command_id, status, sequence)


@given(
    st.integers(0, 0xFFFFFFFF),
    st.sampled_from([1, 4, 5, 9, 0x0B, 0x15, 0x103, 0x80000004, 0x80000009]),
    st.binary(),
)
def test_any_body_is_read_or_is_malformed(sequence: int, command_id: int, body: bytes) -> None:
    header = b"".join(number.to_bytes(4, "big") for number in (16 + len(body), command_id, 0, sequence))
    pdu: Pdu | None = None
    with contextlib.suppress(MalformedPduError):
        _, pdu = decode(header + body)
    assert pdu is None or pdu.command_id == command_id


@given(options)
def test_typed_readers_never_fail(drawn: Options) -> None:
    names = [name for name in vars(Options) if isinstance(vars(Options)[name], property)]
    for name in names:
        value = getattr(drawn, name)
        assert value is None or isinstance(value, (bytes, str, int, NetworkError))


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    """`stream` in pieces, cut at `places`."""
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


@given(st.lists(st.tuples(pdus, sequences), max_size=6), st.lists(st.integers(0, 5000), max_size=12))
def test_frames_do_not_depend_on_the_pieces(sent: list[tuple[Pdu, int]], places: list[int]) -> None:
    frames = [encode(pdu, sequence) for pdu, sequence in sent]
    splitter = FrameSplitter()
    found = [frame for piece in cut(b"".join(frames), places) for frame in splitter.feed(piece)]
    assert found == frames


@pytest.mark.parametrize("length", [0, 1, 15, MAX_PDU_SIZE + 1, 0x7FFFFFFF, 0xFFFFFFFF])
def test_impossible_length_comes_after_the_good_frames(length: int) -> None:
    good = encode(SubmitSmResp("1"), 1)
    splitter = FrameSplitter()
    frames = splitter.feed(good + length.to_bytes(4, "big") + b"\0\0\0\4\0\0\0\0\0\0\0\x2a")
    assert next(frames) == good
    with pytest.raises(FramingError, match=f"command_length {length} is") as caught:
        next(frames)
    assert caught.value.sequence == (0 if length < 16 else 42)


def test_too_long_is_judged_when_its_sequence_is_there() -> None:
    splitter = FrameSplitter()
    header = (MAX_PDU_SIZE + 1).to_bytes(4, "big") + b"\0\0\0\4\0\0\0\0\0\0\0\x2a"
    assert list(splitter.feed(header[:15])) == []
    with pytest.raises(FramingError):
        list(splitter.feed(header[15:]))


def test_largest_frame_in_small_pieces() -> None:
    frame = MAX_PDU_SIZE.to_bytes(4, "big") + bytes(MAX_PDU_SIZE - 4)
    splitter = FrameSplitter()
    pieces = [frame[at : at + 1000] for at in range(0, len(frame), 1000)]
    assert [found for piece in pieces for found in splitter.feed(piece)] == [frame]
