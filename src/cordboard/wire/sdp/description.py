"""What an audio stream of a description means (RFC 3264, 4568, 5761, 8122, 8839)."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cordboard.wire.sdp.codecs import STATIC_TYPES, CodecName, Encoding
from cordboard.wire.sdp.errors import NoAcceptableMediaError
from cordboard.wire.sdp.session import Media, Section, Session

Security: TypeAlias = Literal["none", "sdes", "dtls"]
"""None at all, keys in the SDP (RFC 4568), or DTLS under ICE (RFC 5764)."""

Direction: TypeAlias = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

SUITES = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32")
"""Of SDES, the better one first."""

SDES_KEY_OCTETS = 30
"""Master key and salt of both suites."""

UNKNOWN_HOST = "0.0.0.0"  # noqa: S104  (the address that means none: nothing is bound to it)

_DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
_PROTOCOLS: dict[str, Security] = {
    "RTP/AVP": "none",
    "RTP/AVPF": "none",
    "RTP/SAVP": "sdes",
    "RTP/SAVPF": "sdes",
    "UDP/TLS/RTP/SAVP": "dtls",
    "UDP/TLS/RTP/SAVPF": "dtls",
}
_CRYPTO = re.compile(r"(\d{1,9}) +(\S+) +inline:([^|\s;]+)((?:\|[^|\s;]+)*) *(.*)", re.ASCII)
_FINGERPRINT = re.compile(r"sha-256 +((?:[0-9a-f]{2}:){31}[0-9a-f]{2})", re.ASCII | re.IGNORECASE)
_RTCP = re.compile(r"(\d{1,5})(?: .*)?", re.ASCII)
_ICE_CHARACTERS = re.compile(r"[A-Za-z0-9+/]{4,256}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Crypto:
    """An `a=crypto` line that we can use: the tag that an answer repeats, the suite, key and salt in base64."""

    tag: int
    suite: str
    key: str


@dataclass(frozen=True, slots=True)
class Format:
    """A payload type of a stream, and its `a=fmtp`."""

    payload_type: int
    encoding: Encoding
    parameters: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStream:
    """An audio stream as its sender describes it; `index` is its place among the description's `m=` lines."""

    index: int
    media: Media
    security: Security
    host: str
    port: int
    formats: tuple[Format, ...]
    direction: Direction
    rtcp_mux: bool
    rtcp_port: int | None
    cryptos: tuple[Crypto, ...]
    ice_ufrag: str | None
    ice_pwd: str | None
    fingerprint: str | None
    setup: str | None

    @property
    def uses_ice(self) -> bool:
        """Whether the address comes from connectivity checks and not from the `c=` line."""
        return self.security == "dtls" and self.ice_ufrag is not None

    @property
    def sends(self) -> bool:
        """Whether its sender will send."""
        return self.direction in {"sendrecv", "sendonly"}

    @property
    def receives(self) -> bool:
        """Whether its sender wants to hear: not on hold, neither by direction nor by the null address (RFC 3264,
        8.4).
        """
        placed = self.uses_ice or not ipaddress.ip_address(self.host).is_unspecified
        return placed and self.direction in {"sendrecv", "recvonly"}

    def format_of(self, codec: CodecName) -> Format | None:
        """The first payload type of a codec."""
        return next((entry for entry in self.formats if entry.encoding.codec == codec), None)

    def event_format(self, clock_rate: int) -> Format | None:
        """The payload type of telephone events at a codec's clock rate (RFC 4733, 2.1)."""
        wanted = (entry for entry in self.formats if entry.encoding.is_event)
        return next((entry for entry in wanted if entry.encoding.clock_rate == clock_rate), None)


def audio_streams(session: Session) -> list[AudioStream]:
    """The streams of a description that are offered, of audio, and over a transport that we know; in its order.

    A stream whose address or keys cannot be used is left out.
    """
    found: list[AudioStream] = []
    for index, media in enumerate(session.media):
        security = _security_of(media, session.section)
        if media.kind == "audio" and media.port and security is not None:
            stream = _read_stream(index, media, session.section, security)
            if stream is not None:
                found.append(stream)
    return found


def first_stream(session: Session, security: Security | None = None) -> AudioStream:
    """The first stream, of a given security if one is. Raises NoAcceptableMediaError."""
    for stream in audio_streams(session):
        if security in {None, stream.security}:
            return stream
    what = "audio stream that can be taken" if security is None else f"audio stream with security {security!r}"
    raise NoAcceptableMediaError(f"no {what}: offered are {_summary(session)}")


