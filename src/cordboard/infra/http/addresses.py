"""Which IP addresses are ordinary addresses of the public Internet, and every way to spell one.

The tables follow the IANA IPv4 and IPv6 special-purpose address registries (RFC 6890); the standard library's
`is_global` differs between Python's patch releases. An operator's own NAT64 prefix cannot be recognised.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

_V4: Final = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_V6_GLOBAL: Final = IPv6Network("2000::/3")
_V6: Final = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
    )
)
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_UNSPECIFIED: Final = frozenset({IPv4Address(0), IPv6Address(0)})


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which addresses may be connected to: the public ones, those in `allowed`, and with `allow_private`
    all but the unspecified address (which means this very machine)."""

    allow_private: bool = False
    allowed: tuple[IpNetwork, ...] = ()

    @classmethod
    def of(cls, *, allow_private: bool, allowed_networks: Sequence[str] = ()) -> AddressPolicy:
        """The policy with networks in text, such as `10.1.0.0/16`. Raises ValueError."""
        return cls(allow_private, tuple(ipaddress.ip_network(network) for network in allowed_networks))

    def refusal(self, address: IpAddress) -> str | None:
        """Why the address may not be connected to; None if it may."""
        kind = special_kind(address)
        if kind is None or any(address in network for network in self.allowed):
            return None
        if self.allow_private and _plain(address) not in _UNSPECIFIED:
            return None
        return f"{address} is not a public address ({kind})"


def special_kind(address: IpAddress) -> str | None:
    """What keeps the address from being an ordinary public one, such as `private`; None for public ones."""
    if isinstance(address, IPv4Address):
        return _kind_v4(address)
    embedded = embedded_v4(address)
    if embedded is not None:
        return _kind_v4(embedded)
    kind = next((kind for network, kind in _V6 if address in network), None)
    return kind or (None if address in _V6_GLOBAL else "reserved")


def embedded_v4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that traffic to this IPv6 address really goes to: mapped, NAT64 (RFC 6052), 6to4 (RFC
    3056)."""
    number = int(address)
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(number & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(number >> 80 & 0xFFFFFFFF)
    return None


def literal_address(host: str) -> IpAddress | None:
    """The address that a URL's host spells, also in the ways that only `inet_aton` reads (`127.1`,
    `0x7f000001`, `017700000001`); None for names."""
    host = host.removesuffix(".")
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return _loose_v4(host)


def is_plain_literal(host: str) -> bool:
    """Whether an address is spelled as everybody reads it."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _plain(address: IpAddress) -> IpAddress:
    return embedded_v4(address) or address if isinstance(address, IPv6Address) else address


def _kind_v4(address: IPv4Address) -> str | None:
    return next((kind for network, kind in _V4 if address in network), None)


def _loose_v4(host: str) -> IPv4Address | None:
    """One to four numbers, decimal, octal or hexadecimal; the last fills the bytes that are left."""
    parts = host.split(".")
    numbers = [_loose_number(part) for part in parts]
    if len(parts) > 4 or any(number is None for number in numbers):
        return None
    *leading, last = (number for number in numbers if number is not None)
    room = 4 - len(leading)
    if any(number > 0xFF for number in leading) or last >= 256**room:
        return None
    return IPv4Address(bytes(leading) + last.to_bytes(room, "big"))


def _loose_number(text: str) -> int | None:
    if not text.isascii() or not text.isalnum():
        return None
    try:
        if text[:2].lower() == "0x":
            return int(text[2:] or "0", 16)
        return int(text, 8 if text[0] == "0" and len(text) > 1 else 10)
    except ValueError:
        return None
