"""Call control's side of the control stream."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias, cast, overload

import msgspec

from cordboard.edge.media.errors import MediaError, MediaLostError
from cordboard.edge.media.framing import ControlStreamError, FrameReader, from_body, to_frame
from cordboard.edge.media.protocol import (
    CloseLeg,
    Command,
    Done,
    EngineStatus,
    Failed,
    FromEngine,
    GetStatistics,
    GetStatus,
    LegOpened,
    LegStatistics,
    MediaEvent,
    OpenLeg,
    Request,
    Response,
    Result,
)

ANSWER_SECONDS: Final = 10.0
"""An engine answers between two ticks, and after a disk has written a recording."""

EventHandler: TypeAlias = Callable[[MediaEvent], None]


class MediaClient(asyncio.Protocol):
    """One connection to an engine. `closed` is set when it ended: its legs are gone then."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self._reader = FrameReader()
        self._decoder = msgspec.msgpack.Decoder(FromEngine)
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Result]] = {}
        self._handler: EventHandler | None = None
        self._close_handler: Callable[[], None] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, path: Path) -> MediaClient:
        """Connects to the engine that listens at `path`. Raises OSError."""
        _, client = await asyncio.get_running_loop().create_unix_connection(cls, str(path))
        return client

    def on_event(self, handler: EventHandler) -> None:
        """Who takes events, in order and without waiting."""
        self._handler = handler

    def on_close(self, handler: Callable[[], None]) -> None:
        """Who is told when the connection has ended; at once if it has."""
        self._close_handler = handler
        if self.closed.is_set():
            handler()

    @overload
    async def request(self, command: OpenLeg) -> LegOpened: ...

    @overload
    async def request(self, command: CloseLeg | GetStatistics) -> LegStatistics: ...

    @overload
    async def request(self, command: GetStatus) -> EngineStatus: ...

    @overload
    async def request(self, command: Command) -> Done | LegOpened | LegStatistics | EngineStatus: ...

    async def request(self, command: Command) -> Done | LegOpened | LegStatistics | EngineStatus:
        """Has a command carried out. Raises MediaError when the engine refuses, MediaLostError when it is gone."""
        if self._transport is None or self._transport.is_closing():
            raise MediaLostError("the media engine is gone")
        number = next(self._ids)
        waiting: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        self._transport.write(to_frame(Request(number, command)))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                result = await waiting
        except TimeoutError as error:
            raise MediaLostError(f"the media engine did not answer within {ANSWER_SECONDS:g} s") from error
        finally:
            del self._waiting[number]
        if isinstance(result, Failed):
            raise MediaError(result.code, result.message)
        return result

    async def close(self) -> None:
        """Ends the connection, and with it the legs that were opened through it."""
        if self._transport is not None:
            self._transport.close()
            await self.closed.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The engine is there."""
        # A stream's transport has these methods; uvloop's is none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answers and events."""
        try:
            messages = [from_body(self._decoder, body) for body in self._reader.feed(data)]
        except ControlStreamError:
            if self._transport is not None:
                self._transport.abort()
            return
        for message in messages:
            if isinstance(message, Response):
                self._answer(message)
            elif self._handler is not None:
                self._handler(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """The engine is gone, with what waits for its answers."""
        self._transport = None
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(MediaLostError("the media engine is gone"))
        self.closed.set()
        if self._close_handler is not None:
            self._close_handler()

    def _answer(self, response: Response) -> None:
        waiting = self._waiting.get(response.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(response.result)
