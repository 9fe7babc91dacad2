"""Digest authentication of SIP (RFC 3261 22, RFC 7616, RFC 8760): MD5 and SHA-256, qop `auth` and none.

Who is asked parses challenges, picks the best and answers it:

    challenge = best_challenge(parse_challenges(response.headers.get_all("WWW-Authenticate")))
    header = str(answer(challenge, "INVITE", uri, username, password, cnonce=token()))

Who asks keeps a `DigestGate`, which gives challenges and judges credentials by HA1; passwords need not be known.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.grammar import quote, unquote

Algorithm = Literal["MD5", "SHA-256"]
ALGORITHMS: tuple[Algorithm, ...] = ("SHA-256", "MD5")
"""Best first."""

MOST_CHALLENGES = 16
"""Of one response; more are not looked at."""

_FIELD = re.compile(r"""\s*+([A-Za-z0-9\-*]++)\s*+=\s*+("(?:[^"\\]|\\.)*+"|[^\s,"]++)\s*+(?:,|$)""", re.DOTALL)
_SCHEME = re.compile(r"\s*+([A-Za-z0-9\-]++)(?:\s++|$)")
_NONCE_COUNT = re.compile(r"[0-9A-Fa-f]{8}")
_MOST_FIELDS = 32


@dataclass(frozen=True, slots=True)
class Challenge:
    """What WWW-Authenticate or Proxy-Authenticate asks. `qop` holds what is offered, empty with peers of RFC 2069."""

    realm: str
    nonce: str
    algorithm: Algorithm = "MD5"
    qop: tuple[str, ...] = ()
    opaque: str | None = None
    stale: bool = False

    @classmethod
    def parse(cls, value: str) -> Challenge | None:
        """None for another scheme, another algorithm, or when only a qop is offered that we do not have.

        Raises SipSyntaxError for what is Digest but makes no sense.
        """
        fields = _parse_fields(value)
        if fields is None:
            return None
        algorithm = _algorithm(fields.get("algorithm"))
        qop = tuple(part.strip().lower() for part in fields.get("qop", "").split(",") if part.strip())
        if algorithm is None or (qop and "auth" not in qop):
            return None
        if "realm" not in fields or not fields.get("nonce"):
            raise SipSyntaxError("a challenge lacks its realm or nonce")
        stale = fields.get("stale", "").lower() == "true"
        return cls(fields["realm"], fields["nonce"], algorithm, qop, fields.get("opaque"), stale)

    def __str__(self) -> str:
        parts = [f"realm={quote(self.realm)}", f"nonce={quote(self.nonce)}", f"algorithm={self.algorithm}"]
        if self.qop:
            parts.append(f"qop={quote(','.join(self.qop))}")
        if self.opaque is not None:
            parts.append(f"opaque={quote(self.opaque)}")
        if self.stale:
            parts.append("stale=true")
        return "Digest " + ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What Authorization or Proxy-Authorization answers. Without `qop` there is neither `nc` nor `cnonce`."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: Algorithm = "MD5"
    qop: str = ""
    nc: int = 0
    cnonce: str = ""
    opaque: str | None = None

    @classmethod
    def parse(cls, value: str) -> Credentials | None:
        """None for another scheme (RFC 4475 3.3.7) or algorithm. Raises SipSyntaxError for what is Digest but lacks
        something, hashes the user name, or uses auth-int, which is not offered.
        """
        fields = _parse_fields(value)
        if fields is None or (algorithm := _algorithm(fields.get("algorithm"))) is None:
            return None
        missing = [name for name in ("username", "realm", "nonce", "uri", "response") if name not in fields]
        if missing or fields.get("userhash", "").lower() == "true":
            raise SipSyntaxError(f"credentials lack {', '.join(missing) or 'a user name that can be read'}")
        qop = fields.get("qop", "").lower()
        nc, cnonce = fields.get("nc", ""), fields.get("cnonce", "")
        if qop and (qop != "auth" or not cnonce or _NONCE_COUNT.fullmatch(nc) is None):
            raise SipSyntaxError("credentials have a qop other than auth, or without nc and cnonce")
        return cls(
            username=fields["username"],
            realm=fields["realm"],
            nonce=fields["nonce"],
            uri=fields["uri"],
            response=fields["response"].lower(),
            algorithm=algorithm,
            qop=qop,
            nc=int(nc, 16) if qop else 0,
            cnonce=cnonce if qop else "",
            opaque=fields.get("opaque"),
        )

    def __str__(self) -> str:
        parts = [
            f"username={quote(self.username)}",
            f"realm={quote(self.realm)}",
            f"nonce={quote(self.nonce)}",
            f"uri={quote(self.uri)}",
            f'response="{self.response}"',
            f"algorithm={self.algorithm}",
        ]
        if self.qop:
            parts += [f"qop={self.qop}", f"nc={self.nc:08x}", f"cnonce={quote(self.cnonce)}"]
        if self.opaque is not None:
            parts.append(f"opaque={quote(self.opaque)}")
        return "Digest " + ", ".join(parts)


def _algorithm(name: str | None) -> Algorithm | None:
    """MD5 when nothing is said; None for one that we do not have, session variants among them."""
    wanted = (name or "MD5").upper()
    return next((algorithm for algorithm in ALGORITHMS if algorithm == wanted), None)


def _parse_fields(value: str) -> dict[str, str] | None:
    """The fields of a Digest header, quotes undone; None for another scheme. Raises SipSyntaxError."""
    scheme = _SCHEME.match(value)
    if scheme is None or scheme[1].lower() != "digest":
        return None
    fields: dict[str, str] = {}
    at = scheme.end()
    while at < len(value):
        match = _FIELD.match(value, at)
        if match is None or len(fields) >= _MOST_FIELDS:
            raise SipSyntaxError("a Digest header is not a list of names and values")
        fields.setdefault(match[1].lower(), unquote(match[2]))
        at = match.end()
    return fields


def _hash(algorithm: Algorithm, text: str) -> str:
    data = text.encode(errors="replace")
    if algorithm == "MD5":
        return hashlib.md5(data, usedforsecurity=False).hexdigest()
    return hashlib.sha256(data).hexdigest()


def ha1(username: str, realm: str, password: str, algorithm: Algorithm) -> str:
    """What stands for a password in a realm: enough to verify with, and to be kept secret all the same."""
    return _hash(algorithm, f"{username}:{realm}:{password}")


def expected_response(credentials: Credentials, method: str, secret: str) -> str:
    """The response that credentials should carry, by the HA1 of their algorithm (RFC 7616 3.4.1)."""
    ha2 = _hash(credentials.algorithm, f"{method}:{credentials.uri}")
    middle = credentials.nonce
    if credentials.qop:
        middle = f"{credentials.nonce}:{credentials.nc:08x}:{credentials.cnonce}:{credentials.qop}"
    return _hash(credentials.algorithm, f"{secret}:{middle}:{ha2}")


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """The challenges that we can answer; the others, and broken ones, are passed over (RFC 8760 2.4)."""
    challenges: list[Challenge] = []
    for value in list(values)[:MOST_CHALLENGES]:
        try:
            challenge = Challenge.parse(value)
        except SipSyntaxError:
            continue
        if challenge is not None:
            challenges.append(challenge)
    return challenges


def best_challenge(challenges: Iterable[Challenge]) -> Challenge | None:
    """The one of the best algorithm, the first of several (RFC 8760 2.4)."""
    return min(challenges, key=lambda challenge: ALGORITHMS.index(challenge.algorithm), default=None)


def answer(
    challenge: Challenge, method: str, uri: str, username: str, password: str, *, cnonce: str, nc: int = 1
) -> Credentials:
    """Credentials for a request. `uri` is its Request-URI; `nc` counts the uses of a nonce, `cnonce` is a fresh word
    of ours. Their text is the value of Authorization (after 401) or Proxy-Authorization (after 407).
    """
    qop = "auth" if challenge.qop else ""
    blank = Credentials(
        username=username,
        realm=challenge.realm,
        nonce=challenge.nonce,
        uri=uri,
        response="",
        algorithm=challenge.algorithm,
        qop=qop,
        nc=nc if qop else 0,
        cnonce=cnonce if qop else "",
        opaque=challenge.opaque,
    )
    return respond(blank, method, ha1(username, challenge.realm, password, challenge.algorithm))


def respond(credentials: Credentials, method: str, secret: str) -> Credentials:
    """The credentials with the response that the HA1 `secret` gives."""
    return replace(credentials, response=expected_response(credentials, method, secret))


def _is_right(credentials: Credentials, method: str, secret: str) -> bool:
    expected = expected_response(credentials, method, secret)
    return hmac.compare_digest(expected.encode(), credentials.response.encode(errors="replace"))


Verdict = Literal["accepted", "stale", "refused"]
"""`stale`: the password is right, but the nonce is too old or was used already: challenge again with `stale`."""


@dataclass(slots=True)
class _Used:
    """Which counts of a nonce were used: the highest, and as bits those just below it. Datagrams may overtake."""

    highest: int = 0
    seen: int = 0

    def take(self, number: int) -> bool:
        """Uses up a count; false when it was used, or is too far below the highest to tell."""
        if number > self.highest:
            self.seen = (self.seen << min(number - self.highest, _REMEMBERED_COUNTS)) & _COUNT_BITS | 1
            self.highest = number
            return True
        bit = 1 << (self.highest - number)
        if bit > _COUNT_BITS or self.seen & bit:
            return False
        self.seen |= bit
        return True


_REMEMBERED_COUNTS = 64
_COUNT_BITS = (1 << _REMEMBERED_COUNTS) - 1


@dataclass(slots=True)
class DigestGate:
    """The asking side for one realm. Nonces carry their time and a seal, so nothing is kept for those who never answer;
    of those that were answered rightly it is kept which counts were used, for at most `most_nonces` of them.

    `secret` is at least 16 random octets; times are seconds of any clock that all users of a secret share.
    """

    secret: bytes
    realm: str
    nonce_seconds: float = 300.0
    most_nonces: int = 100_000
    _used: dict[str, _Used] = field(default_factory=dict)
    _number: int = 0
    _forgotten: float = -1.0

    def challenges(self, now: float, *, stale: bool = False) -> list[Challenge]:
        """What to ask, best first: each is the value of a WWW-Authenticate of its own (RFC 8760 2.3)."""
        self._number += 1
        nonce = self._seal(f"{int(now * 1000):x}.{self._number:x}")
        return [Challenge(self.realm, nonce, algorithm, ("auth",), stale=stale) for algorithm in ALGORITHMS]

    def verify(self, credentials: Credentials, method: str, secret: str, now: float) -> Verdict:
        """Judges credentials by the HA1 of their user and algorithm. Using a count of a nonce uses it up; without qop a
        nonce is good for one request.
        """
        if credentials.realm != self.realm or not _is_right(credentials, method, secret):
            return "refused"
        issued = self._issued(credentials.nonce)
        if issued is None or not 0 <= now - issued <= self.nonce_seconds or issued <= self._forgotten:
            return "stale"  # also a nonce that is not ours: of another process, or from before a restart
        return "accepted" if self._take(credentials) else "stale"

    def _take(self, credentials: Credentials) -> bool:
        used = self._used.get(credentials.nonce)
        if used is None:
            used = self._used[credentials.nonce] = _Used()
            self._forget_oldest()
        return used.take(credentials.nc or 1)

    def _forget_oldest(self) -> None:
        """A nonce whose counts are forgotten must not be good any more, nor any that is as old."""
        while len(self._used) > self.most_nonces:
            oldest = next(iter(self._used))
            del self._used[oldest]
            self._forgotten = max(self._forgotten, self._issued(oldest) or 0.0)

    def _seal(self, text: str) -> str:
        seal = hmac.new(self.secret, f"{self.realm}:{text}".encode(), hashlib.sha256).hexdigest()[:32]
        return f"{text}.{seal}"

    def _issued(self, nonce: str) -> float | None:
        """When we gave a nonce out; None when we did not."""
        text, _, _ = nonce.rpartition(".")
        if not hmac.compare_digest(self._seal(text).encode(), nonce.encode(errors="replace")):
            return None
        return int(text.partition(".")[0], 16) / 1000
