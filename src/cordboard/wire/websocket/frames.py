"""Frames (RFC 6455 5.2): read masked as clients send them, written bare as servers do."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from cordboard.wire.websocket.errors import WebSocketError

PROTOCOL_ERROR: Final = 1002
BAD_DATA: Final = 1007
TOO_BIG: Final = 1009
LONGEST_CONTROL: Final = 125
"""Octets that a close, ping or pong may carry."""

_FINAL: Final = 0x80
_RESERVED: Final = 0x70
_OPCODE: Final = 0x0F
_MASKED: Final = 0x80
_LENGTH: Final = 0x7F
_TWO_OCTETS: Final = 126
_EIGHT_OCTETS: Final = 127
_CONTROL: Final = 0x8


class Opcode(IntEnum):
    """What a frame is."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10

    @property
    def is_control(self) -> bool:
        """Whether it stands by itself, perhaps between the frames of a message."""
        return self >= _CONTROL


class Frame(NamedTuple):
    """A whole frame, unmasked. `final`: it ends its message."""

    opcode: Opcode
    final: bool
    payload: bytes


class _Head(NamedTuple):
    opcode: Opcode
    final: bool
    start: int
    """Where the mask begins."""
    length: int


class FrameReader:
    """Cuts frames out of a stream that arrives in pieces of any size; it holds at most one unfinished frame. A frame of
    more than `largest` octets is refused by its head.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes; use up the iterator before feeding again. Raises WebSocketError."""
        self._buffer += data
        while (head := self._read_head()) is not None:
            end = head.start + 4 + head.length
            if len(self._buffer) < end:
                return
            mask, masked = self._buffer[head.start : head.start + 4], self._buffer[head.start + 4 : end]
            del self._buffer[:end]
            yield Frame(head.opcode, head.final, apply_mask(masked, mask))

    def _read_head(self) -> _Head | None:
        """The head of the frame in front; None while too little has arrived. Raises WebSocketError."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        opcode = _opcode_of(buffer[0])
        final, length, start = bool(buffer[0] & _FINAL), buffer[1] & _LENGTH, 2
        if not buffer[1] & _MASKED:
            raise WebSocketError(PROTOCOL_ERROR, "a frame is not masked")
        if opcode.is_control and (length > LONGEST_CONTROL or not final):
            raise WebSocketError(PROTOCOL_ERROR, "a control frame is too long or in parts")
        if length in (_TWO_OCTETS, _EIGHT_OCTETS):
            start += 2 if length == _TWO_OCTETS else 8
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start], "big")
        if length > self._largest:
            raise WebSocketError(TOO_BIG, f"a frame of {length} octets; at most {self._largest} are taken")
        return _Head(opcode, final, start, length)


def encode_frame(opcode: Opcode, payload: bytes) -> bytes:
    """A whole message, or a control frame, as a server sends it."""
    length = len(payload)
    if length <= LONGEST_CONTROL:
        head = bytes((_FINAL | opcode, length))
    elif length < 1 << 16:
        head = bytes((_FINAL | opcode, _TWO_OCTETS)) + length.to_bytes(2, "big")
    else:
        head = bytes((_FINAL | opcode, _EIGHT_OCTETS)) + length.to_bytes(8, "big")
    return head + payload


def encode_close(code: int, reason: str = "") -> bytes:
    """The close frame; a long reason is cut between characters."""
    text = reason.encode()[: LONGEST_CONTROL - 2].decode(errors="ignore").encode()
    return encode_frame(Opcode.CLOSE, code.to_bytes(2, "big") + text)


def apply_mask(payload: bytes | bytearray, mask: bytes | bytearray) -> bytes:
    """Masks or unmasks (5.3), all octets at once."""
    size = len(payload)
    repeated = (bytes(mask) * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


def _opcode_of(octet: int) -> Opcode:
    """Raises WebSocketError for what no extension was agreed for."""
    if octet & _RESERVED:
        raise WebSocketError(PROTOCOL_ERROR, "a reserved bit is set")
    try:
        return Opcode(octet & _OPCODE)
    except ValueError as error:
        raise WebSocketError(PROTOCOL_ERROR, "an unknown opcode") from error
