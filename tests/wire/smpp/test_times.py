"""Times in the format of 7.1.1."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.wire.smpp import InvalidFieldError, absolute_time, relative_time


@pytest.mark.parametrize(
    ("delay", "written"),
    [
        (timedelta(0), "000000000000000R"),
        (timedelta(seconds=59.9), "000000000059000R"),
        (timedelta(hours=26, minutes=3, seconds=4), "000001020304000R"),
        (timedelta(days=3), "000003000000000R"),
        (timedelta(days=31), "000031000000000R"),
    ],
)
def test_relative(delay: timedelta, written: str) -> None:
    assert relative_time(delay) == written


@pytest.mark.parametrize("delay", [timedelta(seconds=-1), timedelta(days=31, seconds=1)])
def test_relative_outside_of_the_range(delay: timedelta) -> None:
    with pytest.raises(InvalidFieldError, match="not between 0 and 31 days"):
        relative_time(delay)


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC), "260102030405600+"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5, minutes=30))), "260101213405000+"),
        (datetime(2000, 1, 1, tzinfo=UTC), "000101000000000+"),
        (datetime(2099, 12, 31, 23, 59, 59, 999_999, UTC), "991231235959900+"),
    ],
)
def test_absolute(moment: datetime, written: str) -> None:
    assert absolute_time(moment) == written


@pytest.mark.parametrize(
    ("moment", "problem"),
    [
        (datetime(2026, 1, 2), "no time zone"),  # noqa: DTZ001 - the case is about naive times
        (datetime(1999, 12, 31, tzinfo=UTC), "outside of the years"),
        (datetime(2100, 1, 1, tzinfo=UTC), "outside of the years"),
        (datetime(2000, 1, 1, tzinfo=timezone(timedelta(hours=1))), "outside of the years"),
    ],
)
def test_absolute_that_cannot_be_written(moment: datetime, problem: str) -> None:
    with pytest.raises(InvalidFieldError, match=problem):
        absolute_time(moment)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=31)))
def test_relative_keeps_whole_seconds(delay: timedelta) -> None:
    written = relative_time(delay)
    days, hours, minutes, seconds = (int(written[at : at + 2]) for at in (4, 6, 8, 10))
    assert len(written) == 16
    assert timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds) == timedelta(
        seconds=delay // timedelta(seconds=1)
    )
