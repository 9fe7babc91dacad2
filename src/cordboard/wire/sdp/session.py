"""The lines of a session description (RFC 8866): read with tolerance, written as they were.

Nothing is lost: a line that means nothing to us stays where it was. LF alone ends a line too, and what is obligatory
but carries nothing (`s=`, `t=`, `o=`) may be missing. Meaning is given to the lines by `description`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from cordboard.wire.sdp.errors import MalformedSdpError

LARGEST_SESSION = 64 * 1024
"""Octets; a browser that offers video too needs some 8,000."""

MOST_LINES = 1000
MOST_MEDIA = 16
MOST_FORMATS = 128

_MEDIA = re.compile(r"(\S+) (\d{1,5})(?:/(\d{1,5}))? (\S+)((?: +\S+)*) *", re.ASCII)


class Line(NamedTuple):
    """One line: its letter and what stands behind the `=`."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that belong together: those before the first `m=`, or those behind one."""

    lines: tuple[Line, ...] = ()

    def value(self, kind: str) -> str | None:
        """The first line of a letter."""
        return next((line.value for line in self.lines if line.kind == kind), None)

    def attribute(self, name: str) -> str | None:
        """The first `a=` line of a name: its value, empty for a property (`a=rtcp-mux`), None when there is none."""
        return next(iter(self.attributes(name)), None)

    def attributes(self, name: str) -> list[str]:
        """All `a=` lines of a name."""
        found = (line.value.partition(":") for line in self.lines if line.kind == "a")
        return [value.strip() for key, _, value in found if key == name]


@dataclass(frozen=True, slots=True)
class Media:
    """A media description: the `m=` line (5.14) and what follows it. Port 0 refuses the stream."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    section: Section = Section()
    port_count: int = 1

    def lines(self) -> list[Line]:
        """The description's lines, the `m=` line first."""
        port = str(self.port) if self.port_count == 1 else f"{self.port}/{self.port_count}"
        return [Line("m", " ".join([self.kind, port, self.protocol, *self.formats])), *self.section.lines]


@dataclass(frozen=True, slots=True)
class Session:
    """A whole description."""

    section: Section
    media: tuple[Media, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Session:
        """Raises MalformedSdpError."""
        lines = _split(data)
        if not lines or lines[0] != Line("v", "0"):
            raise MalformedSdpError("a description begins with v=0")
        starts = [at for at, line in enumerate(lines) if line.kind == "m"]
        if len(starts) > MOST_MEDIA:
            raise MalformedSdpError(f"{len(starts)} media descriptions, at most {MOST_MEDIA} are read")
        ends = [*starts, len(lines)][1:]
        media = tuple(_parse_media(lines[start:end]) for start, end in zip(starts, ends, strict=True))
        return cls(Section(tuple(lines[: starts[0] if starts else len(lines)])), media)

    def serialise(self) -> bytes:
        """The description with CRLF."""
        lines = [*self.section.lines, *(line for media in self.media for line in media.lines())]
        return "".join(f"{kind}={value}\r\n" for kind, value in lines).encode("utf-8", "surrogateescape")

    @property
    def origin(self) -> Origin | None:
        """Who made the description; None when it does not say so legibly."""
        return Origin.parse(self.section.value("o") or "")

    def with_version(self, version: int) -> Session:
        """The same description under another version of its origin; as it is when it has no origin."""
        if self.origin is None:
            return self
        origin = replace(self.origin, version=version)
        lines = tuple(Line("o", str(origin)) if line.kind == "o" else line for line in self.section.lines)
        return replace(self, section=Section(lines))


@dataclass(frozen=True, slots=True)
class Origin:
    """The `o=` line (5.2): a session's identity, and a version that rises with each change."""

    session_id: int
    version: int
    host: str
    user: str = "-"

    @classmethod
    def parse(cls, value: str) -> Origin | None:
        """None for what is no origin, or has numbers of more than 20 digits."""
        parts = value.split()
        if len(parts) != 6 or not all(part.isascii() and part.isdigit() and len(part) <= 20 for part in parts[1:3]):
            return None
        return cls(session_id=int(parts[1]), version=int(parts[2]), host=parts[5], user=parts[0])

    def __str__(self) -> str:
        return f"{self.user} {self.session_id} {self.version} {address_line(self.host)}"


def address_line(host: str) -> str:
    """An address as in `c=` and `o=`: `IN IP4 192.0.2.1`."""
    return f"IN {'IP6' if ':' in host else 'IP4'} {host}"


def _split(data: bytes) -> list[Line]:
    if len(data) > LARGEST_SESSION:
        raise MalformedSdpError(f"{len(data)} octets, at most {LARGEST_SESSION} are read")
    if b"\0" in data:
        raise MalformedSdpError("a description holds no NUL")
    texts = re.split(r"\r?\n", data.decode("utf-8", "surrogateescape"))
    lines = [_parse_line(text) for text in texts if text.strip()]
    if len(lines) > MOST_LINES:
        raise MalformedSdpError(f"{len(lines)} lines, at most {MOST_LINES} are read")
    return lines


def _parse_line(text: str) -> Line:
    if len(text) < 2 or text[1] != "=" or not text[0].isalpha():
        raise MalformedSdpError(f"{text[:40]!r} is no line of a description")
    return Line(text[0], text[2:].strip())


def _parse_media(lines: list[Line]) -> Media:
    match = _MEDIA.fullmatch(lines[0].value)
    if match is None:
        raise MalformedSdpError(f"m={lines[0].value[:80]} is no media line")
    kind, port, count, protocol, formats = match.groups()
    if int(port) > 65535:
        raise MalformedSdpError(f"port {port} of m={kind}")
    names = tuple(formats.split())
    if len(names) > MOST_FORMATS:
        raise MalformedSdpError(f"{len(names)} formats of m={kind}, at most {MOST_FORMATS} are read")
    return Media(kind, int(port), protocol, names, Section(tuple(lines[1:])), int(count or 1))
