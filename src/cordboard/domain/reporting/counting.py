"""Summing up what happened into rows of statistics. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from cordboard.domain.reporting.models import NOBODY

MinuteKey: TypeAlias = tuple[UUID, datetime]
"""Account, beginning: the primary key of rows by the minute."""

TrafficKey: TypeAlias = tuple[UUID, str, str, datetime, str, UUID, UUID, UUID]
"""Account, period, dimension, beginning, number, number set, user, workflow: the primary key of rows of traffic."""

MINUTE_FIELDS: Final = (
    "calls_dialed",
    "outbound_calls_started",
    "inbound_calls_started",
    "calls_completed",
    "inbound_sms",
    "outbound_sms",
)
SUMS: Final = (
    "sms_in",
    "sms_out",
    "sms_in_cost",
    "sms_out_cost",
    "opt_outs",
    "calls_in",
    "calls_out",
    "seconds_in",
    "seconds_out",
    "calls_in_cost",
    "calls_out_cost",
)
EXTREMES: Final = ("smallest_sms", "largest_sms", "shortest_in", "longest_in", "shortest_out", "longest_out")
"""Minima and maxima in turn."""

_COUNTED: Final = len(SUMS)
_FIELDS: Final = (*SUMS, *EXTREMES)
Measures: TypeAlias = list[int | None]
"""Values of SUMS and EXTREMES, in their order; an extreme of nothing is None."""


class Place(NamedTuple):
    """Whose traffic something is: an account's, on one of its numbers; in a number set, by a browser phone's user and
    of a workflow, where it is (NOBODY where not).
    """

    account_id: UUID
    number: str
    number_set_id: UUID = NOBODY
    client_id: UUID = NOBODY
    campaign_id: UUID = NOBODY


class Tally:
    """What a batch of events adds to statistics."""

    def __init__(self) -> None:
        self._minutes: dict[MinuteKey, list[int]] = {}
        self._hours: dict[tuple[Place, datetime], Measures] = {}

    def tick(self, account_id: UUID, at: datetime, field: str) -> None:
        """Counts one of MINUTE_FIELDS."""
        key = account_id, at.replace(second=0, microsecond=0)
        row = self._minutes.get(key)
        if row is None:
            row = self._minutes[key] = [0] * len(MINUTE_FIELDS)
        row[_MINUTE_PLACES[field]] += 1

    def add(self, place: Place, at: datetime, **values: int) -> None:
        """Adds to the measures of a place, by their names."""
        key = place, at.replace(minute=0, second=0, microsecond=0)
        row = self._hours.get(key)
        if row is None:
            row = self._hours[key] = empty()
        for name, value in values.items():
            index = _PLACES[name]
            row[index] = _combined(index, row[index], value)

    def minute_rows(self) -> list[tuple[MinuteKey, list[int]]]:
        """What to add by the minute, in the order of the keys."""
        return sorted(self._minutes.items())

    def traffic_rows(self) -> list[tuple[TrafficKey, Measures]]:
        """What to add by the hour and by the day, for every dimension, in the order of the keys."""
        found: dict[TrafficKey, Measures] = {}
        for (place, hour), measures in self._hours.items():
            for period, starts_at in (("hour", hour), ("day", hour.replace(hour=0))):
                for key in _keys(place, period, starts_at):
                    present = found.get(key)
                    found[key] = list(measures) if present is None else merged(present, measures)
        return sorted(found.items())


def empty() -> Measures:
    """Nothing at all."""
    return [0] * _COUNTED + [None] * len(EXTREMES)


def merged(one: Sequence[int | None], other: Sequence[int | None]) -> Measures:
    """Two sets of measures as one."""
    return [_combined(index, *pair) for index, pair in enumerate(zip(one, other, strict=True))]


def _combined(index: int, one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    if index < _COUNTED:
        return one + other
    return max(one, other) if (index - _COUNTED) % 2 else min(one, other)


def _keys(place: Place, period: str, starts_at: datetime) -> Iterator[TrafficKey]:
    """The rows of a period that a place's traffic counts in."""
    account_id, number, set_id, client_id, campaign_id = place
    yield account_id, period, "account", starts_at, "", NOBODY, NOBODY, NOBODY
    yield account_id, period, "number", starts_at, number, set_id, client_id, campaign_id
    if set_id != NOBODY:
        yield account_id, period, "set", starts_at, "", set_id, NOBODY, NOBODY
    if client_id != NOBODY:
        yield account_id, period, "user", starts_at, "", NOBODY, client_id, NOBODY
    if campaign_id != NOBODY:
        yield account_id, period, "campaign", starts_at, "", NOBODY, NOBODY, campaign_id


_MINUTE_PLACES: Final = {name: index for index, name in enumerate(MINUTE_FIELDS)}
_PLACES: Final = {name: index for index, name in enumerate(_FIELDS)}
