"""What a call costs: by the minute, in steps of six seconds."""

from __future__ import annotations

from typing import Final

STEP_SECONDS: Final = 6
_MINUTE: Final = 60


def billed_seconds(seconds: int) -> int:
    """The seconds that are billed for `seconds` talked: the next multiple of six; nothing for nothing."""
    return -(-seconds // STEP_SECONDS) * STEP_SECONDS


def cost_of(seconds: int, minute_price: int) -> int:
    """What billed seconds come to in micro-units, rounded up to one."""
    return -(-seconds * minute_price // _MINUTE)


def minutes_begun(seconds: float) -> int:
    """How many minutes have begun after `seconds`; the first begins at once."""
    return int(seconds // _MINUTE) + 1
