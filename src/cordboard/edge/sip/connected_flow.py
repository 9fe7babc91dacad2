"""What flows over connections share: written without waiting, dropped when the peer takes nothing."""

from __future__ import annotations

import asyncio
from typing import Final, cast

from cordboard.edge.sip.flow import Endpoint, Flow, Transport

_MOST_UNSENT: Final = 512 * 1024
"""Octets that wait for a slow peer; more, and the connection is dropped."""


class ConnectedFlow(asyncio.Protocol, Flow):
    """One connection, once `adopt` has got it and until `connection_lost`."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.remote = Endpoint("", 0)
        self.local = Endpoint("", 0)
        self._stream: asyncio.Transport | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the connection is gone."""
        return self._stream is None or self._stream.is_closing()

    def send(self, data: bytes) -> None:
        """Writes a message; a peer that takes nothing loses its connection."""
        if self._stream is None or self._stream.is_closing():
            return
        self._stream.write(data)
        if self._stream.get_write_buffer_size() > _MOST_UNSENT:
            self._stream.abort()

    def close(self) -> None:
        """Ends the connection after what is written."""
        if self._stream is not None:
            self._stream.close()

    def abort(self) -> None:
        """Ends the connection at once."""
        if self._stream is not None:
            self._stream.abort()

    def adopt(self, transport: asyncio.BaseTransport) -> None:
        """Takes the connection; what `connection_made` begins with."""
        # uvloop's transport is none of asyncio's classes.
        self._stream = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        self._stream = None
