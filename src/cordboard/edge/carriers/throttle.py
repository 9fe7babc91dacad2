"""How fast a link may submit: the agreed rate, and less while the carrier complains."""

from __future__ import annotations

from typing import Final

_BACK_OFF: Final = 0.7
_LOWEST_SHARE: Final = 0.05
_RECOVERY_SHARE: Final = 0.05
_BURST_SECONDS: Final = 0.1
_AT_MOST_ONCE: Final = 1.0


class Throttle:
    """A token bucket of `per_second` submits with a burst of a tenth of a second. Times are monotonic seconds.

    A throttling answer cuts the rate to 70 %, at most once a second; each second without one gives back 5 % of the
    agreed rate.
    """

    def __init__(self, per_second: float) -> None:
        self._agreed = per_second
        self._share = 1.0
        self._level = self._burst
        self._filled_at: float | None = None
        self._cut_at = float("-inf")

    @property
    def rate(self) -> float:
        """Submits a second at present."""
        return self._agreed * self._share

    @property
    def _burst(self) -> float:
        return max(1.0, self.rate * _BURST_SECONDS)

    def allowed(self, now: float) -> int:
        """How many submits may go now."""
        self._fill(now)
        return max(0, int(self._level))

    def spend(self, count: int) -> None:
        """So many submits went; parts of one message may overdraw, and the next ones wait for it."""
        self._level -= count

    def wait(self, now: float) -> float:
        """Seconds until a submit may go."""
        self._fill(now)
        return max(0.0, (1.0 - self._level) / self.rate)

    def throttled(self, now: float) -> None:
        """The carrier answered that it is too much."""
        if now - self._cut_at >= _AT_MOST_ONCE:
            self._fill(now)
            self._share = max(_LOWEST_SHARE, self._share * _BACK_OFF)
            self._cut_at = now

    def _fill(self, now: float) -> None:
        passed = 0.0 if self._filled_at is None else max(0.0, now - self._filled_at)
        self._filled_at = now
        if now - self._cut_at > _AT_MOST_ONCE:
            self._share = min(1.0, self._share + passed * _RECOVERY_SHARE)
        self._level = min(self._burst, self._level + passed * self.rate)
