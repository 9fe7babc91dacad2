"""Frames and messages: laws over any cut of the stream, and one case for each way to break the protocol."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.websocket.errors import WebSocketError
from cordboard.wire.websocket.frames import Opcode, apply_mask, encode_close, encode_frame
from cordboard.wire.websocket.messages import (
    BinaryMessage,
    CloseAsked,
    MessageReader,
    Pinged,
    Ponged,
    TextMessage,
    WebSocketEvent,
)

MASK = b"\x37\xfa\x21\x3d"
LARGEST = 70_000


def client_frame(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """A frame as a client sends it, written by the RFC's figure and not by our encoder."""
    size = len(payload)
    head = bytes([opcode | (0x80 if final else 0)])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return head + MASK + bytes(octet ^ MASK[index % 4] for index, octet in enumerate(payload))


def read(*pieces: bytes) -> list[WebSocketEvent]:
    reader = MessageReader(LARGEST)
    return [event for piece in pieces for event in reader.feed(piece)]


def test_the_examples_of_the_rfc() -> None:
    masked = bytes.fromhex("818537fa213d7f9f4d5158")

    assert read(masked) == [TextMessage("Hello")]
    assert encode_frame(Opcode.TEXT, b"Hello") == bytes.fromhex("810548656c6c6f")
    assert encode_frame(Opcode.BINARY, bytes(256))[:4] == bytes.fromhex("827e0100")
    assert encode_frame(Opcode.BINARY, bytes(65536))[:10] == bytes.fromhex("827f0000000000010000")


def test_control_frames_between_the_parts_of_a_message() -> None:
    stream = (
        client_frame(1, b"gr", final=False)
        + client_frame(9, b"there?")
        + client_frame(0, "üß".encode()[:1], final=False)
        + client_frame(10, b"yes")
        + client_frame(0, "üß".encode()[1:])
        + client_frame(8, (1000).to_bytes(2, "big") + b"bye")
    )

    assert read(stream) == [Pinged(b"there?"), Ponged(b"yes"), TextMessage("grüß"), CloseAsked(1000, "bye")]
    assert read(client_frame(8)) == [CloseAsked(1005, "")]


@given(st.lists(st.binary(max_size=400), max_size=5), st.lists(st.integers(0, 2500), max_size=6))
def test_any_cut_of_the_stream_gives_the_same_messages(messages: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(client_frame(2, message) for message in messages)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})

    assert read(*(stream[start:end] for start, end in pairwise(edges))) == [BinaryMessage(one) for one in messages]


@given(st.binary(), st.binary(min_size=4, max_size=4))
def test_masking_twice_changes_nothing(payload: bytes, mask: bytes) -> None:
    assert apply_mask(apply_mask(payload, mask), mask) == payload


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (b"\x81\x05Hello", 1002),  # not masked
        (b"\xc1\x80" + MASK, 1002),  # a reserved bit
        (b"\x83\x80" + MASK, 1002),  # an unknown opcode
        (client_frame(9, bytes(126)), 1002),
        (client_frame(9, final=False), 1002),
        (client_frame(0, b"x"), 1002),  # goes on with nothing
        (client_frame(1, final=False) + client_frame(1), 1002),
        (client_frame(8, b"\x03"), 1002),
        (client_frame(8, (1005).to_bytes(2, "big")), 1002),
        (client_frame(8, (999).to_bytes(2, "big")), 1002),
        (client_frame(1, b"\xff"), 1007),
        (client_frame(8, (1000).to_bytes(2, "big") + b"\xff"), 1007),
        (b"\x82\xff" + (LARGEST + 1).to_bytes(8, "big"), 1009),  # refused before it has come
        (client_frame(2, bytes(LARGEST), final=False) + client_frame(0, b"x"), 1009),
    ],
)
def test_each_way_to_break_the_protocol(stream: bytes, code: int) -> None:
    with pytest.raises(WebSocketError) as broken:
        read(stream)

    assert broken.value.code == code


def test_a_long_reason_is_cut_between_characters() -> None:
    frame = encode_close(4401, "ü" * 100)

    assert frame[1] == 2 + 2 * 61
    assert frame[4:].decode() == "ü" * 61
