"""A token bucket for each account and token (ruling 9), kept in the process that serves the request."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable

from cordboard.kit.clock import monotonic
from cordboard.kit.errors import TooManyRequestsError

_MOST_BUCKETS = 20_000


class RateLimiter:
    """Buckets of one second's worth of requests. `take` answers the response headers or raises."""

    def __init__(self, default_per_second: int) -> None:
        self._default = default_per_second
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable, per_second: int | None) -> dict[str, str]:
        """Takes one request from the bucket of `key`. Raises TooManyRequestsError."""
        limit = per_second or self._default
        now = monotonic()
        level, filled_at = self._buckets.pop(key, (float(limit), now))
        level = min(float(limit), level + (now - filled_at) * limit)
        admitted = level >= 1
        self._buckets[key] = (level - 1 if admitted else level, now)
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
        if not admitted:
            raise TooManyRequestsError(f"more than {limit} requests in a second", retry_after=(1 - level) / limit)
        return _headers(limit, int(level - 1))


def _headers(limit: int, remaining: int) -> dict[str, str]:
    full_again = math.ceil((limit - remaining) / limit)
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(full_again),
        "X-RateLimit-Limit-Second": str(limit),
        "X-RateLimit-Remaining-Second": str(remaining),
    }
