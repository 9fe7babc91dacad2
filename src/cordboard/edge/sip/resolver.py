"""From host names to addresses, by the system's resolver, remembered for a while. SRV and NAPTR (RFC 3263) are not
asked: a trunk is named by host and port.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from cordboard.edge.sip.flow import Endpoint

_REMEMBERED_SECONDS: Final = 60.0
_MOST_NAMES: Final = 1000
_PATIENCE: Final = 5.0


class UnresolvedError(Exception):
    """A host name has no address, or nobody said so in time."""


class Resolver:
    """Remembers answers for a minute. `family` is that of our own socket: an IPv4 socket reaches no IPv6 address."""

    def __init__(self, now: Callable[[], float], family: socket.AddressFamily = socket.AF_INET) -> None:
        self._now = now
        self._family = family
        self._known: dict[str, tuple[float, tuple[str, ...]]] = {}

    def known(self, host: str, port: int) -> Endpoint | None:
        """Where a host is, if that can be said at once."""
        if is_address(host):
            return Endpoint(host, port)
        found = self._known.get(host)
        return Endpoint(found[1][0], port) if found and found[0] > self._now() else None

    async def find(self, host: str, port: int) -> Endpoint:
        """Where a host is. Raises UnresolvedError."""
        return self.known(host, port) or Endpoint((await self.addresses(host))[0], port)

    async def addresses(self, host: str) -> tuple[str, ...]:
        """All addresses of a host, asked anew. Raises UnresolvedError."""
        if is_address(host):
            return (host,)
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await asyncio.get_running_loop().getaddrinfo(host, None, family=self._family)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise UnresolvedError(f"{host} has no address: {str(error) or 'no answer'}") from error
        addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not addresses:
            raise UnresolvedError(f"{host} has no address")
        self._remember(host, addresses)
        return addresses

    def _remember(self, host: str, addresses: tuple[str, ...]) -> None:
        while len(self._known) >= _MOST_NAMES:
            del self._known[next(iter(self._known))]
        self._known[host] = (self._now() + _REMEMBERED_SECONDS, addresses)


@lru_cache(maxsize=10_000)
def is_address(host: str) -> bool:
    """Whether the text is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
