"""How many contacts a runner lets in now, and when it looks again. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

MOST_AT_ONCE: Final = 500
BACKLOG: Final = timedelta(seconds=30)
"""What automatic runners keep waiting for the campaign's numbers."""
_SHORTEST: Final = timedelta(milliseconds=100)
_LOOK_AGAIN: Final = timedelta(seconds=2)


class Share(NamedTuple):
    """`entering` may enter now. The pace counts on from `anchor`, when `anchor_started` had entered."""

    entering: int
    anchor: datetime
    anchor_started: int
    again_at: datetime


def timed(period_ms: int, started: int, anchor: datetime, anchor_started: int, now: datetime) -> Share:
    """One each period. Time that was missed is not made up for: who is far behind begins anew from now."""
    period = timedelta(milliseconds=period_ms)
    due = int((now - anchor) / period) + 1 - (started - anchor_started)
    count = max(0, min(due, MOST_AT_ONCE))
    if due > MOST_AT_ONCE:
        anchor, anchor_started = now, started + count - 1
    entered = started + count
    following = anchor + period * (entered - anchor_started)
    return Share(count, anchor, anchor_started, max(following, now + _SHORTEST))


def automatic(
    rate: float, backlog: timedelta, started: int, anchor: datetime, anchor_started: int, now: datetime
) -> Share:
    """As many as keep the numbers busy for half a minute: no faster than they send, and none while more waits for
    them. Time that was not made use of is not made up for.
    """
    allowed = rate * (now - anchor + BACKLOG).total_seconds() - (started - anchor_started)
    most = rate * BACKLOG.total_seconds()
    if allowed > most:
        anchor, anchor_started, allowed = now, started, most
    room = max(timedelta(0), BACKLOG - backlog).total_seconds() * rate
    count = max(0, min(int(room), int(allowed), MOST_AT_ONCE))
    return Share(count, anchor, anchor_started, now + (_SHORTEST if count == MOST_AT_ONCE else _LOOK_AGAIN))
