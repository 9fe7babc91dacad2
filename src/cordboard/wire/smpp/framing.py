"""From a stream of bytes to whole PDUs (3.2): every PDU begins with its own length."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from cordboard.wire.smpp.errors import FramingError

HEADER_SIZE = 16
MAX_PDU_SIZE = 64 * 1024
"""Octets, header included. No message needs as many: with a larger command_length the stream is lost."""

_LENGTH = Struct(">I")
_HEADER = Struct(">4xIII")


class Header(NamedTuple):
    """The header of a PDU without its length (3.2.1)."""

    command_id: int
    status: int
    sequence: int


def read_header(frame: bytes) -> Header:
    """The header of a whole PDU."""
    return Header._make(_HEADER.unpack_from(frame))


class FrameSplitter:
    """Cuts PDUs out of a stream that arrives in pieces of any size. It holds at most one unfinished PDU."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The PDUs that `data` completes; use up the iterator before feeding again.

        Raises FramingError at a PDU of an impossible length, after those in front of it: the stream is lost.
        """
        data = self._rest + data
        at = 0
        while (length := _frame_length(data, at)) is not None and len(data) - at >= length:
            yield data[at : at + length]
            at += length
        self._rest = data[at:]


def _frame_length(data: bytes, at: int) -> int | None:
    """The length of the PDU at `at`, None while too little of it has arrived to judge."""
    arrived = len(data) - at
    if arrived < _LENGTH.size:
        return None
    length: int = _LENGTH.unpack_from(data, at)[0]
    if length < HEADER_SIZE:
        raise FramingError(f"command_length {length} is shorter than a header", sequence=0)
    if length <= MAX_PDU_SIZE:
        return length
    if arrived < HEADER_SIZE:  # wait for the sequence number, so that the peer can be told which PDU it was
        return None
    reason = f"command_length {length} is over the limit of {MAX_PDU_SIZE}"
    raise FramingError(reason, read_header(data[at : at + HEADER_SIZE]).sequence)
