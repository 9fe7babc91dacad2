"""Which failures of a call allow another trunk, and which are the callee's own answer."""

from __future__ import annotations

from typing import Final

BUSY: Final = 486
TIMED_OUT: Final = 408
UNAVAILABLE: Final = 503

_TRUNKS_FAULT: Final = frozenset({401, 402, 403, 405, 406, 407, 408, 413, 415, 420, 421, 482, 483, 488, 491, 580})
"""The trunk does not take this call: credentials, its balance, caller id, codecs, extensions, a loop, or silence."""

_USUAL_REST: Final = 5.0
_LONGEST_REST: Final = 300.0


def may_try_next(status: int) -> bool:
    """Whether a call that ended with this status may go over the next trunk.

    Not when the callee or the network has spoken: unknown or incomplete numbers (404, 484, 410), busy (486), away
    (480), our own CANCEL (487), and 6xx, which speak for every way. Redirections (3xx) are not followed: the next trunk
    may do. All of 5xx is the trunk's trouble; nobody's telephone has rung.
    """
    return status in _TRUNKS_FAULT or 300 <= status < 400 or 500 <= status < 600


def is_global_failure(status: int) -> bool:
    """Whether no other way is to be tried at all, not even another phone of the callee (RFC 3261 21.6, and busy)."""
    return status == BUSY or status >= 600


def rest_seconds(status: int, retry_after: str = "") -> float:
    """How long a trunk gets no calls after it answered one with this status: 503 rests it for as long as Retry-After
    says (5 s without one, at most 5 minutes, RFC 3261 21.5.4), everything else not at all.
    """
    if status != UNAVAILABLE:
        return 0.0
    digits = retry_after.partition(";")[0].partition("(")[0].strip()
    told = float(digits) if digits.isascii() and digits.isdigit() and len(digits) < 7 else _USUAL_REST
    return min(told, _LONGEST_REST)
