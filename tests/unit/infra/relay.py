"""A way to the database that can be cut and restored, as a network can."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit


class Relay:
    """Passes connections on to a PostgreSQL until it is cut. `url` leads through it."""

    def __init__(self, host: str, port: int, url: str) -> None:
        self._host, self._port = host, port
        self._plain = url
        self._listening: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self._own_port = 0

    @classmethod
    @asynccontextmanager
    async def to_database(cls, url: str) -> AsyncIterator[Relay]:
        """A relay to the server of `url`, whether that names a socket's directory or a host."""
        parts = urlsplit(url)
        directory = unquote(parse_qs(parts.query).get("host", [""])[0])
        relay = cls(directory or parts.hostname or "127.0.0.1", parts.port or 5432, url)
        await relay.restore()
        try:
            yield relay
        finally:
            await relay.cut()

    @property
    def url(self) -> str:
        """The database's URL by way of the relay."""
        parts = urlsplit(self._plain)
        who = f"{parts.username}:{parts.password or ''}@" if parts.username else ""
        return urlunsplit(parts._replace(netloc=f"{who}127.0.0.1:{self._own_port}", query="sslmode=disable"))

    async def cut(self) -> None:
        """Ends every connection and refuses new ones."""
        if self._listening is None:
            return
        self._listening.close()
        self._listening = None
        for writer in self._writers:
            writer.transport.abort()
        while self._passing:
            await asyncio.wait(self._passing)

    async def restore(self) -> None:
        """Listens, on the same port as before."""
        self._listening = await asyncio.start_server(self._connected, "127.0.0.1", self._own_port)
        self._own_port = self._listening.sockets[0].getsockname()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._host.startswith("/"):
            far = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        else:
            far = await asyncio.open_connection(self._host, self._port)
        for source, sink in ((reader, far[1]), (far[0], writer)):
            task = asyncio.create_task(self._pass_on(source, sink))
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        self._writers.add(sink)
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        self._writers.discard(sink)
        sink.transport.abort()
