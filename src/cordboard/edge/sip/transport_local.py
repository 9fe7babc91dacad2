"""Browser phones (RFC 7118): an API process relays the frames of their WebSockets over a local stream socket.

A frame is a four-octet length (big-endian) and as many octets. The first is a msgpack map `account_id`, `user`,
`remote`: the API process has checked the browser's token, and vouches for whose phone it is. Each later one, both ways,
is one SIP message. A connection is one browser; the socket's file is for our own user only, which is what is trusted.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from cordboard.edge.sip.connected_flow import ConnectedFlow
from cordboard.edge.sip.flow import Endpoint, Receiver
from cordboard.edge.sip.port import PhoneSource
from cordboard.wire.sip.parsing import LARGEST_MESSAGE, BadMessageError, is_keep_alive, parse_message

_LENGTH_OCTETS: Final = 4
_OWNER_ONLY: Final = 0o600


class BrowserHello(msgspec.Struct, frozen=True):
    """Whose browser it is, and its address as text for the records."""

    account_id: UUID
    user: str
    remote: str = ""


def encode_frame(data: bytes) -> bytes:
    """A frame as it goes over the socket."""
    return len(data).to_bytes(_LENGTH_OCTETS, "big") + data


class FrameError(Exception):
    """A frame is longer than any message, or the first one is no hello."""


class FrameReader:
    """Cuts frames out of a stream."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes. Raises FrameError."""
        self._buffer += data
        frames: list[bytes] = []
        while len(self._buffer) >= _LENGTH_OCTETS:
            length = int.from_bytes(self._buffer[:_LENGTH_OCTETS], "big")
            if length > LARGEST_MESSAGE:
                raise FrameError(f"a frame of {length} octets; at most {LARGEST_MESSAGE} are taken")
            end = _LENGTH_OCTETS + length
            if len(self._buffer) < end:
                break
            frames.append(bytes(self._buffer[_LENGTH_OCTETS:end]))
            del self._buffer[:end]
        return frames


class BrowserFlow(ConnectedFlow):
    """One browser's WebSocket, seen through its API process."""

    def __init__(self, owner: LocalTransport) -> None:
        super().__init__("WS")
        self._owner = owner
        self.remote = Endpoint("browser.invalid", 0)
        self._phone: PhoneSource | None = None
        self._frames = FrameReader()

    @property
    def phone(self) -> PhoneSource | None:
        """Whose it is, once the hello has come."""
        return self._phone

    def send(self, data: bytes) -> None:
        """Sends a message in a frame."""
        super().send(encode_frame(data))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """An API process has a browser for us."""
        self.adopt(transport)
        self._owner.flows.add(self)

    def data_received(self, data: bytes) -> None:
        """Frames, the hello first."""
        try:
            for frame in self._frames.feed(data):
                if self._phone is None:
                    self._greet(frame)
                elif not is_keep_alive(frame):
                    self._take(frame)
        except FrameError:
            self._owner.broken += 1
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The browser is gone, or its API process."""
        super().connection_lost(exc)
        self._owner.flows.discard(self)
        self._owner.receiver.lost(self)

    def _greet(self, frame: bytes) -> None:
        try:
            hello = msgspec.msgpack.decode(frame, type=BrowserHello)
        except msgspec.DecodeError as error:
            raise FrameError("the first frame does not say whose browser it is") from error
        self._phone = PhoneSource(hello.account_id, hello.user)
        host, _, port = hello.remote.rpartition(":")
        self.remote = Endpoint(host.strip("[]") or "browser.invalid", int(port) if port.isdecimal() else 0)

    def _take(self, frame: bytes) -> None:
        try:
            message = parse_message(frame)
        except BadMessageError as error:
            self._owner.receiver.malformed(error, self)
        else:
            self._owner.receiver.received(message, self)


class LocalTransport:
    """The socket that API processes connect to. `broken`: connections that spoke something else."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.flows: set[BrowserFlow] = set()
        self.broken = 0
        self._server: asyncio.Server | None = None

    async def listen(self, path: Path) -> None:
        """Takes connections on a Unix socket, in place of what a process that died left there. Raises OSError."""
        _clear(path)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: BrowserFlow(self), str(path))
        _keep_private(path)

    async def close(self) -> None:
        """Closes all connections and takes no more."""
        if self._server is None:
            return
        self._server.close()
        for flow in list(self.flows):
            flow.close()
        await self._server.wait_closed()
        self._server = None


def _clear(path: Path) -> None:
    path.unlink(missing_ok=True)


def _keep_private(path: Path) -> None:
    path.chmod(_OWNER_ONLY)