def _summary(session: Session) -> str:
    return ", ".join(f"{media.kind} {media.port} {media.protocol}" for media in session.media) or "none"


def _security_of(media: Media, common: Section) -> Security | None:
    security = _PROTOCOLS.get(media.protocol.upper())
    if security == "sdes" and not media.section.attributes("crypto") and _either(media, common, "fingerprint"):
        return "dtls"
    return security


def _either(media: Media, common: Section, name: str) -> str | None:
    """An attribute of the stream, else of the session."""
    own = media.section.attribute(name)
    return own if own is not None else common.attribute(name)


def _read_stream(index: int, media: Media, common: Section, security: Security) -> AudioStream | None:
    ufrag, password = _ice(_either(media, common, "ice-ufrag")), _ice(_either(media, common, "ice-pwd"))
    host = _host(media.section.value("c") or common.value("c") or "")
    cryptos, fingerprint = _cryptos(media), _fingerprint(media, common)
    if security == "dtls":
        if ufrag is None or password is None or fingerprint is None:
            return None
        host = host or UNKNOWN_HOST
    if host is None or (security == "sdes" and not cryptos):
        return None
    rtcp = _RTCP.fullmatch(media.section.attribute("rtcp") or "")
    return AudioStream(
        index=index,
        media=media,
        security=security,
        host=host,
        port=media.port,
        formats=_formats(media),
        direction=_direction(media, common),
        rtcp_mux=media.section.attribute("rtcp-mux") is not None,
        rtcp_port=int(rtcp[1]) if rtcp and 0 < int(rtcp[1]) <= 65535 else None,
        cryptos=cryptos,
        ice_ufrag=ufrag,
        ice_pwd=password,
        fingerprint=fingerprint,
        setup=(_either(media, common, "setup") or "").lower() or None,
    )


def _host(connection: str) -> str | None:
    """The address of a `c=` line without multicast scope; None for a name or nonsense: media goes to addresses."""
    parts = connection.split()
    if len(parts) != 3 or parts[0].upper() != "IN":
        return None
    try:
        return str(ipaddress.ip_address(parts[2].partition("/")[0]))
    except ValueError:
        return None


def _ice(value: str | None) -> str | None:
    return value if value is not None and _ICE_CHARACTERS.fullmatch(value) else None


def _formats(media: Media) -> tuple[Format, ...]:
    encodings = dict(STATIC_TYPES)
    parameters: dict[int, str] = {}
    for value in media.section.attributes("rtpmap"):
        number, _, text = value.partition(" ")
        encoding = Encoding.parse(text)
        if _is_type(number) and encoding is not None:
            encodings[int(number)] = encoding
    for value in media.section.attributes("fmtp"):
        number, _, text = value.partition(" ")
        if _is_type(number):
            parameters.setdefault(int(number), text.strip())
    types = [int(name) for name in media.formats if _is_type(name)]
    return tuple(Format(number, encodings[number], parameters.get(number)) for number in types if number in encodings)


def _is_type(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 127


def _direction(media: Media, common: Section) -> Direction:
    for section in (media.section, common):
        for direction in _DIRECTIONS:
            if section.attribute(direction) is not None:
                return direction
    return "sendrecv"


def _fingerprint(media: Media, common: Section) -> str | None:
    """The SHA-256 fingerprint, in upper case."""
    own = media.section.attributes("fingerprint")
    for value in own or common.attributes("fingerprint"):
        if match := _FINGERPRINT.fullmatch(value):
            return match[1].upper()
    return None


def _cryptos(media: Media) -> tuple[Crypto, ...]:
    """The lines that can be used: a suite of ours, no master key identifier, no session parameters (RFC 4568, 6)."""
    found: list[Crypto] = []
    for value in media.section.attributes("crypto"):
        match = _CRYPTO.fullmatch(value)
        if match is None:
            continue
        tag, suite, key, extras, parameters = match.groups()
        if suite.upper() in SUITES and ":" not in extras and not parameters.strip() and _is_key(key):
            found.append(Crypto(int(tag), suite.upper(), key))
    return tuple(found)


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == SDES_KEY_OCTETS
    except (binascii.Error, ValueError):
        return False
