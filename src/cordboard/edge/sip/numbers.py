"""Telephone numbers as trunks want them, and who calls as messages say it (RFC 3323, 3325, 5806)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import phonenumbers

from cordboard.edge.sip.port import Caller
from cordboard.edge.sip.settings import NumberFormat
from cordboard.wire.sip.address import Address
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Request
from cordboard.wire.sip.uri import SipUri

ANONYMOUS: Final = '"Anonymous" <sip:anonymous@anonymous.invalid>'
_HIDING: Final = frozenset({"id", "user", "header"})
_LONGEST_NAME: Final = 128


@lru_cache(maxsize=20_000)
def format_number(number: str, form: NumberFormat) -> str:
    """An E.164 number in a trunk's form; whatever is none stays as it is."""
    if form == "e164" or not number.startswith("+"):
        return number
    if form == "digits":
        return number[1:]
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number[1:]
    return str(phonenumbers.national_significant_number(parsed))


def caller_headers(
    caller: Caller, *, host: str, form: NumberFormat = "e164", asserts: bool = False, user: str = ""
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """From, without its tag, and the other headers that say who calls. `asserts`: to a trunk that is trusted with the
    number also when it is hidden. `user`: the user part of From where it is not to be the number.
    """
    number = format_number(caller.number, form)
    own = Address(SipUri("sip", user or number or None, host), caller.name[:_LONGEST_NAME])
    identity = Address(SipUri("sip", number, host), "" if caller.hidden else own.display)
    headers: list[tuple[str, str]] = []
    if caller.hidden:
        headers.append(("Privacy", "id"))
    if asserts and number:
        headers.append(("P-Asserted-Identity", str(identity)))
    if caller.diverted_from:
        diverted = SipUri("sip", format_number(caller.diverted_from, form), host)
        headers.append(("Diversion", f"<{diverted}>;reason=unconditional"))
    return ANONYMOUS if caller.hidden else str(own), tuple(headers)


def caller_of(request: Request, *, trusted: bool) -> Caller:
    """Who calls by an INVITE: P-Asserted-Identity of those that are trusted with it, else From.

    Raises SipSyntaxError when From cannot be read.
    """
    shown = request.from_
    asserted = _first(request, "P-Asserted-Identity") if trusted else None
    hidden = shown.uri.host == "anonymous.invalid" or (shown.uri.user or "").lower() == "anonymous"
    hidden = hidden or any(request.headers.has_word("Privacy", word) for word in _HIDING)
    who = asserted or shown
    number = "" if hidden and asserted is None else who.uri.user or ""
    return Caller(
        number=number,
        name="" if hidden else (who.display or shown.display)[:_LONGEST_NAME],
        hidden=hidden,
        diverted_from=_user(_first(request, "Diversion")),
    )


def _first(request: Request, name: str) -> Address | None:
    """The first value of a header; None when there is none, or none that can be read."""
    try:
        return next(iter(request.addresses(name)), None)
    except SipSyntaxError:
        return None


def _user(address: Address | None) -> str:
    return (address.uri.user or "") if address is not None else ""
