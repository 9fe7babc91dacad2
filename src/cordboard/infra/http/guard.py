"""The two places where an address is looked at: after the name is resolved, and again just before the
connection is made.

Only the second one decides: it sees the very address that the socket connects to, so a name that changes its
address between two look-ups (DNS rebinding) gains nothing. The first gives the better message and keeps
refused addresses from being tried.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult

from cordboard.infra.http.addresses import AddressPolicy

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Name to addresses in text. Raises OSError."""

_LOOKUPS_AT_ONCE: Final = 32


class BlockedSocketError(OSError):
    """Travels through the HTTP library, which passes on OSErrors only."""


class SystemLookup:
    """The machine's resolver, in threads of its own: slow names hold up nobody but each other."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, thread_name_prefix="lookup")

    async def __call__(self, name: str) -> Sequence[str]:
        """The addresses of `name`."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _system_addresses, name)

    def close(self) -> None:
        """Give up what waits; running look-ups end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedResolver(AbstractResolver):
    """Leaves out the addresses that the policy refuses; refuses the name when none is left."""

    def __init__(self, policy: AddressPolicy, lookup: Lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The allowed addresses of a host. Raises OSError."""
        addresses = [ipaddress.ip_address(address) for address in await self._lookup(host)]
        refusals = [self._policy.refusal(address) for address in addresses]
        allowed = [address for address, refusal in zip(addresses, refusals, strict=True) if not refusal]
        if not allowed and addresses:
            raise BlockedSocketError(f"{host}: {refusals[0]}")
        if not allowed:
            raise OSError("no address")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in allowed
        ]

    async def close(self) -> None:
        """Nothing of its own to release."""


class SocketGuard:
    """Makes the client's sockets, and refuses to make one for an address that the policy refuses."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy

    def __call__(self, target: tuple[Any, ...]) -> socket.socket:
        """A socket for `target`, as `getaddrinfo` describes it, that is connected to it next. Raises
        OSError."""
        family, kind, protocol, _, address = target
        refusal = self._policy.refusal(ipaddress.ip_address(address[0]))
        if refusal:
            raise BlockedSocketError(refusal)
        return socket.socket(family, kind, protocol)


def _system_addresses(name: str) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except UnicodeError as error:
        raise OSError("not a host name") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
