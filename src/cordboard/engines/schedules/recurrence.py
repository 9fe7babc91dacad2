"""A recurrence of workflow schedules (requests 189 to 191), and when it runs next.

Periods are counted from an anchor: each gives one day. A day that its month does not have, and one that the mask does
not allow, moves a day at a time in the direction of the failure mode until it is there and allowed. Days that move to
the same day are one run.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from cordboard.engines.workflow.windows import EVERY_DAY, at_wall, is_allowed

PeriodUnits = Literal["days", "weeks", "months"]
_WEEK: Final = 7
_YEAR: Final = 12
_FURTHEST_MOVE: Final = 10
_LAST_YEAR: Final = 9990


class Recurrence(msgspec.Struct, frozen=True, kw_only=True):
    """`day_of_week` is a mask, 1 Sunday to 64 Saturday. `day_of_month` counts with months alone; None: the anchor's.
    Nothing recurs after `expire`.
    """

    time_of_day: time
    zone: ZoneInfo
    period_units: PeriodUnits = "days"
    period_number: int = 1
    day_of_week: int = EVERY_DAY
    day_of_month: int | None = None
    failure_mode: Literal[1, -1] = 1
    expire: datetime | None = None
    recurring: bool = True


def next_run(recurrence: Recurrence, after: datetime, anchor: datetime) -> datetime | None:
    """The first run after `after`, in UTC, of those that are not before `anchor`; None when there is none any more.

    What does not recur runs once, at the first of these. A time of day that the clocks skip is the moment of the jump,
    and one that comes twice is the first.
    """
    if not recurrence.day_of_week & EVERY_DAY or recurrence.period_number < 1:
        return None
    if not recurrence.recurring:
        first = _first(recurrence, anchor, anchor)
        return first if first is not None and first > after else None
    moment = _first(recurrence, max(after + timedelta(microseconds=1), anchor), anchor)
    expired = moment is None or (recurrence.expire is not None and moment > recurrence.expire)
    return None if expired else moment


def _first(recurrence: Recurrence, earliest: datetime, anchor: datetime) -> datetime | None:
    """The first run that is not before `earliest`. Runs of later periods are never before those of earlier ones."""
    begun = anchor.astimezone(recurrence.zone).date()
    sought = earliest.astimezone(recurrence.zone).date()
    for period in count(_period_before(recurrence, begun, sought)):
        day = _day(recurrence, begun, period)
        if day is None:
            return None
        moment = at_wall(datetime.combine(day, time(0)), recurrence.time_of_day, recurrence.zone)
        if moment >= earliest:
            return moment
    return None


def _period_before(recurrence: Recurrence, begun: date, sought: date) -> int:
    """A period whose day is not after the one that is sought, however far days move."""
    if recurrence.period_units == "months":
        months = (sought.year - begun.year) * _YEAR + sought.month - begun.month - 2
        return max(0, months // recurrence.period_number)
    return max(0, ((sought - begun).days - _FURTHEST_MOVE) // _days(recurrence))


def _days(recurrence: Recurrence) -> int:
    return recurrence.period_number * (_WEEK if recurrence.period_units == "weeks" else 1)


def _day(recurrence: Recurrence, begun: date, period: int) -> date | None:
    """The day of a period; None past the end of the calendar."""
    if recurrence.period_units == "months":
        day = _of_month(recurrence, begun, period)
    else:
        days = period * _days(recurrence)
        day = begun + timedelta(days=days) if days < (date(_LAST_YEAR, 1, 1) - begun).days else None
    while day is not None and not is_allowed(recurrence.day_of_week, datetime.combine(day, time(0))):
        day += timedelta(days=recurrence.failure_mode)
    return day


def _of_month(recurrence: Recurrence, begun: date, period: int) -> date | None:
    months = begun.year * _YEAR + begun.month - 1 + period * recurrence.period_number
    year, month = months // _YEAR, months % _YEAR + 1
    if year >= _LAST_YEAR:
        return None
    wanted, last = recurrence.day_of_month or begun.day, monthrange(year, month)[1]
    if wanted <= last:
        return date(year, month, wanted)
    return date(year, month, last) + timedelta(days=1 if recurrence.failure_mode == 1 else 0)
