"""A clock that moves only when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class VirtualClock:
    """A `kit.clock.Clock` that starts at `start` (an aware datetime; a Monday noon if none is given) and
    stands still."""

    def __init__(self, start: datetime = _START) -> None:
        self._now = _as_utc(start)

    def now(self) -> datetime:
        """The present as an aware UTC datetime."""
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move ahead by `seconds`, never back, and answer the new present. Raises ValueError."""
        if seconds < 0:
            raise ValueError("time only moves ahead; use set() to go back")
        self._now += timedelta(seconds=seconds)
        return self._now

    def set(self, moment: datetime) -> None:
        """Jump to `moment`, either way. Raises ValueError when it is naive."""
        self._now = _as_utc(moment)


def _as_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a clock's time must be aware, for example datetime(2026, 1, 5, tzinfo=UTC)")
    return moment.astimezone(UTC)
