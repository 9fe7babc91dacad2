"""Messages out of frames (RFC 6455 5.4 to 5.6): put together, checked, and told apart from pings and the close."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from cordboard.wire.websocket.errors import WebSocketError
from cordboard.wire.websocket.frames import BAD_DATA, PROTOCOL_ERROR, TOO_BIG, Frame, FrameReader, Opcode

NO_CODE: Final = 1005
"""What stands for a close without a code; never sent (7.4.1)."""

_SENT_CODES: Final = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})


class TextMessage(NamedTuple):
    """A message of text."""

    text: str


class BinaryMessage(NamedTuple):
    """A message of octets."""

    data: bytes


class Pinged(NamedTuple):
    """A ping, to be answered by a pong with the same payload."""

    payload: bytes


class Ponged(NamedTuple):
    """A pong."""

    payload: bytes


class CloseAsked(NamedTuple):
    """The client closes; nothing counts after it."""

    code: int
    reason: str


WebSocketEvent: TypeAlias = TextMessage | BinaryMessage | Pinged | Ponged | CloseAsked


class MessageReader:
    """One connection's messages, of at most `largest` octets each."""

    def __init__(self, largest: int) -> None:
        self._frames = FrameReader(largest)
        self._largest = largest
        self._opcode: Opcode | None = None
        self._parts = bytearray()

    def feed(self, data: bytes) -> Iterator[WebSocketEvent]:
        """What `data` completes; use up the iterator before feeding again. Raises WebSocketError: the connection is
        to be closed with its code.
        """
        for frame in self._frames.feed(data):
            if frame.opcode.is_control:
                yield _control(frame)
            elif (message := self._add(frame)) is not None:
                yield message

    def _add(self, frame: Frame) -> TextMessage | BinaryMessage | None:
        """The message that a data frame completes."""
        if (frame.opcode is Opcode.CONTINUATION) != (self._opcode is not None):
            raise WebSocketError(PROTOCOL_ERROR, "the frames of messages are mixed up")
        if self._opcode is None:
            self._opcode = frame.opcode
        self._parts += frame.payload
        if len(self._parts) > self._largest:
            raise WebSocketError(TOO_BIG, f"a message of more than {self._largest} octets")
        if not frame.final:
            return None
        opcode, octets = self._opcode, bytes(self._parts)
        self._opcode = None
        self._parts.clear()
        return TextMessage(_decode(octets)) if opcode is Opcode.TEXT else BinaryMessage(octets)


def _control(frame: Frame) -> Pinged | Ponged | CloseAsked:
    if frame.opcode is Opcode.PING:
        return Pinged(frame.payload)
    if frame.opcode is Opcode.PONG:
        return Ponged(frame.payload)
    if not frame.payload:
        return CloseAsked(NO_CODE, "")
    code = int.from_bytes(frame.payload[:2], "big")
    if len(frame.payload) < 2 or code not in _SENT_CODES:
        raise WebSocketError(PROTOCOL_ERROR, "a close with a code that is none")
    return CloseAsked(code, _decode(frame.payload[2:]))


def _decode(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise WebSocketError(BAD_DATA, "a text is not UTF-8") from error
