"""Requests and responses (RFC 3261 7): the line that begins them, header fields, a body."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from cordboard.wire.sip.address import Address
from cordboard.wire.sip.errors import SipSyntaxError, SipUsageError
from cordboard.wire.sip.grammar import is_token, parse_number
from cordboard.wire.sip.headers import Headers
from cordboard.wire.sip.status import reason_phrase
from cordboard.wire.sip.uri import SipUri
from cordboard.wire.sip.via import Via

LARGEST_CSEQ = 2**31 - 1
LARGEST_MAX_FORWARDS = 255
DEFAULT_MAX_FORWARDS = 70
LARGEST_EXPIRES = 2**32 - 1

_DIALOG_METHODS = frozenset({"INVITE", "SUBSCRIBE", "REFER", "NOTIFY"})
"""Requests that can make a dialog: their answers carry Record-Route (12.1.1)."""
_COPIED: tuple[str, ...] = ("Via", "From", "To", "Call-ID", "CSeq")
"""What every answer has of its request (8.2.6.2)."""


class CSeq(NamedTuple):
    """Number and method of a request, also in its answers (20.16)."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> CSeq:
        """Raises SipSyntaxError."""
        return _parse_cseq(text)

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@lru_cache(maxsize=256)
def _parse_cseq(text: str) -> CSeq:
    """Remembered: most are of the same few."""
    parts = text.split()
    if len(parts) != 2 or not is_token(parts[1]):
        raise SipSyntaxError("CSeq is not a number and a method")
    return CSeq(parse_number(parts[0].lstrip("0") or parts[0][:1], "CSeq", LARGEST_CSEQ), parts[1])


class _Fields:
    """Typed views of the header fields. They read anew each time; a value that cannot be read raises SipSyntaxError,
    as does a missing one where nothing else is said.
    """

    __slots__ = ()

    headers: Headers

    @property
    def call_id(self) -> str:
        """The Call-ID; empty when missing."""
        return self.headers.get("Call-ID")

    @property
    def cseq(self) -> CSeq:
        """Number and method."""
        return CSeq.parse(self.headers.get("CSeq"))

    @property
    def via(self) -> Via:
        """The topmost Via."""
        return Via.parse(self.headers.get("Via"))

    @property
    def vias(self) -> list[Via]:
        """All Vias from the top."""
        return [Via.parse(value) for value in self.headers.get_all("Via")]

    @property
    def from_(self) -> Address:
        """Who sent the request."""
        return Address.parse(self.headers.get("From"))

    @property
    def to(self) -> Address:
        """Whom the request is for."""
        return Address.parse(self.headers.get("To"))

    @property
    def contact(self) -> Address | None:
        """The first Contact, if there is one."""
        value = self.headers.get("Contact")
        return Address.parse(value) if value else None

    @property
    def contacts(self) -> list[Address]:
        """All Contacts; `Address.is_any` for the `*`."""
        return self.addresses("Contact")

    def addresses(self, name: str) -> list[Address]:
        """All values of a header that holds addresses: Route, Record-Route, P-Asserted-Identity, Diversion."""
        return [Address.parse(value) for value in self.headers.get_all(name)]

    @property
    def max_forwards(self) -> int:
        """Max-Forwards; 70 when missing, as from peers of RFC 2543."""
        value = self.headers.get("Max-Forwards")
        return parse_number(value, "Max-Forwards", LARGEST_MAX_FORWARDS) if value else DEFAULT_MAX_FORWARDS

    @property
    def expires(self) -> int | None:
        """Expires in seconds; None when missing or too odd to count (20.19: then a default is to be used)."""
        value = self.headers.get("Expires")
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 10 else None

    @property
    def content_type(self) -> str:
        """The media type in small letters without its parameters; empty when missing."""
        return self.headers.get("Content-Type").partition(";")[0].strip().lower()


@dataclass(slots=True)
class Request(_Fields):
    """A request. `uri` is the Request-URI as text; `target` reads it."""

    method: str
    uri: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def target(self) -> SipUri:
        """The Request-URI. Raises SipSyntaxError."""
        return SipUri.parse(self.uri)

    def encode(self) -> bytes:
        """As it goes over the wire. Raises SipUsageError for a method or URI that would break the line."""
        if not is_token(self.method) or not self.uri or any(mark in self.uri for mark in " \r\n"):
            raise SipUsageError(f"{self.method} {self.uri} is not the beginning of a request")
        return _encode(f"{self.method} {self.uri} SIP/2.0", self.headers, self.body)

    def copy(self) -> Request:
        """An independent copy."""
        return Request(self.method, self.uri, self.headers.copy(), self.body)

    def reply(
        self,
        status: int,
        reason: str = "",
        *,
        to_tag: str = "",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = "",
    ) -> Response:
        """A response to this request (8.2.6, 12.1.1): its Vias, From, To, Call-ID and CSeq, and the Record-Routes where
        a dialog may come of it. `to_tag` is added to a To without one, but not in a 100.
        """
        copied = _COPIED
        if status == 100:
            copied += ("Timestamp",)
        elif self.method in _DIALOG_METHODS and status < 300:
            copied += ("Record-Route",)
        fields = self.headers.subset(copied)
        if to_tag and status != 100 and not _has_tag(fields.get("To")):
            fields.set("To", f"{fields.get('To')};tag={to_tag}")
        for name, value in headers:
            fields.add(name, value)
        if content_type:
            fields.set("Content-Type", content_type)
        return Response(status, reason or reason_phrase(status), fields, body)


@dataclass(slots=True)
class Response(_Fields):
    """A response to a request."""

    status: int
    reason: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def is_provisional(self) -> bool:
        """1xx."""
        return self.status < 200

    @property
    def is_success(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300

    def encode(self) -> bytes:
        """As it goes over the wire. Raises SipUsageError for a status or reason that would break the line."""
        if not 100 <= self.status <= 699 or "\r" in self.reason or "\n" in self.reason:
            raise SipUsageError(f"{self.status} {self.reason} is not the beginning of a response")
        return _encode(f"SIP/2.0 {self.status} {self.reason}", self.headers, self.body)

    def copy(self) -> Response:
        """An independent copy."""
        return Response(self.status, self.reason, self.headers.copy(), self.body)


Message: TypeAlias = Request | Response


def _encode(start_line: str, headers: Headers, body: bytes) -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.lines()]
    head = "\r\n".join([start_line, *lines, f"Content-Length: {len(body)}\r\n\r\n"])
    return head.encode(errors="replace") + body


def _has_tag(to: str) -> bool:
    """Whether a To has a tag; one that cannot be read is left alone."""
    if "tag" not in to.lower():
        return False
    try:
        return bool(Address.parse(to).tag)
    except SipSyntaxError:
        return True
