"""What a test's peer speaks over: each sends octets of one message and tells what came."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast
from uuid import UUID

import msgspec

from cordboard.edge.sip.transport_local import BrowserHello, FrameReader, encode_frame
from cordboard.wire.sip.message import Request, Response
from cordboard.wire.sip.parsing import is_keep_alive, parse_message
from cordboard.wire.sip.stream import StreamParser

Heard = Callable[[Request | Response], None]


class Wire(Protocol):
    """A way to the other side. `name` is the transport in Via, `address` what we call ourselves."""

    name: str
    address: tuple[str, int]
    pings: int
    """Line ends that came, alone or as an answer to ours."""

    def send(self, data: bytes) -> None:
        """Sends one message, or anything else."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


class UdpWire(asyncio.DatagramProtocol):
    """A socket of our own that speaks to one address."""

    name = "UDP"

    def __init__(self, heard: Heard, target: tuple[str, int]) -> None:
        self._heard = heard
        self.target = target
        self.address = ("", 0)
        self.pings = 0
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, host: str = "127.0.0.1") -> UdpWire:
        """Binds."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        name = transport.get_extra_info("sockname")
        self.address = (name[0], name[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A message, or line ends."""
        if is_keep_alive(data):
            self.pings += 1
        else:
            self._heard(parse_message(data))

    def send(self, data: bytes) -> None:
        """Sends a datagram."""
        if self._transport is not None:
            self._transport.sendto(data, self.target)

    def close(self) -> None:
        """Closes the socket."""
        if self._transport is not None:
            self._transport.close()


class StreamWire(asyncio.Protocol):
    """A connection, opened or taken."""

    def __init__(self, heard: Heard, name: str = "TCP") -> None:
        self._heard = heard
        self.name = name
        self.address = ("", 0)
        self.pings = 0
        self.closed = asyncio.Event()
        self._parser = StreamParser()
        self._transport: asyncio.Transport | None = None

    async def open(self, target: tuple[str, int], tls: ssl.SSLContext | None = None) -> StreamWire:
        """Connects."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, *target, ssl=tls, server_hostname="localhost" if tls else None)
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self._transport = cast("asyncio.Transport", transport)
        name = transport.get_extra_info("sockname")
        self.address = (name[0], name[1])

    def data_received(self, data: bytes) -> None:
        """Messages and line ends."""
        for item in self._parser.feed(data):
            if isinstance(item, Request | Response):
                self._heard(item)
            else:
                self.pings += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Closed."""
        self.closed.set()

    def send(self, data: bytes) -> None:
        """Writes."""
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """Closes."""
        if self._transport is not None:
            self._transport.close()


class BrowserWire(asyncio.Protocol):
    """A browser's WebSocket, as an API process relays it."""

    name = "WS"

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self.address = ("browser.invalid", 5060)
        self.pings = 0
        self.closed = asyncio.Event()
        self._frames = FrameReader()
        self._transport: asyncio.Transport | None = None

    async def open(self, path: Path, account_id: UUID, user: str) -> BrowserWire:
        """Connects, and says whose browser it is."""
        await asyncio.get_running_loop().create_unix_connection(lambda: self, str(path))
        self.send(msgspec.msgpack.encode(BrowserHello(account_id, user, "203.0.113.9:4711")))
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Frames."""
        for frame in self._frames.feed(data):
            self._heard(parse_message(frame))

    def connection_lost(self, exc: Exception | None) -> None:
        """Closed."""
        self.closed.set()

    def send(self, data: bytes) -> None:
        """Writes a frame."""
        if self._transport is not None:
            self._transport.write(encode_frame(data))

    def close(self) -> None:
        """Closes."""
        if self._transport is not None:
            self._transport.close()
