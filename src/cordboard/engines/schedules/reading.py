"""A recurrence and its first run from the members of a schedule as they come, with every fault named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from cordboard.engines.schedules.recurrence import PeriodUnits, Recurrence
from cordboard.engines.workflow.delays import parse_moment
from cordboard.engines.workflow.reading import Members, whole
from cordboard.engines.workflow.windows import EVERY_DAY
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.timezones import zone_info

PERIOD_UNITS: Final = ("days", "weeks", "months")
LONGEST_PERIOD: Final = 1000
_UTC: Final = ZoneInfo("UTC")
_TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}
_FIRST_OF_MS: Final = 10**11
"""Smaller numbers are seconds: as milliseconds they would all be of the years before 1974."""


def read_schedule(given: Mapping[str, Any], now: datetime) -> tuple[Recurrence, datetime | None]:
    """The recurrence of a schedule's members, and the time after `now` that `nextScheduled` names to run first. Raises
    InvalidInputError with every fault.
    """
    faults: list[FieldError] = []
    members = Members(given, "", faults)
    recurrence = _recurrence(members)
    first = _moment(members, "nextScheduled")
    if first is not None and first <= now:
        members.fault("nextScheduled", "must be in the future, or null for the next time of the recurrence")
    elif first is not None and recurrence.expire is not None and first > recurrence.expire:
        members.fault("nextScheduled", "must not be after expire: give an earlier time, or a later expire")
    if faults:
        raise InvalidInputError(faults)
    return recurrence, first


def _recurrence(members: Members) -> Recurrence:
    recurring = _recurring(members)
    return Recurrence(
        time_of_day=members.wall_time("timeOfDay"),
        zone=_zone(members),
        period_units=cast(
            "PeriodUnits", members.one_of(PERIOD_UNITS, "periodUnits", default=None if recurring else "days")
        ),
        period_number=members.integer("periodNumber", default=1, smallest=1, largest=LONGEST_PERIOD),
        day_of_week=members.integer("dayOfWeek", default=EVERY_DAY, smallest=1, largest=EVERY_DAY),
        day_of_month=members.integer("dayOfMonth", smallest=1, largest=31) if members.has("dayOfMonth") else None,
        failure_mode=-1 if _failure_mode(members) == -1 else 1,
        expire=_moment(members, "expire"),
        recurring=recurring,
    )


def _recurring(members: Members) -> bool:
    text = members.text("recurring", required=False).strip().lower()
    if text and text not in _TRUTHS:
        members.fault("recurring", "must be true or false")
    return _TRUTHS.get(text, False)


def _zone(members: Members) -> ZoneInfo:
    """The zone of an id of the platform's table."""
    number = whole(members.raw("timezoneId"))
    zone = zone_info(number) if number is not None else None
    if zone is None:
        members.fault("timezoneId", "must be the id of a time zone; Get Timezones lists them")
    return zone or _UTC


def _failure_mode(members: Members) -> int:
    mode = whole(members.raw("scheduleFailureMode")) if members.has("scheduleFailureMode") else 1
    if mode not in {1, -1}:
        members.fault("scheduleFailureMode", "must be 1, for a later day, or -1, for an earlier one")
    return mode or 1


def _moment(members: Members, name: str) -> datetime | None:
    """A time in epoch milliseconds, in epoch seconds, or in ISO 8601, which is UTC where it names no zone."""
    text = members.text(name, required=False)
    if not text:
        return None
    number = whole(text)
    is_seconds = number is not None and abs(number) < _FIRST_OF_MS
    moment = parse_moment(f"{number}000" if is_seconds else text, _UTC)
    if moment is None:
        members.fault(name, "must be a time in milliseconds since 1970, or one such as 2026-03-10T16:58:15Z")
    return moment
