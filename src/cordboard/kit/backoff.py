"""Delays between attempts."""

from __future__ import annotations

import random
from collections.abc import Sequence

_jitter = random.SystemRandom()


def exponential(attempt: int, *, base: float = 1.0, ceiling: float = 60.0) -> float:
    """Seconds before attempt `attempt` (0 is the first retry): doubling from `base` up to `ceiling`, jittered by 20
    %.
    """
    return jittered(min(ceiling, base * 2.0 ** min(attempt, 30)))


def scheduled(attempt: int, schedule: Sequence[float]) -> float | None:
    """Seconds before attempt `attempt` by a fixed schedule, jittered; None when the schedule is used up."""
    return jittered(schedule[attempt]) if attempt < len(schedule) else None


def jittered(seconds: float, share: float = 0.2) -> float:
    """`seconds` moved by at most `share` either way, so that retries of many do not come together."""
    return seconds * (1 + share * (2 * _jitter.random() - 1))
