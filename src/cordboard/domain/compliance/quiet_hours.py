"""When quiet hours end, wherever the recipient may be. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from cordboard.domain.compliance.models import QuietHours

_LONGEST_SEARCH: Final = timedelta(days=3)
_A_DAY: Final = timedelta(days=1)
_A_MINUTE: Final = timedelta(minutes=1)


def end_of_quiet(now: datetime, quiet: QuietHours, zones: Sequence[tzinfo]) -> datetime | None:
    """The first moment after `now`, UTC, that is outside of quiet hours in every zone; None if `now` is. No zones: UTC.

    Local time is what a clock on the wall shows: quiet hours that end in an hour that daylight saving skips end with
    the skip, and an hour that comes twice may be quiet twice. Where no time of the day suits all zones (a toll-free
    number may be anywhere from Puerto Rico to Guam, and a night may be long), the one in the middle decides.
    """
    places = zones or (UTC,)
    moment = now
    while moment - now < _LONGEST_SEARCH:
        later = max(_end_in(moment, quiet, zone) for zone in places)
        if later == moment:
            return None if moment == now else moment
        moment = later
    return end_of_quiet(now, quiet, [_middle(now, places)])


def _end_in(moment: datetime, quiet: QuietHours, zone: tzinfo) -> datetime:
    """The first moment from `moment` on that is outside of quiet hours in one zone."""
    while _is_quiet(wall := moment.astimezone(zone).time(), quiet):
        end = moment + (_since_midnight(quiet.end) - _since_midnight(wall)) % _A_DAY
        moment = _end_or_change(moment, end, zone)
    return moment


def _end_or_change(start: datetime, end: datetime, zone: tzinfo) -> datetime:
    """`end`, or the minute before it at which the zone's clocks are set forward or back."""
    offset = start.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == offset:
        return end
    minute = start.replace(second=0, microsecond=0)
    minutes = range((end - minute) // _A_MINUTE + 1)
    changed = bisect_left(
        minutes, True, key=lambda after: (minute + after * _A_MINUTE).astimezone(zone).utcoffset() != offset
    )
    return minute + changed * _A_MINUTE


def _middle(now: datetime, zones: Sequence[tzinfo]) -> tzinfo:
    by_offset = sorted(zones, key=lambda zone: now.astimezone(zone).utcoffset() or timedelta(0))
    return by_offset[len(by_offset) // 2]


def _is_quiet(wall: time, quiet: QuietHours) -> bool:
    if quiet.start <= quiet.end:
        return quiet.start <= wall < quiet.end
    return wall >= quiet.start or wall < quiet.end


def _since_midnight(wall: time) -> timedelta:
    return timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond)
