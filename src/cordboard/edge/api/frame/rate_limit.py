"""A token bucket for each account and token, kept in the process that serves the request."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple

from cordboard.kit.clock import monotonic
from cordboard.kit.errors import TooManyRequestsError

_MOST_BUCKETS = 20_000


class Allowance(NamedTuple):
    """What a bucket says about a request: whether it is admitted, and what is left of `limit` after it."""

    limit: int
    level: float
    admitted: bool

    def headers(self) -> dict[str, str]:
        """The response headers of the reference, on admitted and refused requests alike."""
        limit, remaining = str(self.limit), str(int(self.level))
        return {
            "RateLimit-Limit": limit,
            "RateLimit-Remaining": remaining,
            "RateLimit-Reset": str(math.ceil((self.limit - self.level) / self.limit)),
            "X-RateLimit-Limit-Second": limit,
            "X-RateLimit-Remaining-Second": remaining,
        }

    def require(self) -> None:
        """Raises TooManyRequestsError unless admitted."""
        if not self.admitted:
            raise TooManyRequestsError(
                f"more than {self.limit} requests in a second", retry_after=(1 - self.level) / self.limit
            )


class RateLimiter:
    """Buckets of one second's worth of requests."""

    def __init__(self, default_per_second: int, now: Callable[[], float] = monotonic) -> None:
        self._default = default_per_second
        self._now = now
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable, per_second: int | None = None) -> Allowance:
        """Takes one request from the bucket of `key`, if there is one."""
        limit = per_second or self._default
        now = self._now()
        level, filled_at = self._buckets.pop(key, (float(limit), now))
        level = min(float(limit), level + (now - filled_at) * limit)
        admitted = level >= 1
        if admitted:
            level -= 1
        self._buckets[key] = (level, now)
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return Allowance(limit, level, admitted)
