"""Via: the way that a request came and its answer goes back (RFC 3261 20.42, RFC 3581)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.grammar import Params, find_param, format_params, parse_params, with_param

MAGIC_COOKIE = "z9hG4bK"
"""How a branch begins that is unique for its transaction (8.1.1.7)."""

_VIA = re.compile(
    r"""\s*+SIP\s*+/\s*+[0-9]++\.[0-9]++\s*+/\s*+(?P<transport>[A-Za-z0-9\-.!%*_+`'~]++)\s++
        (?P<host>\[[0-9A-Fa-f:.%]++\]|[A-Za-z0-9_.\-]++)\s*+
        (?::\s*+(?P<port>[0-9]{1,5})\s*+)?
        (?P<params>;.*+)?""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Via:
    """One hop. `host` and `port` are the sent-by (IPv6 without brackets), the transport is in capitals."""

    transport: str
    host: str
    port: int | None = None
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Via:
        """White space around the slashes, the colon and parameters is tolerated, and another version than 2.0, so that
        its sender can be told. Raises SipSyntaxError.
        """
        return _parse(text)

    def __str__(self) -> str:
        return f"SIP/2.0/{self.transport} {self.sent_by}{format_params(self.params)}"

    @property
    def sent_by(self) -> str:
        """Host and, where there is one, port, as written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def branch(self) -> str:
        """The branch; empty when there is none."""
        return self.param("branch") or ""

    @property
    def has_unique_branch(self) -> bool:
        """Whether the branch tells the transaction: not with peers of RFC 2543 (17.2.3), nor when only the cookie is
        there (RFC 4475 3.2.1).
        """
        branch = self.branch
        return len(branch) > len(MAGIC_COOKIE) and branch[: len(MAGIC_COOKIE)].lower() == MAGIC_COOKIE.lower()

    @property
    def is_reliable(self) -> bool:
        """Whether the transport carries everything once and in order."""
        return self.transport != "UDP"

    def param(self, name: str) -> str | None:
        """A parameter: empty for a bare name, None when missing."""
        return find_param(self.params, name)

    def with_param(self, name: str, value: str | None) -> Via:
        """With a parameter set."""
        return replace(self, params=with_param(self.params, name, value))

    def received_from(self, host: str, port: int) -> Via:
        """As a server notes it on arrival: `received` when the sent-by says otherwise or `rport` asks for it, and
        `rport` filled in (18.2.1, RFC 3581 4).
        """
        asked = self.param("rport") is not None
        via = self.with_param("rport", str(port)) if asked else self
        return via.with_param("received", host) if asked or host.lower() != self.host else via

    @property
    def reply_address(self) -> tuple[str, int]:
        """Where answers go over a datagram transport (18.2.2, RFC 3581 4): `maddr`, else `received` and `rport`, else
        the sent-by; the port is 5061 for TLS and 5060 otherwise, when none is told.
        """
        default = 5061 if self.transport in ("TLS", "WSS") else 5060
        if maddr := self.param("maddr"):
            return maddr, self.port or default
        host = (self.param("received") or self.host).strip("[]")
        rport = self.param("rport") or ""
        if rport.isascii() and rport.isdigit() and 0 < int(rport[:6]) <= 65535:
            return host, int(rport)
        return host, self.port or default


@lru_cache(maxsize=1024)
def _parse(text: str) -> Via:
    """Remembered, because each layer reads the topmost Via: a value is frozen and belongs to nobody."""
    match = _VIA.fullmatch(text)
    if match is None:
        raise SipSyntaxError(f"{text[:60]!r} is not a Via")
    transport, host, port, params = match.groups()
    number = int(port) if port else None
    if number is not None and number > 65535:
        raise SipSyntaxError(f"port {number} does not exist")
    return Via(transport.upper(), host.strip("[]").lower(), number, parse_params(params) if params else ())
