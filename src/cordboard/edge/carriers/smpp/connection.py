"""One connection to an SMSC: the sans-I/O session on a socket, with its timers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from cordboard.kit.clock import monotonic
from cordboard.wire.smpp import ClientSession, Event

_HIGH_WATER: Final = 1_048_576


class SmppConnection(asyncio.Protocol):
    """Feeds the session with bytes and time, and `heard` with its events. `flush` after each call to the session."""

    def __init__(self, session: ClientSession, heard: Callable[[Event], None]) -> None:
        self.session = session
        self.closed = asyncio.Event()
        self._heard = heard
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._flush_scheduled = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The bind goes out."""
        # A stream's transport has these methods; uvloop's is none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)
        self.session.connected(monotonic())
        self.flush()

    def data_received(self, data: bytes) -> None:
        """The peer's bytes."""
        self._tell(self.session.receive(data, monotonic()))

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, whoever wanted it."""
        self._stop_timer()
        self._transport = None
        events = self.session.disconnected(str(exc) if exc else "the peer closed the connection")
        self.closed.set()
        for event in events:
            self._heard(event)

    def flush(self) -> None:
        """Writes what the session wants to say, and sets the timer to its next deadline."""
        if self._transport is None:
            return
        if output := self.session.take_output():
            self._transport.write(output)
        if self.session.ended:
            self._transport.close()
            return
        self._set_timer()

    def flush_soon(self) -> None:
        """The same at the end of this turn of the loop, once for all that is said in it."""
        if not self._flush_scheduled:
            self._flush_scheduled = True
            asyncio.get_running_loop().call_soon(self._scheduled_flush)

    def abort(self) -> None:
        """Drops the connection."""
        if self._transport is not None:
            self._transport.abort()

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            self._heard(event)
        self.flush()

    def _scheduled_flush(self) -> None:
        self._flush_scheduled = False
        self.flush()

    def _set_timer(self) -> None:
        """One timer is kept for the earliest deadline; a later one is found when it fires, which saves re-arming per
        PDU.
        """
        deadline = self.session.next_deadline(monotonic())
        if deadline is None:
            return
        loop = asyncio.get_running_loop()
        when = loop.time() + max(0.0, deadline - monotonic())
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = loop.call_at(when, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._tell(self.session.tick(monotonic()))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
