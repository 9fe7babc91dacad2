"""Ranges of days in queries: `YYYY-MM-DD` or `YYYYMMDD`, UTC, both ends inclusive."""

from __future__ import annotations

from datetime import MAXYEAR, UTC, date, datetime, timedelta

from cordboard.kit.errors import FieldError


def day_range(
    start: str | None, end: str | None, now: datetime, errors: list[FieldError], *, days_back: int = 0
) -> tuple[datetime, datetime]:
    """The beginning of `startDate` (else of the day `days_back` before today) and the end of `endDate` (else of today,
    or of a start beyond it). What is wrong with them is added to `errors`.
    """
    first = _day(start, "startDate", now - timedelta(days=days_back), errors)
    last = _day(end, "endDate", max(first, now), errors)
    if not errors and last < first:
        errors.append(FieldError("endDate", "must not be before startDate"))
    return first, last + timedelta(days=1)


def day_span(
    start: str | None, end: str | None, now: datetime, errors: list[FieldError], *, usual: int
) -> tuple[date, date]:
    """`startDate` and `endDate`. One that is not given is `usual` days from the other; without both, the end is today.
    What is wrong with them is added to `errors`.
    """
    last = _day(end, "endDate", _moved(_day(start, "startDate", now, []), usual) if start else now, errors)
    first = _day(start, "startDate", _moved(last, -usual), errors)
    if not errors and last < first:
        errors.append(FieldError("endDate", "must not be before startDate"))
    return first.date(), last.date()


def parse_day(given: str) -> datetime:
    """The beginning of a day, UTC. Raises ValueError."""
    return datetime.strptime(given.replace("-", ""), "%Y%m%d").replace(tzinfo=UTC)


def _moved(day: datetime, days: int) -> datetime:
    """Some days later or earlier; at the ends of time the day itself."""
    try:
        moved = day + timedelta(days=days)
    except OverflowError:
        return day
    return day if moved.year == MAXYEAR else moved


def _day(given: str | None, field: str, otherwise: datetime, errors: list[FieldError]) -> datetime:
    day = otherwise
    if given:
        try:
            day = parse_day(given)
        except ValueError:
            errors.append(FieldError(field, "must be a date such as 2026-01-31"))
    if day.year == MAXYEAR:  # the end of its last day is no time any more
        errors.append(FieldError(field, "must be before the year 9999"))
        day = otherwise
    return day.replace(hour=0, minute=0, second=0, microsecond=0)
