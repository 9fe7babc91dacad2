"""Fields of requests for statistics, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from cordboard.domain.reporting.models import RETENTION
from cordboard.kit.clock import from_epoch_ms
from cordboard.kit.errors import FieldError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.money import to_micros
from cordboard.kit.phone import parse_sender

MOST_ROWS: Final = 10_000
_MOST_LISTED: Final = 1000
_LONGEST: Final = 2**31 - 1
_LATEST_MS: Final = 32_503_680_000_000  # the year 3000
_AMOUNT: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)
T = TypeVar("T")


def time_range(
    start_ms: int | None, end_ms: int | None, present: datetime, usual: timedelta, errors: list[FieldError]
) -> tuple[datetime, datetime]:
    """Start and end as given; where they are not, the end is the present and the start `usual` before it. What is wrong
    with them is added to `errors`.
    """
    for field, given in (("startTimeMs", start_ms), ("endTimeMs", end_ms)):
        if given is not None and not 0 <= given <= _LATEST_MS:
            errors.append(FieldError(field, "must be milliseconds since 1970, such as 1767225600000"))
            return present - usual, present
    end = present if end_ms is None else from_epoch_ms(end_ms)
    start = max(end - usual, from_epoch_ms(0)) if start_ms is None else from_epoch_ms(start_ms)
    if start >= end:
        if end_ms is None:
            errors.append(FieldError("startTimeMs", "must be before the present, or give endTimeMs"))
        else:
            errors.append(FieldError("endTimeMs", "must be after startTimeMs"))
    elif end - start > RETENTION:
        errors.append(FieldError("startTimeMs", f"must be at most {RETENTION.days} days before endTimeMs"))
    return start, end


def floor(moment: datetime, step: timedelta) -> datetime:
    """The beginning of the step that `moment` is in; steps of weeks begin on Monday."""
    return moment - (moment - _MONDAY) % step


def ceiling(moment: datetime, step: timedelta) -> datetime:
    """`moment` where a step begins there, else the end of the step that it is in."""
    beginning = floor(moment, step)
    return beginning if beginning == moment else beginning + step


def check_rows(size: int, offset: int, errors: list[FieldError]) -> None:
    """How many rows are asked for, from where."""
    if not 1 <= size <= MOST_ROWS:
        errors.append(FieldError("size", f"must be from 1 to {MOST_ROWS}"))
    if not 0 <= offset <= _LONGEST:
        errors.append(FieldError("offset", f"must be from 0 to {_LONGEST}"))


def _listed(given: str, field: str, errors: list[FieldError]) -> list[str]:
    words = [word.strip() for word in given.split(",")]
    if len(words) > _MOST_LISTED:
        errors.append(FieldError(field, f"must be at most {_MOST_LISTED}"))
        return []
    return words


def numbers(given: str, field: str, errors: list[FieldError]) -> list[str]:
    """Telephone numbers and short codes, with commas between."""
    return _parsed(
        [(word, parse_sender(word)) for word in _listed(given, field, errors)], field, "+19495551234", errors
    )


def users(given: str, field: str, errors: list[FieldError]) -> list[UUID]:
    """Users' ids, with commas between."""
    return _parsed([(word, parse_uuid(word)) for word in _listed(given, field, errors)], field, "a UUID", errors)


def amounts(given: Mapping[str, str | None], errors: list[FieldError]) -> tuple[int | None, int | None]:
    """The lower and the upper of two amounts of money, by their fields, in micro-units."""
    found: list[int | None] = []
    for field, text in given.items():
        if text is not None and not _AMOUNT.fullmatch(text):
            errors.append(FieldError(field, "must be an amount such as 12.50"))
            return None, None
        found.append(None if text is None else to_micros(text))
    low, high = found
    _check_order(list(given), low, high, errors)
    return low, high


def check_seconds(given: Mapping[str, int | None], errors: list[FieldError]) -> None:
    """The lower and the upper of two durations, by their fields."""
    for field, value in given.items():
        if value is not None and not 0 <= value <= _LONGEST:
            errors.append(FieldError(field, f"must be from 0 to {_LONGEST} seconds"))
            return
    low, high = given.values()
    _check_order(list(given), low, high, errors)


def _check_order(fields: Sequence[str], low: int | None, high: int | None, errors: list[FieldError]) -> None:
    if low is not None and high is not None and low > high:
        errors.append(FieldError(fields[1], f"must not be less than {fields[0]}"))


def _parsed(words: Sequence[tuple[str, T | None]], field: str, wanted: str, errors: list[FieldError]) -> list[T]:
    """What words were read as; the first of them that cannot be is an error."""
    wrong = next((word for word, value in words if value is None), None)
    if wrong is not None:
        errors.append(FieldError(field, f"has {wrong[:40]!r}; separate values such as {wanted} by commas"))
    return [value for _, value in words if value is not None]
