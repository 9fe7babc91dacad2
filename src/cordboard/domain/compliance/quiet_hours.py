"""When quiet hours end, wherever the recipient may be. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from cordboard.domain.compliance.models import QuietHours

_MOST_ROUNDS: Final = 200
_A_DAY: Final = timedelta(days=1)


def end_of_quiet(now: datetime, quiet: QuietHours, zones: Sequence[tzinfo]) -> datetime | None:
    """The first moment, UTC, that is outside of quiet hours in every zone; None if `now` is. No zones: UTC.

    Where there is no such moment, because the zones' quiet hours cover the whole day between them, it is the end in the
    zone in which they end last. A local time that daylight saving skips or repeats counts as the clock on the wall
    shows it.
    """
    places = zones or (UTC,)
    moment = now
    for _ in range(_MOST_ROUNDS):
        ends = [end for zone in places if (end := _end_in(moment, quiet, zone)) is not None]
        if not ends:
            return None if moment == now else moment
        moment = max(ends)
        if moment - now > _A_DAY:
            break
    return max(end for zone in places if (end := _end_in(now, quiet, zone)) is not None)


def _end_in(moment: datetime, quiet: QuietHours, zone: tzinfo) -> datetime | None:
    """When the quiet hours that `moment` falls in end in a zone; None if it falls in none."""
    local = moment.astimezone(zone)
    if not _is_quiet(local.time(), quiet):
        return None
    day = local.date()
    if quiet.end <= local.time().replace(tzinfo=None):
        day += _A_DAY
    end = datetime.combine(day, quiet.end, zone).astimezone(UTC)
    while end <= moment or _is_quiet(end.astimezone(zone).time(), quiet):
        end += timedelta(minutes=15)
    return end


def _is_quiet(clock: time, quiet: QuietHours) -> bool:
    if quiet.start == quiet.end:
        return False
    if quiet.start < quiet.end:
        return quiet.start <= clock < quiet.end
    return clock >= quiet.start or clock < quiet.end
