"""What is said of SIP and of trunks in the settings file, and what can be wrong with it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from cordboard.kit.money import to_micros
from cordboard.kit.phone import is_short_code, parse_number

_MOST_TRUNKS = 1000
_SHORTEST_REGISTRATION = 60

TransportName = Literal["udp", "tcp", "tls"]
NumberFormat = Literal["e164", "digits", "national"]
"""How a trunk wants numbers: `+19495551234`, `19495551234`, or as dialled inside the country, `9495551234`."""


class SipSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[sip]`. UDP and TCP listen on `port`, TLS on `tls_port` (0: not at all) with a certificate and key in PEM files.

    `public_host` is what we call ourselves in messages; empty: the address that the way to the Internet leaves from.
    `allow_private` lets documents call SIP addresses of private networks. Rates are a second, times are seconds.
    `auth_failures` wrong passwords within a minute shut an address out for `ban_seconds`.
    """

    host: str = "127.0.0.1"
    port: int = 5060
    tls_port: int = 0
    tls_certificate: str = ""
    tls_key: str = ""
    public_host: str = ""
    realm: str = "cordboard"
    digest_algorithms: tuple[Literal["SHA-256", "MD5"], ...] = ("MD5",)
    """What phones are asked for, best first. Many phones give up when they are also asked for SHA-256 (RFC 8760)."""
    user_agent: str = "Cordboard"
    allow_private: bool = False
    most_calls: int = 2000
    """Legs at a time: a call between two parties counts twice."""
    calls_per_second: float = 200
    packets_per_second: float = 200
    """Of one address that is no trunk; ten times as many at once are borne."""
    strangers_per_second: float = 200
    """Requests that nobody has vouched for yet, of all addresses together."""
    auth_failures: int = 10
    ban_seconds: float = 300
    most_registrations: int = 10_000
    most_contacts: int = 5
    """Of one phone at a time."""
    shortest_registration: int = 60
    longest_registration: int = 3600
    most_connections: int = 5000
    connections_per_address: int = 100
    idle_seconds: float = 3600
    keepalive_seconds: float = 30
    session_seconds: int = 1800


class TrunkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `[[trunks]]` entry. `host` is called, and may call in unless `addresses` (IP or CIDR) name who may.

    With `register` it is told every `expires` seconds where we are. `trusted_identity`: its P-Asserted-Identity says
    who calls, and it gets ours. Lower `priority` goes first. `prefix` is put before called numbers (a tech prefix).
    `cost` is what a minute costs us, a decimal string.
    """

    name: str
    kind: Literal["sip"] = "sip"
    host: str = ""
    port: int = 0
    """0: the usual one of the transport."""
    transport: TransportName = "udp"
    tls_verify: bool = True
    username: str = ""
    password: str = ""
    register: bool = False
    expires: int = 600
    inventory: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    trusted_identity: bool = False
    codecs: tuple[Literal["PCMU", "PCMA", "G722", "opus"], ...] = ("PCMU", "PCMA")
    srtp: bool = False
    """Protect the media of calls to it by SRTP (keys in the SDP, RFC 4568): only over TLS are they secret."""
    cost: str = "0"
    priority: int = 100
    prefix: str = ""
    caller_id_format: NumberFormat = "e164"
    number_format: NumberFormat = "e164"
    exact_port: bool = False
    """Calls come from `port` as well, not only from the address, which others share."""
    keepalive: bool = True
    """Ask every `sip.keepalive_seconds` by OPTIONS whether it is there."""

    @property
    def usual_port(self) -> int:
        """The port that is called."""
        return self.port or (5061 if self.transport == "tls" else 5060)


def sip_problems(settings: SipSettings) -> Iterator[str]:
    """What is wrong beyond types, each with the fix."""
    if not (0 <= settings.port <= 65535 and 0 <= settings.tls_port <= 65535):
        yield "port and tls_port: must be between 0 and 65535"
    if settings.tls_port and not (settings.tls_certificate and settings.tls_key):
        yield "tls_port: TLS needs tls_certificate and tls_key, paths of PEM files"
    if not settings.realm or '"' in settings.realm:
        yield "realm: give it a name without quotes"
    if settings.shortest_registration > settings.longest_registration or settings.shortest_registration < 1:
        yield "shortest_registration: must be at least 1 and not above longest_registration"
    if settings.session_seconds < 90:
        yield "session_seconds: must be at least 90 (RFC 4028)"
    if not settings.digest_algorithms:
        yield 'digest_algorithms: name at least one, such as "MD5"'
    for name in _POSITIVE:
        if getattr(settings, name) <= 0:
            yield f"{name}: must be more than 0"


_POSITIVE = (
    "most_calls",
    "calls_per_second",
    "packets_per_second",
    "strangers_per_second",
    "auth_failures",
    "most_registrations",
    "most_contacts",
    "most_connections",
    "connections_per_address",
    "idle_seconds",
    "keepalive_seconds",
)


def trunks_problems(trunks: Sequence[TrunkSettings]) -> Iterator[str]:
    """What is wrong with trunks, each line beginning with the trunk's name."""
    names = [trunk.name for trunk in trunks]
    if len(trunks) > _MOST_TRUNKS:
        yield f"more than {_MOST_TRUNKS} trunks"
    for trunk in trunks:
        yield from (f"{trunk.name or 'one without a name'}: {text}" for text in trunk_problems(trunk))
        if names.count(trunk.name) > 1:
            yield f"two trunks have the name {trunk.name!r}; give each its own"


def trunk_problems(trunk: TrunkSettings) -> Iterator[str]:
    """What is wrong with one trunk, each with the fix."""
    if not trunk.name:
        yield "name: give it one"
    if not trunk.host:
        yield "host: a trunk needs a name or address to call"
    if not 0 <= trunk.port <= 65535:
        yield "port: must be between 1 and 65535, or 0 for the usual one"
    if trunk.register and not (trunk.username and trunk.password):
        yield "register: needs username and password"
    if trunk.expires < _SHORTEST_REGISTRATION:
        yield f"expires: must be at least {_SHORTEST_REGISTRATION}"
    if not trunk.codecs:
        yield "codecs: name at least one, such as PCMU"
    yield from (f"addresses: {each!r} is neither an IP address nor a network" for each in _no_networks(trunk.addresses))
    for number in trunk.inventory:
        if not is_short_code(number) and parse_number(number) != number:
            yield f"inventory: {number!r} is neither a number such as +19495551234 nor a short code"
    yield from _cost_problems(trunk.cost)


def _no_networks(addresses: Sequence[str]) -> list[str]:
    return [address for address in addresses if not _is_network(address)]


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _cost_problems(cost: str) -> Iterator[str]:
    try:
        if to_micros(cost) < 0:
            yield "cost: must not be negative"
    except (ValueError, ArithmeticError):
        yield f'cost: {cost!r} is not an amount; write it as a string such as "0.0075"'
