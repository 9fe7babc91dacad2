"""Who is listened to: rates per source, of strangers and of calls, and a ban for those who guess passwords.

Pure: times are monotonic seconds and handed in.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

_MOST_SOURCES: Final = 20_000
"""Addresses that are kept in mind; the one that was quiet longest is forgotten first."""
_BURST_SECONDS: Final = 10.0
_FAILURE_WINDOW: Final = 60.0


class TokenBucket:
    """`per_second` tokens flow in, and at most `burst` wait. It starts full."""

    __slots__ = ("_burst", "_filled_at", "_level", "_per_second")

    def __init__(self, per_second: float, burst: float, now: float) -> None:
        self._per_second = per_second
        self._burst = max(1.0, burst)
        self._level = self._burst
        self._filled_at = now

    def take(self, now: float) -> bool:
        """Takes a token, if there is one."""
        self._level = min(self._burst, self._level + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True


class _Source:
    """What is remembered of an address."""

    __slots__ = ("banned_until", "bucket", "failures", "failures_since")

    def __init__(self, bucket: TokenBucket, now: float) -> None:
        self.bucket = bucket
        self.failures = 0
        self.failures_since = now
        self.banned_until = float("-inf")


class Admission:
    """Rates a second. Counters are plain numbers for the metrics: `dropped` by rate, `banned` by ban, calls and
    strangers `refused`, and `bans` that were spoken.
    """

    def __init__(
        self,
        *,
        packets_per_second: float,
        strangers_per_second: float,
        calls_per_second: float,
        auth_failures: int,
        ban_seconds: float,
        now: float,
    ) -> None:
        self._packets_per_second = packets_per_second
        self._auth_failures = auth_failures
        self._ban_seconds = ban_seconds
        self._calls = TokenBucket(calls_per_second, calls_per_second, now)
        self._strangers = TokenBucket(strangers_per_second, strangers_per_second * 2, now)
        self._sources: OrderedDict[str, _Source] = OrderedDict()
        self.dropped = 0
        self.banned = 0
        self.bans = 0
        self.calls_refused = 0
        self.strangers_refused = 0

    def admits_packet(self, address: str, now: float) -> bool:
        """Whether a packet of an address that is no trunk is looked at."""
        source = self._source(address, now)
        if now < source.banned_until:
            self.banned += 1
            return False
        if not source.bucket.take(now):
            self.dropped += 1
            return False
        return True

    def admits_stranger(self, now: float) -> bool:
        """Whether a request that nobody vouches for is worth an answer."""
        taken = self._strangers.take(now)
        self.strangers_refused += not taken
        return taken

    def admits_call(self, now: float) -> bool:
        """Whether one more call may begin now."""
        taken = self._calls.take(now)
        self.calls_refused += not taken
        return taken

    def authentication_failed(self, address: str, now: float) -> None:
        """Somebody there gave a wrong name or password; too often within a minute, and the address is shut out."""
        source = self._source(address, now)
        if now - source.failures_since > _FAILURE_WINDOW:
            source.failures, source.failures_since = 0, now
        source.failures += 1
        if source.failures >= self._auth_failures:
            source.failures = 0
            source.banned_until = now + self._ban_seconds
            self.bans += 1

    def _source(self, address: str, now: float) -> _Source:
        source = self._sources.get(address)
        if source is not None:
            self._sources.move_to_end(address)
            return source
        bucket = TokenBucket(self._packets_per_second, self._packets_per_second * _BURST_SECONDS, now)
        source = self._sources[address] = _Source(bucket, now)
        while len(self._sources) > _MOST_SOURCES:
            self._sources.popitem(last=False)
        return source
