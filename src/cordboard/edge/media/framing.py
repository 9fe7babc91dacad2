"""Messages on the control stream: a four-octet length, then msgpack (see `protocol`)."""

from __future__ import annotations

from struct import Struct
from typing import TypeVar

import msgspec

from cordboard.edge.media.protocol import LARGEST_FRAME

_LENGTH = Struct(">I")
_encoder = msgspec.msgpack.Encoder()

Message = TypeVar("Message")


class ControlStreamError(Exception):
    """What came is no message of this protocol: the stream is lost."""


class FrameTooLongError(ControlStreamError):
    """A frame over the limit."""


def to_frame(message: msgspec.Struct) -> bytes:
    """A message with its length in front. Raises FrameTooLongError."""
    body = _encoder.encode(message)
    if len(body) > LARGEST_FRAME:
        raise FrameTooLongError(f"a message of {len(body)} octets, at most {LARGEST_FRAME} are taken")
    return _LENGTH.pack(len(body)) + body


def from_body(decoder: msgspec.msgpack.Decoder[Message], body: bytes) -> Message:
    """The message of a frame. Raises ControlStreamError."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ControlStreamError(str(error)) from error


class FrameReader:
    """Cuts frames out of a stream that arrives in pieces of any size."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that `data` completes. Raises FrameTooLongError."""
        self._rest += data
        bodies: list[bytes] = []
        at = 0
        while len(self._rest) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._rest, at)
            if length > LARGEST_FRAME:
                raise FrameTooLongError(f"a frame of {length} octets, at most {LARGEST_FRAME} are taken")
            end = at + _LENGTH.size + length
            if end > len(self._rest):
                break
            bodies.append(bytes(self._rest[at + _LENGTH.size : end]))
            at = end
        del self._rest[:at]
        return bodies
