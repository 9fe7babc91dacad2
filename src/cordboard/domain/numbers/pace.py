"""How fast a sender may send, and where in its queue a message stands. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.numbers.models import LONG_CODE, SHORT_CODE, TOLL_FREE, Capacity, OwnedNumber, PaceRequest

SEGMENTS_PER_SECOND: Final = {LONG_CODE: 1.0, TOLL_FREE: 20.0, SHORT_CODE: 100.0}
LONGEST_QUEUE: Final = timedelta(minutes=15)

_chance = random.SystemRandom()


def reserve(
    requests: Sequence[PaceRequest], free_at: dict[tuple[UUID, str], datetime], now: datetime
) -> list[datetime | None]:
    """The moment at which each may leave, in order; None for a bounded one whose sender has 15 minutes queued.

    `free_at` tells when each (account, number) is free again, and is moved on.
    """
    places: list[datetime | None] = []
    for request in requests:
        key = (request.account_id, request.phone_number)
        start = max(free_at.get(key, now), now)
        if request.bounded and start - now > LONGEST_QUEUE:
            places.append(None)
            continue
        places.append(start)
        free_at[key] = start + timedelta(seconds=request.segments / _rate(request.number_type))
    return places


def pick(
    members: Sequence[OwnedNumber], free_at: Mapping[str, datetime], count: int, now: datetime
) -> list[OwnedNumber]:
    """`count` senders, at random among those that are free soonest, each pick taking a second of its sender's rate."""
    waits = {member.phone_number: max(free_at.get(member.phone_number, now), now) for member in members}
    chosen = []
    for _ in range(count):
        soonest = min(waits.values())
        member = _chance.choice([one for one in members if waits[one.phone_number] == soonest])
        waits[member.phone_number] += timedelta(seconds=1 / _rate(member.number_type))
        chosen.append(member)
    return chosen


def capacity(members: Sequence[OwnedNumber], free_at: Mapping[str, datetime], now: datetime) -> Capacity:
    """What senders can send together."""
    rates = [_rate(member.number_type) for member in members]
    waits = [max(free_at.get(member.phone_number, now) - now, timedelta(0)) for member in members]
    total = sum(rates)
    wait = sum((wait * rate for wait, rate in zip(waits, rates, strict=True)), timedelta(0)) / total
    return Capacity(total, wait, frozenset(member.carrier for member in members))


def _rate(number_type: int) -> float:
    return SEGMENTS_PER_SECOND.get(number_type, SEGMENTS_PER_SECOND[LONG_CODE])
