"""SIP, SIPS and tel URIs (RFC 3261 19.1, RFC 3966)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.grammar import MOST_PARAMS, Params, find_param, without_param

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*+(?=:)")
_SIP = re.compile(
    r"""(?P<scheme>[Ss][Ii][Pp][Ss]?+):(?:(?P<user>[^@:\s<>"]++)(?::(?P<password>[^@:\s<>"]*+))?@)?
        (?P<host>\[[0-9A-Fa-f:.%]++\]|[A-Za-z0-9_.\-]++)
        (?::(?P<port>[0-9]{1,5}))?
        (?P<params>(?:;[^;?\s<>"]*+)*+)
        (?:\?(?P<headers>[^\s<>"]*+))?""",
    re.VERBOSE,
)
_TEL = re.compile(r"(?P<number>\+?[0-9A-Fa-f*#().\-]++)(?P<params>(?:;[^;?\s<>\"]++)*+)")
_OPAQUE = re.compile(r"[^\s<>\"]++")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

_USER_SAFE = "-_.!~*'()&=+$,;?/"
_AFTER_USER_SAFE = "-_.!~*'()&=+$,"
_PARAM_SAFE = "-_.!~*'()[]/:&+$"
_HEADER_SAFE = "-_.!~*'()[]/?:+$"

_NEVER_IGNORED = ("user", "ttl", "method", "maddr", "transport")
"""Parameters that make a difference also when only one of two URIs has them (19.1.4)."""


@dataclass(frozen=True, slots=True)
class SipUri:
    """`sip:user:password@host:port;params?headers`, escapes undone. `==` compares field by field, `matches` as RFC 3261
    does.

    A tel URI has its number as `user` and no host. Of another scheme there is only `opaque`, what follows the colon.
    The host is in small letters and an IPv6 address without its brackets. `user` may hold any character, even NUL:
    peers may write %00.
    """

    scheme: str
    user: str | None = None
    host: str = ""
    port: int | None = None
    params: Params = ()
    headers: tuple[tuple[str, str], ...] = ()
    password: str | None = None
    opaque: str = ""

    @classmethod
    def parse(cls, text: str) -> SipUri:
        """Raises SipSyntaxError."""
        match = _SIP.fullmatch(text)
        if match is None:
            return cls._parse_other(text)
        scheme, user, password, host, port, params, headers = match.groups()
        number = int(port) if port else None
        if number is not None and number > 65535:
            raise SipSyntaxError(f"port {number} does not exist")
        return cls(
            scheme.lower(),
            None if user is None else _unescape(user),
            host.strip("[]").lower(),
            number,
            _parse_params(params) if params else (),
            _parse_headers(headers) if headers else (),
            None if password is None else _unescape(password),
        )

    @classmethod
    def _parse_other(cls, text: str) -> SipUri:
        match = _SCHEME.match(text)
        scheme, rest = (match.group().lower(), text[match.end() + 1 :]) if match else ("", "")
        if scheme == "tel":
            return cls._parse_tel(rest)
        if scheme in ("", "sip", "sips") or _OPAQUE.fullmatch(rest) is None:
            raise SipSyntaxError(f"{text[:60]!r} is not a URI")
        return cls(scheme, opaque=rest)

    @classmethod
    def _parse_tel(cls, text: str) -> SipUri:
        match = _TEL.fullmatch(text)
        if match is None:
            raise SipSyntaxError(f"{text[:60]!r} is not a telephone number")
        return cls("tel", match["number"], params=_parse_params(match["params"]) if match["params"] else ())

    def __str__(self) -> str:
        if self.opaque:
            return f"{self.scheme}:{self.opaque}" if self.scheme else self.opaque
        params = "".join([_format_param(name, value) for name, value in self.params])
        if self.scheme == "tel":
            return f"tel:{self.user}{params}"
        password = "" if self.password is None else f":{quote(self.password, _AFTER_USER_SAFE)}"
        user = "" if self.user is None else f"{quote(self.user, _USER_SAFE)}{password}@"
        fields = "&".join([f"{quote(name, _HEADER_SAFE)}={quote(value, _HEADER_SAFE)}" for name, value in self.headers])
        return f"{self.scheme}:{user}{self.host_and_port}{params}{'?' if fields else ''}{fields}"

    @property
    def host_and_port(self) -> str:
        """Host and, where there is one, port, as written: `[2001:db8::1]:5060`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def is_sip(self) -> bool:
        """Whether it is a SIP or SIPS address."""
        return self.scheme in ("sip", "sips")

    def param(self, name: str) -> str | None:
        """A parameter: empty for a bare name, None when missing."""
        return find_param(self.params, name)

    def header(self, name: str) -> str | None:
        """A header that a request to this address is to carry, by any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def without_headers(self) -> SipUri:
        """As it may stand in a Request-URI: without headers and `method` (19.1.1)."""
        if not self.headers and self.param("method") is None:
            return self
        return replace(self, headers=(), params=without_param(self.params, "method"))

    def matches(self, other: SipUri) -> bool:
        """Whether both name the same (19.1.4): user by case, host without; of the parameters those that both have must
        be the same, and some must be in both or in none.
        """
        mine = (self.scheme, self.user, self.password, self.host, self.port, self.opaque)
        if mine != (other.scheme, other.user, other.password, other.host, other.port, other.opaque):
            return False
        return _params_match(self.params, other.params) and _comparable(self.headers) == _comparable(other.headers)


def _params_match(ours: Params, theirs: Params) -> bool:
    left, right = dict(ours), dict(theirs)
    both = left.keys() & right.keys()
    if any((left[name] or "").lower() != (right[name] or "").lower() for name in both):
        return False
    return not any(name in _NEVER_IGNORED for name in left.keys() ^ right.keys())


def _comparable(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in headers)


def _parse_params(text: str) -> Params:
    pieces = text[1:].split(";")
    if len(pieces) > MOST_PARAMS:
        raise SipSyntaxError(f"more than {MOST_PARAMS} parameters")
    params: list[tuple[str, str | None]] = []
    for piece in pieces:
        name, equals, value = piece.partition("=")
        if not name:
            raise SipSyntaxError("a parameter of a SIP address has no name")
        params.append((_unescape(name).lower(), _unescape(value) if equals else None))
    return tuple(params)


def _format_param(name: str, value: str | None) -> str:
    name = quote(name, _PARAM_SAFE)
    return f";{name}" if value is None else f";{name}={quote(value, _PARAM_SAFE)}"


def _parse_headers(text: str) -> tuple[tuple[str, str], ...]:
    pieces = text.split("&")
    if len(pieces) > MOST_PARAMS:
        raise SipSyntaxError(f"more than {MOST_PARAMS} headers in a SIP address")
    pairs = [piece.partition("=") for piece in pieces]
    if any(not name or not equals for name, equals, _ in pairs):
        raise SipSyntaxError("a header of a SIP address lacks its name or value")
    return tuple((_unescape(name), _unescape(value)) for name, _, value in pairs)


def _unescape(text: str) -> str:
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise SipSyntaxError(f"{text[:40]!r} has a % that escapes nothing")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise SipSyntaxError(f"{text[:40]!r} escapes what is not UTF-8") from None
