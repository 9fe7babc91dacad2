"""All the ways that SIP comes and goes here, opened and closed together."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

from cordboard.edge.sip.flow import Flow, Receiver
from cordboard.edge.sip.resolver import Resolver, UnresolvedError
from cordboard.edge.sip.settings import SipSettings, TransportName
from cordboard.edge.sip.transport_local import LocalTransport
from cordboard.edge.sip.transport_stream import StreamTransport, client_context, server_context
from cordboard.edge.sip.transport_udp import UdpTransport
from cordboard.wire.sip.uri import SipUri

_SOMEWHERE: Final = ("192.0.2.1", 9)
"""A documentation address, to ask the routing table for the way to the Internet; nothing is sent there."""

_TRIES: Final = 20
"""How many ports of the system's choice are tried until one is free for both."""

TRANSPORTS: Final[tuple[TransportName, ...]] = ("udp", "tcp", "tls")


class UnreachableError(Exception):
    """There is no way to a peer: no address, no connection, no such transport."""


class Transports:
    """UDP and TCP on one port, TLS and the browsers' relay where they are set."""

    def __init__(self, settings: SipSettings, receiver: Receiver, now: Callable[[], float]) -> None:
        self._settings = settings
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        self.resolver = Resolver(now, family)
        self.udp = UdpTransport(receiver)
        self.streams = StreamTransport(
            receiver,
            now,
            most=settings.most_connections,
            per_address=settings.connections_per_address,
            idle_seconds=settings.idle_seconds,
        )
        self.local = LocalTransport(receiver)
        self.tls_port = 0

    @property
    def port(self) -> int:
        """The port of UDP and TCP."""
        return self.udp.local.port

    async def open(self, relay: Path | None = None) -> None:
        """Listens. Raises OSError, ssl.SSLError (a certificate that is none)."""
        host = self._settings.host
        await self._open_both(host)
        if self._settings.tls_port:
            tls = server_context(Path(self._settings.tls_certificate), Path(self._settings.tls_key))
            self.tls_port = (await self.streams.listen(host, self._settings.tls_port, tls)).port
        if relay is not None:
            await self.local.listen(relay)

    async def _open_both(self, host: str) -> None:
        """UDP and TCP on one port. A port of the system's choice is free for UDP and may be taken for TCP: then on
        another one.
        """
        for left in range(_TRIES if self._settings.port == 0 else 1)[::-1]:
            await self.udp.open(host, self._settings.port)
            try:
                await self.streams.listen(host, self.port)
            except OSError:
                self.udp.close()
                if not left:
                    raise
            else:
                return

    async def close(self) -> None:
        """Closes everything."""
        await self.local.close()
        await self.streams.close()
        self.udp.close()

    def public_host(self) -> str:
        """What we call ourselves where the settings do not say."""
        if self._settings.public_host:
            return self._settings.public_host
        return self._settings.host if not _is_unspecified(self._settings.host) else _way_out()

    def known_flow(self, uri: SipUri) -> Flow | None:
        """The way to a SIP address if it is clear at once: an address over UDP, or a name that was asked for lately."""
        if uri.scheme == "sips" or (uri.param("transport") or "udp").lower() != "udp":
            return None
        endpoint = self.resolver.known(uri.host, uri.port or 5060)
        return self.udp.flow_to(endpoint) if endpoint else None

    async def flow_to(self, uri: SipUri) -> Flow:
        """The way to a SIP address. Raises UnreachableError."""
        transport = _transport_of(uri)
        return await self.reach(transport, uri.host, uri.port or (5061 if transport == "tls" else 5060))

    async def reach(self, transport: TransportName, host: str, port: int, *, tls_verify: bool = True) -> Flow:
        """The way to a host, over a connection that is opened unless there is one. Raises UnreachableError."""
        try:
            endpoint = await self.resolver.find(host, port)
            if transport == "udp":
                return self.udp.flow_to(endpoint)
            tls = _tls(verify=tls_verify) if transport == "tls" else None
            return await self.streams.connect(endpoint, tls, host)
        except (UnresolvedError, OSError, TimeoutError) as error:
            raise UnreachableError(f"{host}:{port} over {transport}: {str(error) or 'no answer'}") from error


def _transport_of(uri: SipUri) -> TransportName:
    """UDP unless the address says otherwise. Raises UnreachableError."""
    if uri.scheme == "sips":
        return "tls"
    told = (uri.param("transport") or "udp").lower()
    for transport in TRANSPORTS:
        if told == transport:
            return transport
    raise UnreachableError(f"{uri.host}: nobody is called over {told[:20]} here")


@lru_cache(maxsize=2)
def _tls(*, verify: bool) -> ssl.SSLContext:
    """Made once: the system's certificates take a while to load."""
    return client_context(verify=verify)


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _way_out() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_SOMEWHERE)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
