"""The application on a socket of its own, a voice process that only keeps frames, and browsers by aiohttp's client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from litestar import Litestar
from tests.harness import Api, Tenant

from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.api.frame.server import ApiServer, listen, make_server
from cordboard.edge.sockets.webphone import WebphoneRelay
from cordboard.run.api import build_api
from cordboard.run.sockets import sockets_folder

PATIENCE = 10


@dataclass
class Browser:
    """A browser as the voice process sees it."""

    hello: dict[str, Any]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def frame(self) -> bytes:
        """The next frame."""
        return await _frame(self.reader)

    def send(self, data: bytes) -> None:
        """Sends a frame."""
        self.writer.write(len(data).to_bytes(4, "big") + data)


@dataclass
class Voice:
    """What listens where a voice process would."""

    path: Path
    browsers: asyncio.Queue[Browser] = field(default_factory=asyncio.Queue)
    server: asyncio.Server | None = None
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def browser(self) -> Browser:
        """The next browser that was brought."""
        return await asyncio.wait_for(self.browsers.get(), PATIENCE)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        hello = msgspec.msgpack.decode(await _frame(reader))
        self.browsers.put_nowait(Browser(hello, reader, writer))

    async def start(self) -> None:
        """Listens."""
        self.server = await asyncio.start_unix_server(self._take, str(self.path))

    async def stop(self) -> None:
        """Gone, with its connections."""
        assert self.server is not None
        self.server.close()
        for writer in self.writers:
            writer.close()
        await self.server.wait_closed()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(PATIENCE):
        return await reader.readexactly(int.from_bytes(await reader.readexactly(4), "big"))


@dataclass
class House:
    """The installation, where it listens, and its voice processes."""

    api: Api
    url: str
    client: aiohttp.ClientSession
    folder: Path
    server: ApiServer

    @asynccontextmanager
    async def voice(self, number: int = 1) -> AsyncIterator[Voice]:
        """A voice process for the block."""
        voice = Voice(self.folder / f"voice-{number}.sock")
        await voice.start()
        try:
            yield voice
        finally:
            await voice.stop()
            voice.path.unlink(missing_ok=True)

    async def open(
        self,
        token: str | None,
        *,
        by: str = "query",
        protocols: tuple[str, ...] = ("sip",),
        headers: Mapping[str, str] | None = None,
    ) -> aiohttp.ClientWebSocketResponse:
        """A browser's socket. Raises aiohttp.WSServerHandshakeError."""
        given = dict(headers or {})
        params = {"access_token": token} if token and by == "query" else {}
        if token and by == "header":
            given["Authorization"] = f"Bearer {token}"
        if token and by == "subprotocol":
            protocols = (*protocols, f"bearer.{token}")
        return await self.client.ws_connect(
            f"{self.url}/v4/webphone/ws", params=params, protocols=protocols, headers=given, autoping=True
        )

    async def refused(self, tenant: Tenant | None, **how: Any) -> int:
        """The status that a handshake is refused with."""
        return await refusal(self.open(tenant.token if tenant else None, **how))


@asynccontextmanager
async def open_house(api: Api, *, check_seconds: float | None = None, application: Any = None) -> AsyncIterator[House]:
    """The application of `api`, or another one, on a port; `check_seconds` makes a relay look at tokens more often."""
    folder = sockets_folder(api.platform.settings.data_path)
    if application is None:
        application = build_api(api.platform)
    if check_seconds is not None:
        application = relay_only(api, folder, check_seconds)
    server = make_server(application, drain_seconds=2)
    listener = listen("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        async with aiohttp.ClientSession() as client:
            yield House(api, f"http://127.0.0.1:{listener.getsockname()[1]}", client, folder, server)
    finally:
        server.should_exit = True
        await asyncio.wait_for(serving, PATIENCE)


def relay_only(api: Api, folder: Path, check_seconds: float) -> Any:
    """An application of nothing but an impatient relay."""
    relay = WebphoneRelay(
        authenticator=api.platform.accounts,
        limiter=RateLimiter(1000),
        sockets=folder,
        public_url="http://phones.example",
        check_seconds=check_seconds,
    )
    return Litestar([relay.handler()], openapi_config=None, logging_config=None)


async def refusal(handshake: Awaitable[aiohttp.ClientWebSocketResponse]) -> int:
    """The status that a handshake is refused with."""
    try:
        await handshake
    except aiohttp.WSServerHandshakeError as error:
        return error.status
    raise AssertionError("the handshake was accepted")


async def closed_with(socket: aiohttp.ClientWebSocketResponse) -> tuple[int | None, Any]:
    """How the server closes: code and reason."""
    async with asyncio.timeout(PATIENCE):
        message = await socket.receive()
        while message.type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
            message = await socket.receive()
    return socket.close_code, message.extra
