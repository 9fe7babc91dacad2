"""Addresses with a name and parameters: From, To, Contact, Route, Refer-To and others (RFC 3261 20.10, 25.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.grammar import (
    Params,
    find_param,
    format_params,
    parse_params,
    printable,
    quote,
    quoted_end,
    unquote,
    with_param,
)
from cordboard.wire.sip.uri import SipUri


@dataclass(frozen=True, slots=True)
class Address:
    """`"Display" <uri>;params`. The display name is plain text: no quotes or escapes, and no control characters.

    `params` are the header's, with values as on the wire; those inside the brackets are the URI's.
    """

    uri: SipUri
    display: str = ""
    params: Params = ()

    @classmethod
    def parse(cls, text: str) -> Address:
        """From `"Name" <uri>;params` or `uri;params`. A display name with characters that would need quotes is taken
        without them (RFC 4475 3.1.2.15). Raises SipSyntaxError.
        """
        return _parse(text)

    def __str__(self) -> str:
        if self.is_any:
            return "*"
        name = f"{quote(self.display)} " if self.display else ""
        return f"{name}<{self.uri}>{format_params(self.params)}"

    @property
    def is_any(self) -> bool:
        """Whether it is the `*` of a REGISTER that removes all contacts."""
        return self == ANY

    @property
    def tag(self) -> str:
        """The tag; empty when there is none."""
        return self.param("tag") or ""

    def param(self, name: str) -> str | None:
        """A header parameter, quotes undone: empty for a bare name, None when missing."""
        return find_param(self.params, name)

    def with_param(self, name: str, value: str | None) -> Address:
        """With a parameter set; a value that is no token or host has to come quoted (`grammar.quote`)."""
        return replace(self, params=with_param(self.params, name, value))

    def with_tag(self, tag: str) -> Address:
        """With that tag."""
        return self.with_param("tag", tag)


ANY = Address(SipUri("", opaque="*"))
"""`Contact: *` (10.2.2)."""


@lru_cache(maxsize=1024)
def _parse(text: str) -> Address:
    """Remembered, because each layer reads the same From, To and Contact: a value is frozen and belongs to nobody."""
    text = text.strip()
    if text == "*":
        return ANY
    display, at = "", 0
    if text[:1] == '"':
        at = quoted_end(text)
        display = unquote(text[:at])
    opening = text.find("<", at)
    if opening < 0:
        return _parse_bare(text)
    if at == 0:
        display = text[:opening].strip()
    elif text[at:opening].strip():
        raise SipSyntaxError(f"{text[at:opening][:40]!r} stands between a name and its address")
    closing = text.find(">", opening)
    if closing < 0 or (at == 0 and '"' in display):
        raise SipSyntaxError(f"{text[:60]!r} lacks a closing bracket or quote")
    uri = SipUri.parse(text[opening + 1 : closing])
    return Address(uri, printable(display), parse_params(text[closing + 1 :].lstrip()))


def _parse_bare(text: str) -> Address:
    """Without brackets all parameters are the header's, and there is no telling what `?` and commas mean."""
    uri, semicolon, params = text.partition(";")
    uri = uri.rstrip()
    if "?" in uri or "," in uri:
        raise SipSyntaxError(f"{text[:60]!r} needs angle brackets")
    return Address(SipUri.parse(uri), "", parse_params(semicolon + params))
