"""Messages out of a stream (RFC 3261 18.3, RFC 5626 3.5.1): Content-Length tells where each ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from cordboard.wire.sip.message import Message
from cordboard.wire.sip.parsing import LARGEST_MESSAGE, BadMessageError, parse_frame, read_request

_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*+:[ \t]*+(?:\r?\n[ \t]++)?([^\r\n]*+)", re.IGNORECASE | re.MULTILINE)
_PING = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Line ends between messages. `ping`: the double CRLF, to be answered with a single one (RFC 5626 3.5.1)."""

    ping: bool


StreamItem: TypeAlias = Message | KeepAlive | BadMessageError
"""A bad message is reported in its place, not raised."""


class _Head(NamedTuple):
    """A complete head: its octets without the end, and how many octets head and end take."""

    octets: bytes
    size: int


class StreamParser:
    """Cuts messages out of a stream that arrives in pieces of any size. It holds at most one unfinished message.

    A message that makes no sense is reported as a BadMessageError in its place, and the stream goes on; when nobody can
    know where it ends, the stream is `lost` and the connection to be closed after that error has been answered.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._searched = 0
        self._needed = 0
        self._lost = False

    @property
    def lost(self) -> bool:
        """Whether the stream cannot be read any further; `feed` gives nothing any more."""
        return self._lost

    def feed(self, data: bytes) -> list[StreamItem]:
        """What `data` completes, in order. Never raises."""
        items: list[StreamItem] = []
        if self._lost:
            return items
        self._data += data
        while (item := self._next()) is not None:
            items.append(item)
        return items

    def _next(self) -> StreamItem | None:
        """The next item, None while it is incomplete."""
        if len(self._data) < self._needed or not self._data:
            return None
        if self._data[0] in b"\r\n":
            return self._keep_alive()
        head = self._head()
        if head is None:
            return self._lose(b"", "the head has no end", 513) if len(self._data) > LARGEST_MESSAGE else None
        return self._message(head)

    def _keep_alive(self) -> StreamItem | None:
        """Line ends: two are a ping. Whether one stands alone shows when something else follows."""
        begin = bytes(self._data[:4])
        if _PING.startswith(begin) and begin != _PING:
            return None
        self._drop(4 if begin == _PING else 2 if begin.startswith(b"\r\n") else 1)
        return KeepAlive(ping=begin == _PING)

    def _head(self) -> _Head | None:
        """The head, if its end has arrived: the first empty line."""
        start = max(self._searched - 3, 0)
        ends = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := self._data.find(mark, start)) >= 0]
        if not ends:
            self._searched = len(self._data)
            return None
        at, width = min(ends)
        return _Head(bytes(self._data[:at]), at + width)

    def _message(self, head: _Head) -> StreamItem | None:
        lengths = {value.strip(b" \t") for value in _LENGTH.findall(head.octets)}
        if len(lengths) > 1:
            return self._lose(head.octets, "there is more than one Content-Length")
        text = lengths.pop() if lengths else b"0"
        if not text.isdigit() or len(text) > 10:
            return self._lose(head.octets, "Content-Length is not a number")
        if (size := head.size + int(text)) > LARGEST_MESSAGE:
            return self._lose(head.octets, f"the message is over {LARGEST_MESSAGE} octets", 513)
        if len(self._data) < size:
            self._needed = size
            return None
        body = bytes(self._data[head.size : size])
        self._drop(size)
        try:
            return parse_frame(head.octets, body)
        except BadMessageError as error:
            return error

    def _drop(self, size: int) -> None:
        del self._data[:size]
        self._searched = self._needed = 0

    def _lose(self, head: bytes, reason: str, status: int = 400) -> BadMessageError:
        """Gives the stream up; the request is told, if it can be answered at all."""
        self._lost = True
        self._drop(len(self._data))
        return BadMessageError(reason, status, read_request(head))
