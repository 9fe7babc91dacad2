"""Identifiers: time UUIDs whose time a client can read, and random ones."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from cordboard.kit.clock import Clock

NIL: Final = UUID(int=0)
"""Comes before every other (RFC 9562 section 5.9)."""
_GREGORIAN = datetime(1582, 10, 15, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MULTICAST_BIT = 1 << 40


class Ids:
    """Makes identifiers on the business clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time_uuid(self) -> UUID:
        """A version 1 UUID of the present with a random node and sequence (RFC 9562 section 5.1)."""
        return time_uuid_at(self._clock.now())

    @staticmethod
    def random_uuid() -> UUID:
        """A version 4 UUID."""
        return UUID(bytes=secrets.token_bytes(16), version=4)

    @staticmethod
    def token(size: int = 32) -> str:
        """An unguessable URL-safe string of `size` random bytes."""
        return secrets.token_urlsafe(size)


def time_uuid_at(moment: datetime) -> UUID:
    """A version 1 UUID of `moment`, to the microsecond, otherwise random.

    The node carries the multicast bit, which no real network card has (RFC 9562 section 6.10).
    """
    ticks = (moment - _GREGORIAN) // _MICROSECOND * 10
    entropy = secrets.randbits(62)
    time_low = ticks & 0xFFFFFFFF
    time_mid = (ticks >> 32) & 0xFFFF
    time_high = (ticks >> 48) & 0x0FFF
    sequence = entropy >> 48
    node = (entropy & 0xFFFFFFFFFFFF) | _MULTICAST_BIT
    return UUID(
        int=(time_low << 96) | (time_mid << 80) | (1 << 76) | (time_high << 64) | (0b10 << 62) | (sequence << 48) | node
    )


def time_of(identifier: UUID) -> datetime | None:
    """The moment inside a version 1 UUID, to the microsecond; None for any other version."""
    if identifier.version != 1:
        return None
    return _GREGORIAN + timedelta(microseconds=identifier.time // 10)


def parse_uuid(text: str) -> UUID | None:
    """The UUID that `text` spells, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
