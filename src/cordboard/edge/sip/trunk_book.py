"""The trunks: who they are by address, and which can be used just now."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Final

import structlog

from cordboard.edge.sip.resolver import Resolver, UnresolvedError
from cordboard.edge.sip.settings import TrunkSettings
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Request

_MOST_REMEMBERED: Final = 10_000
_log = structlog.get_logger(__name__)


class Trunk:
    """A trunk and how it does. It is taken to be up until it proves otherwise, but to be registered only when it is."""

    def __init__(self, settings: TrunkSettings) -> None:
        self.settings = settings
        self.networks: tuple[IPv4Network | IPv6Network, ...] = tuple(
            ipaddress.ip_network(address, strict=False) for address in settings.addresses
        )
        self.answers = True
        self.is_registered = not settings.register
        self.rests_until = float("-inf")

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return self.settings.name

    def is_usable(self, now: float) -> bool:
        """Whether it can be given calls."""
        return self.answers and self.is_registered and now >= self.rests_until

    def rest(self, until: float) -> None:
        """It asked to be left alone for a while."""
        self.rests_until = max(self.rests_until, until)


class TrunkBook:
    """All trunks in the order of the settings."""

    def __init__(self, trunks: Sequence[TrunkSettings], now: Callable[[], float]) -> None:
        self.trunks = {settings.name: Trunk(settings) for settings in trunks}
        self._now = now
        self._by_address: dict[str, tuple[Trunk, ...]] = {}

    def get(self, name: str) -> Trunk | None:
        """A trunk by name."""
        return self.trunks.get(name)

    def usable(self) -> tuple[str, ...]:
        """The names of those that can be given calls now."""
        now = self._now()
        return tuple(name for name, trunk in self.trunks.items() if trunk.is_usable(now))

    async def add(self, settings: TrunkSettings, resolver: Resolver) -> None:
        """A trunk that came to be known later, last in the order. Replaces one of its name."""
        trunk = self.trunks[settings.name] = Trunk(settings)
        await self._resolve(trunk, resolver)
        self._by_address.clear()

    def knows(self, address: str, port: int = 0) -> bool:
        """Whether an IP address is a trunk's, or the port there."""
        return bool(self._at(address, port))

    def match(self, address: str, request: Request, port: int = 0) -> Trunk | None:
        """Whose call it is that came from an address and port. Where several trunks share it, by the user name that was
        called (that of our registration) or the domain that calls; else the first.
        """
        trunks = self._at(address, port)
        if len(trunks) < 2:
            return trunks[0] if trunks else None
        users, domains = _names_in(request)
        for trunk in trunks:
            if trunk.settings.username and trunk.settings.username in users:
                return trunk
        return next((trunk for trunk in trunks if trunk.settings.host.lower() in domains), trunks[0])

    async def resolve(self, resolver: Resolver) -> None:
        """Finds out which addresses the trunks' hosts have now; a name that has none just now keeps what it had."""
        await asyncio.gather(*[self._resolve(trunk, resolver) for trunk in self.trunks.values()])
        self._by_address.clear()

    async def _resolve(self, trunk: Trunk, resolver: Resolver) -> None:
        if trunk.settings.addresses:
            return
        try:
            addresses = await resolver.addresses(trunk.settings.host)
        except UnresolvedError as error:
            _log.warning("trunk.no_address", trunk=trunk.name, error=str(error))
            return
        trunk.networks = tuple(ipaddress.ip_network(address) for address in addresses)

    def _at(self, address: str, port: int) -> tuple[Trunk, ...]:
        """Those of the very port; else those that may call from any."""
        trunks = self._at_address(address)
        exact = tuple(t for t in trunks if t.settings.exact_port and t.settings.usual_port == port)
        return exact or tuple(t for t in trunks if not t.settings.exact_port)

    def _at_address(self, address: str) -> tuple[Trunk, ...]:
        found = self._by_address.get(address)
        if found is None:
            while len(self._by_address) >= _MOST_REMEMBERED:
                del self._by_address[next(iter(self._by_address))]
            found = self._by_address[address] = self._search(address)
        return found

    def _search(self, address: str) -> tuple[Trunk, ...]:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return ()
        return tuple(trunk for trunk in self.trunks.values() if any(ip in network for network in trunk.networks))


def _names_in(request: Request) -> tuple[set[str], set[str]]:
    """User names and domains that a request speaks of."""
    try:
        called, to, caller = request.target, request.to.uri, request.from_.uri
    except SipSyntaxError:
        return set(), set()
    return {each.user for each in (called, to, caller) if each.user}, {caller.host}
