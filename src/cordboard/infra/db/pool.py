"""One pool of connections a process, with JSON columns as Python values."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
import msgspec
import structlog
from asyncpg.pool import PoolConnectionProxy

Tx: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
"""A connection inside a transaction that somebody at the edge opened and will commit."""

_JSONB_VERSION = b"\x01"
_encode_json = msgspec.json.Encoder().encode
_decode_json = msgspec.json.Decoder().decode
_RECONNECT_SECONDS = 1.0
_log = structlog.get_logger(__name__)

_SERVER_SETTINGS = {
    "application_name": "cordboard",
    "timezone": "UTC",
    # A vanished machine's locks and leases are to be free within 10 s.
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "2",
    # Compiling costs more than our short statements run; over many partitions the planner would choose it.
    "jit": "off",
}


async def prepare_connection(connection: Any) -> None:
    """Teaches a connection to carry JSON columns as Python values."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: _JSONB_VERSION + _encode_json(value),
        decoder=lambda data: _decode_json(memoryview(data)[1:]),
        format="binary",
    )


async def _keep_session(_connection: object) -> None:
    """Spares each use of a connection a round trip: nobody changes the session of a pooled one (see `dedicated`)."""


class Database:
    """The pool, transactions and notifications of one process."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], url: str) -> None:
        self._pool = pool
        self.url = url

    @classmethod
    async def connect(cls, url: str, *, size: int = 10) -> Database:
        """Opens the pool. `url` is a postgresql:// URL; connections are made as they are needed."""
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            init=prepare_connection,
            reset=_keep_session,
            server_settings=_SERVER_SETTINGS,
            command_timeout=60,
        )
        return cls(pool, url)

    async def close(self) -> None:
        """Waits for running statements, then closes."""
        await self._pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Tx]:
        """A connection without a transaction: each statement commits by itself."""
        async with self._pool.acquire() as connection:
            yield connection

    @asynccontextmanager
    async def dedicated(self) -> AsyncIterator[Tx]:
        """A connection outside the pool, for session locks and LISTEN; it closes with the block."""
        connection = await asyncpg.connect(self.url, server_settings=_SERVER_SETTINGS)
        try:
            await prepare_connection(connection)
            yield connection
        finally:
            if not connection.is_closed():
                await connection.close(timeout=5)


class Wakeups:
    """Turns NOTIFY into asyncio events, so that a loop sleeps until there is work or its next due time.

    Listening is an optimisation: a loop that waits here also wakes after its own timeout, so a lost notification costs
    time only.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._events: dict[str, asyncio.Event] = {}
        self._callbacks: dict[str, Callable[[str], None]] = {}
        self.listening = asyncio.Event()

    def event(self, channel: str) -> asyncio.Event:
        """The event that a notification on `channel` sets; ask before `run` starts."""
        return self._events.setdefault(channel, asyncio.Event())

    def on(self, channel: str, callback: Callable[[str], None]) -> None:
        """Calls `callback` with the payload of each notification on `channel`."""
        self._callbacks[channel] = callback

    async def run(self) -> None:
        """Listens until cancelled; reconnects when the connection is lost."""
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("wakeups.database_away", error=repr(error))
                await asyncio.sleep(_RECONNECT_SECONDS)

    async def _listen(self) -> None:
        """Listens until the connection is lost. What was missed before it stood is made good by waking everybody."""
        lost = asyncio.Event()
        async with self._database.dedicated() as connection:
            connection.add_termination_listener(lambda _: lost.set())
            for channel in {*self._events, *self._callbacks}:
                await connection.add_listener(channel, self._notified)
            self.listening.set()
            try:
                self.wake_all()
                await lost.wait()
            finally:
                self.listening.clear()

    def wake_all(self) -> None:
        """Sets every event: whoever waits looks again."""
        for event in self._events.values():
            event.set()

    def _notified(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        if event := self._events.get(channel):
            event.set()
        if callback := self._callbacks.get(channel):
            callback(str(payload))


async def wait_for_work(event: asyncio.Event, seconds: float) -> None:
    """Sleeps until `event` is set or `seconds` have passed, and clears it."""
    try:
        async with asyncio.timeout(max(seconds, 0.001)):
            await event.wait()
    except TimeoutError:
        return
    finally:
        event.clear()
