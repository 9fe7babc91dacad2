"""Business time, handed in so that tests and the sandbox can move it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """Where business time comes from."""

    def now(self) -> datetime:
        """The present as an aware UTC datetime."""
        ...


class MovableClock(Clock, Protocol):
    """A clock that the sandbox may move."""

    def advance(self, seconds: float) -> object:
        """Moves it ahead."""
        ...


class SystemClock:
    """The machine's clock, moved ahead by `offset` (the sandbox's clock advance)."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """The present plus the offset."""
        return datetime.now(UTC) + self.offset

    def advance(self, seconds: float) -> None:
        """Moves this process's clock; the installation's offset follows it or sets it right."""
        self.offset += timedelta(seconds=seconds)


def epoch_ms(moment: datetime) -> int:
    """Whole milliseconds since the epoch, the wire format of times."""
    return (moment - _EPOCH) // _MILLISECOND


def from_epoch_ms(milliseconds: int) -> datetime:
    """The inverse of `epoch_ms`. Raises OverflowError beyond the years that a datetime knows."""
    return _EPOCH + milliseconds * _MILLISECOND


def monotonic() -> float:
    """Seconds for measuring durations; never business time."""
    return time.monotonic()
