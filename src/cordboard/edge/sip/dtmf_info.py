"""Digits in INFO (application/dtmf-relay and application/dtmf, as gateways and phones send them)."""

from __future__ import annotations

import re
from typing import Final

RELAY: Final = "application/dtmf-relay"
PLAIN: Final = "application/dtmf"

_SIGNAL: Final = re.compile(rb"^\s*signal\s*=\s*([0-9A-Da-d*#]+)\s*$", re.IGNORECASE | re.MULTILINE)
_DIGITS: Final = frozenset("0123456789*#ABCD")
_NUMBERED: Final = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
"""Some send the event numbers of RFC 4733."""
_LONGEST: Final = 200


def digit_of(content_type: str, body: bytes) -> str | None:
    """The digit that an INFO tells; None when it tells none."""
    body = body[:_LONGEST]
    match = _SIGNAL.search(body)
    if match is None and content_type == PLAIN:
        return _known(body.decode("latin-1").strip())
    return _known(match[1].decode("ascii")) if match else None


def _known(signal: str) -> str | None:
    digit = _NUMBERED.get(signal, signal.upper())
    return digit if digit in _DIGITS else None
