"""SIP over TCP and TLS (RFC 3261 18.2): connections, reused both ways, capped per address, closed when idle."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cordboard.edge.sip.connected_flow import ConnectedFlow
from cordboard.edge.sip.flow import Endpoint, Receiver, Transport
from cordboard.wire.sip.parsing import BadMessageError
from cordboard.wire.sip.stream import KeepAlive, StreamItem, StreamParser

_CONNECT_SECONDS: Final = 5.0
_FIRST_MESSAGE_SECONDS: Final = 30.0
"""A connection that says nothing usable for so long is not a SIP peer's."""
_PONG: Final = b"\r\n"


class StreamFlow(ConnectedFlow):
    """One connection, whoever opened it."""

    def __init__(self, owner: StreamTransport, transport: Transport) -> None:
        super().__init__(transport)
        self._owner = owner
        self.heard_at = owner.now()
        self.has_spoken = False
        self._parser = StreamParser()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection; one too many of its address is closed."""
        self.adopt(transport)
        self.remote = _endpoint(transport, "peername")
        self.local = _endpoint(transport, "sockname")
        if not self._owner.opened(self):
            self.abort()

    def data_received(self, data: bytes) -> None:
        """Octets of the peer."""
        if not self._owner.receiver.admits(self.remote):
            return
        self.heard_at = self._owner.now()
        for item in self._parser.feed(data):
            self._take(item)
        if self._parser.lost:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end."""
        super().connection_lost(exc)
        self._owner.closed(self)

    def _take(self, item: StreamItem) -> None:
        if isinstance(item, KeepAlive):
            if item.ping:
                self.send(_PONG)
        elif isinstance(item, BadMessageError):
            self._owner.receiver.malformed(item, self)
        else:
            self.has_spoken = True
            self._owner.receiver.received(item, self)


class StreamTransport:
    """All TCP and TLS connections. `refused`: those that were one too many."""

    def __init__(
        self,
        receiver: Receiver,
        now: Callable[[], float],
        *,
        most: int,
        per_address: int,
        idle_seconds: float,
    ) -> None:
        self.receiver = receiver
        self.now = now
        self.refused = 0
        self._most = most
        self._per_address = per_address
        self._idle_seconds = idle_seconds
        self._flows: dict[tuple[Transport, Endpoint], StreamFlow] = {}
        self._addresses: Counter[str] = Counter()
        self._opening: dict[tuple[Transport, Endpoint, str], asyncio.Task[StreamFlow]] = {}
        self._servers: list[asyncio.Server] = []

    def __len__(self) -> int:
        return len(self._flows)

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> Endpoint:
        """Takes connections, and answers where. Raises OSError."""
        name: Transport = "TLS" if tls else "TCP"
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: StreamFlow(self, name), host, port, ssl=tls, backlog=1024)
        self._servers.append(server)
        address = server.sockets[0].getsockname()
        return Endpoint(address[0], address[1])

    async def connect(self, remote: Endpoint, tls: ssl.SSLContext | None = None, name: str = "") -> StreamFlow:
        """The connection to an address, opened unless there is one; `name` is whom its certificate must be of. Raises
        OSError, TimeoutError (also for a failed handshake).
        """
        transport: Transport = "TLS" if tls else "TCP"
        flow = self._flows.get((transport, remote))
        if flow is not None and not flow.is_closed:
            return flow
        key = (transport, remote, name)
        task = self._opening.get(key)
        if task is None:
            task = self._opening[key] = asyncio.create_task(self._open(remote, tls, name))
            task.add_done_callback(lambda _: self._opening.pop(key, None))
        return await asyncio.shield(task)

    async def _open(self, remote: Endpoint, tls: ssl.SSLContext | None, name: str) -> StreamFlow:
        transport: Transport = "TLS" if tls else "TCP"
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, flow = await loop.create_connection(
                lambda: StreamFlow(self, transport), *remote, ssl=tls, server_hostname=name or None if tls else None
            )
        flow.has_spoken = True  # we opened it, and will speak first
        return flow

    def opened(self, flow: StreamFlow) -> bool:
        """Counts a connection; False when it is one too many."""
        host = flow.remote.host
        if len(self._flows) >= self._most or self._addresses[host] >= self._per_address:
            self.refused += 1
            return False
        self._addresses[host] += 1
        self._flows[flow.transport, flow.remote] = flow
        return True

    def closed(self, flow: StreamFlow) -> None:
        """Forgets a connection."""
        if self._flows.get((flow.transport, flow.remote)) is not flow:
            return
        del self._flows[flow.transport, flow.remote]
        self._addresses[flow.remote.host] -= 1
        if not self._addresses[flow.remote.host]:
            del self._addresses[flow.remote.host]
        self.receiver.lost(flow)

    def drop_idle(self) -> None:
        """Closes connections on which nothing came for long."""
        now = self.now()
        for flow in list(self._flows.values()):
            patience = self._idle_seconds if flow.has_spoken else _FIRST_MESSAGE_SECONDS
            if now - flow.heard_at > patience:
                flow.close()

    async def close(self) -> None:
        """Closes all connections and takes no more."""
        for server in self._servers:
            server.close()
        for task in self._opening.values():
            task.cancel()
        for flow in list(self._flows.values()):
            flow.abort()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS as a server, by PEM files. Raises OSError, ssl.SSLError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def client_context(*, verify: bool = True) -> ssl.SSLContext:
    """TLS as a client, trusting what the system trusts, or anybody."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _endpoint(transport: asyncio.BaseTransport, name: str) -> Endpoint:
    address = transport.get_extra_info(name) or ("", 0)
    return Endpoint(str(address[0]), int(address[1]))
