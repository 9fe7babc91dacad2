"""Transfers (RFC 3515, 3891, 5589): where a party sends us, which dialog is taken over, and how it went."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from cordboard.wire.sip.address import Address
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.grammar import find_param, parse_number, parse_params
from cordboard.wire.sip.message import LARGEST_EXPIRES, Request
from cordboard.wire.sip.status import reason_phrase
from cordboard.wire.sip.uri import SipUri

SIPFRAG_TYPE = "message/sipfrag;version=2.0"
LONGEST_SIPFRAG = 4096
"""Octets that are looked at."""

_STATUS_LINE = re.compile(rb"\s*+SIP/2\.0 ([1-6][0-9]{2})(?: ([^\r\n]*+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Replaces:
    """The dialog that an INVITE takes over, with the tags as its receiver knows them: `to_tag` is local there.

    `early_only`: only while it has not been answered (RFC 3891 3).
    """

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def parse(cls, text: str) -> Replaces:
        """Raises SipSyntaxError."""
        call_id, semicolon, rest = text.partition(";")
        params = parse_params(semicolon + rest)
        to_tag, from_tag = find_param(params, "to-tag"), find_param(params, "from-tag")
        if not call_id.strip() or not to_tag or not from_tag:
            raise SipSyntaxError("Replaces lacks its Call-ID or a tag")
        return cls(call_id.strip(), to_tag, from_tag, find_param(params, "early-only") is not None)

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"


def replaces_of(request: Request) -> Replaces | None:
    """What an INVITE replaces; None when it replaces nothing. Raises SipSyntaxError, also when there is more than one
    (RFC 3891 3: 400).
    """
    values = request.headers.get_all("Replaces")
    if len(values) > 1:
        raise SipSyntaxError("there is more than one Replaces")
    return Replaces.parse(values[0]) if values else None


class ReferTarget(NamedTuple):
    """Where Refer-To points: the address without its headers, the method to use, and the dialog to replace there."""

    uri: SipUri
    method: str = "INVITE"
    replaces: Replaces | None = None


def refer_target(request: Request) -> ReferTarget:
    """What a REFER asks for. Raises SipSyntaxError, as it must have exactly one Refer-To (RFC 3515 2.4.1)."""
    values = request.headers.get_all("Refer-To")
    if len(values) != 1:
        raise SipSyntaxError("a REFER has one Refer-To")
    uri = Address.parse(values[0]).uri
    replaces = uri.header("Replaces")
    return ReferTarget(
        uri.without_headers(), (uri.param("method") or "INVITE").upper(), Replaces.parse(replaces) if replaces else None
    )


def refer_to(uri: SipUri, replaces: Replaces | None = None) -> str:
    """The value of Refer-To; with `replaces` for an attended transfer (RFC 5589 7)."""
    target = uri.without_headers()
    if replaces is not None:
        target = replace(target, headers=(("Replaces", str(replaces)),))
    return str(Address(target))


def sipfrag(status: int, reason: str = "") -> bytes:
    """The body of a NOTIFY that tells how a transfer goes (RFC 3515 2.4.5). Line ends in the reason are dropped."""
    text = " ".join((reason or reason_phrase(status)).split())
    return f"SIP/2.0 {status} {text}\r\n".encode()


def parse_sipfrag(body: bytes) -> tuple[int, str]:
    """Status and reason of such a body; what follows its first line is ignored. Raises SipSyntaxError."""
    match = _STATUS_LINE.match(body[:LONGEST_SIPFRAG])
    if match is None:
        raise SipSyntaxError("the body tells no status")
    return int(match[1]), (match[2] or b"").decode(errors="replace")


class SubscriptionState(NamedTuple):
    """The Subscription-State of a NOTIFY (RFC 6665 4.1.3): `active`, `pending` or `terminated`, with its reason."""

    state: str
    reason: str = ""
    expires: int | None = None

    @classmethod
    def parse(cls, text: str) -> SubscriptionState:
        """Raises SipSyntaxError."""
        state, semicolon, rest = text.partition(";")
        params = parse_params(semicolon + rest)
        expires = find_param(params, "expires")
        seconds = parse_number(expires, "expires", LARGEST_EXPIRES) if expires else None
        return cls(state.strip().lower(), find_param(params, "reason") or "", seconds)

    def __str__(self) -> str:
        reason = f";reason={self.reason}" if self.reason else ""
        expires = "" if self.expires is None else f";expires={self.expires}"
        return f"{self.state}{reason}{expires}"


def refer_progress_headers(status: int, expires: int) -> tuple[tuple[str, str], ...]:
    """What a NOTIFY about a transfer carries besides its body: a final status ends the subscription."""
    final = status >= 200
    state = SubscriptionState("terminated", "noresource") if final else SubscriptionState("active", expires=expires)
    return (("Event", "refer"), ("Subscription-State", str(state)))
