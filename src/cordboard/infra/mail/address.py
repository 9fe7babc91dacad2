"""E-mail addresses."""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 254
_LONGEST_LOCAL: Final = 64
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL: Final = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_DOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")


def parse_address(text: str) -> str | None:
    """The one address that `text` is (RFC 5321 section 4.1.2, without quoted local parts and address literals), its
    domain in ASCII; None for anything else: several of them, a name beside it, a line break.
    """
    local, _, domain = text.strip().rpartition("@")
    if not domain.isascii():
        domain = _in_ascii(domain)
    address = f"{local}@{domain}"
    if len(address) > _LONGEST or len(local) > _LONGEST_LOCAL:
        return None
    return address if _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain) else None


def _in_ascii(domain: str) -> str:
    """An internationalised domain as the DNS writes it (RFC 3490); "" for what is none."""
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return ""
