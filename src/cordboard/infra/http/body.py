"""Reading a response without letting it grow past a limit, neither as sent nor decompressed."""

from __future__ import annotations

import zlib
from typing import Final

from aiohttp import ClientResponse

from cordboard.infra.http.errors import ProtocolError, ResponseTooLargeError

ACCEPT_ENCODING: Final = "gzip, deflate"
_GZIP: Final = zlib.MAX_WBITS | 16
_ZLIB_METHOD: Final = 8


async def read_body(response: ClientResponse, limit: int) -> bytes:
    """The body, decompressed where it came in gzip or deflate; other encodings, which were not asked for,
    are left as they are. Raises ResponseTooLargeError, ProtocolError."""
    if (response.content_length or 0) > limit:
        raise _too_large(limit)
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    inflater = Inflater(encoding, limit) if encoding in ("gzip", "x-gzip", "deflate") else None
    pieces: list[bytes] = []
    received = 0
    async for chunk in response.content.iter_any():
        received += len(chunk)
        if received > limit:
            raise _too_large(limit)
        pieces.append(inflater.feed(chunk) if inflater else chunk)
    if inflater and received:
        inflater.finish()
    return b"".join(pieces)


class Inflater:
    """Decompresses gzip (one or many members) and deflate (with or without the zlib header, as servers
    differ), never producing more than `limit` bytes in all."""

    def __init__(self, encoding: str, limit: int) -> None:
        self._gzip = encoding != "deflate"
        self._limit = limit
        self._produced = 0
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> bytes:
        """The bytes that come out of `data`. Raises ResponseTooLargeError, ProtocolError."""
        pieces: list[bytes] = []
        while data:
            stream = self._stream = self._current(data)
            pieces.append(self._inflate(stream, data))
            data = stream.unused_data if self._gzip else b""
        return b"".join(pieces)

    def finish(self) -> None:
        """Raise ProtocolError unless the compressed stream is complete."""
        if self._stream is None or not self._stream.eof:
            raise ProtocolError("the compressed response ends early", sent=True)

    def _current(self, data: bytes) -> zlib._Decompress:
        if self._stream is not None and not (self._gzip and self._stream.eof):
            return self._stream
        if self._gzip:
            return zlib.decompressobj(_GZIP)
        return zlib.decompressobj(zlib.MAX_WBITS if data[0] & 0x0F == _ZLIB_METHOD else -zlib.MAX_WBITS)

    def _inflate(self, stream: zlib._Decompress, data: bytes) -> bytes:
        try:
            piece = stream.decompress(data, self._limit - self._produced + 1)
        except zlib.error as error:
            raise ProtocolError("the response is not compressed as it says", sent=True) from error
        self._produced += len(piece)
        if self._produced > self._limit:
            raise _too_large(self._limit)
        return piece


def _too_large(limit: int) -> ResponseTooLargeError:
    return ResponseTooLargeError(f"the response is larger than {limit} bytes", sent=True)
