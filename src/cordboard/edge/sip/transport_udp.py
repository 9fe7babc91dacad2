"""SIP over UDP (RFC 3261 18): one socket, a message a datagram."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import Final, cast

from cordboard.edge.sip.flow import Endpoint, Flow, Receiver, Transport
from cordboard.wire.sip.parsing import BadMessageError, is_keep_alive, parse_message

_SOCKET_BUFFER: Final = 4 * 1024 * 1024
"""Octets that the kernel holds for us in a burst, if it is allowed to."""


@dataclass(frozen=True, slots=True)
class UdpFlow(Flow):
    """An address that is reached from our socket."""

    socket: UdpTransport
    remote: Endpoint
    local: Endpoint
    transport: Transport = "UDP"

    @property
    def is_closed(self) -> bool:
        """Whether the socket is closed."""
        return self.socket.is_closed

    def send(self, data: bytes) -> None:
        """Sends a datagram."""
        self.socket.send(data, self.remote)

    def close(self) -> None:
        """Nothing: the socket is everybody's."""


class UdpTransport(asyncio.DatagramProtocol):
    """Feeds the receiver with messages. `errors`: datagrams that the network gave back, which nobody can be told of."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._transport: asyncio.DatagramTransport | None = None
        self.local = Endpoint("", 0)
        self.errors = 0

    async def open(self, host: str, port: int) -> None:
        """Binds. Raises OSError."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=(host, port))

    @property
    def is_closed(self) -> bool:
        """Whether it can send nothing."""
        return self._transport is None

    def flow_to(self, remote: Endpoint) -> UdpFlow:
        """The way to an address."""
        return UdpFlow(self, remote, self.local)

    def send(self, data: bytes, remote: Endpoint) -> None:
        """Sends a datagram; an empty socket buffer or a closed socket loses it."""
        if self._transport is not None:
            self._transport.sendto(data, remote)

    def close(self) -> None:
        """Closes the socket."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is bound."""
        # uvloop's transport is none of asyncio's classes.
        self._transport = cast("asyncio.DatagramTransport", transport)
        name = transport.get_extra_info("sockname")
        self.local = Endpoint(name[0], name[1])
        if raw := transport.get_extra_info("socket"):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One datagram; line ends only keep a NAT binding open."""
        remote = Endpoint(addr[0], addr[1])
        if not self._receiver.admits(remote) or is_keep_alive(data):
            return
        try:
            message = parse_message(data)
        except BadMessageError as error:
            self._receiver.malformed(error, self.flow_to(remote))
        else:
            self._receiver.received(message, self.flow_to(remote))

    def error_received(self, exc: Exception) -> None:
        """The network gave a datagram back: nobody listens there, or it was too long."""
        self.errors += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._transport = None
