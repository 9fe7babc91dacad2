"""When recurrences run next: the examples of the reference, changes of the clocks, months without the day, and laws."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.engines.schedules.recurrence import Recurrence, next_run
from cordboard.engines.workflow.windows import is_allowed

EASTERN = ZoneInfo("America/New_York")
SATURDAY, WEEKDAYS = 64, 62


def recurrence(**changes: Any) -> Recurrence:
    """Every day at ten in New York, but for changes."""
    return Recurrence(**{"time_of_day": time(10), "zone": EASTERN, **changes})


def runs(rule: Recurrence, anchor: str, number: int = 4) -> list[str]:
    """The first runs on the clocks of the rule."""
    begun = datetime.fromisoformat(anchor).replace(tzinfo=rule.zone)
    found: list[datetime] = []
    while len(found) < number and (run := next_run(rule, found[-1] if found else begun - timedelta(days=1), begun)):
        found.append(run)
    return [f"{run.astimezone(rule.zone):%Y-%m-%d %H:%M}" for run in found]


def days(rule: Recurrence, anchor: str, number: int = 4) -> list[str]:
    return [run.split()[0] for run in runs(rule, anchor, number)]


def monthly(day: int, mode: int, mask: int = 127, number: int = 1) -> Recurrence:
    return recurrence(
        period_units="months", period_number=number, day_of_month=day, failure_mode=mode, day_of_week=mask
    )


def test_the_last_day_of_the_month() -> None:
    assert days(monthly(31, -1), "2026-01-01") == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    assert days(monthly(31, -1), "2028-02-01", 1) == ["2028-02-29"]


def test_the_last_business_day_of_the_month() -> None:
    assert days(monthly(31, -1, WEEKDAYS), "2026-01-01") == ["2026-01-30", "2026-02-27", "2026-03-31", "2026-04-30"]
    assert days(monthly(31, -1, WEEKDAYS), "2026-05-01", 1) == ["2026-05-29"]


def test_the_second_saturday_of_the_month() -> None:
    second = ["2026-01-10", "2026-02-14", "2026-03-14", "2026-04-11", "2026-05-09", "2026-06-13"]

    assert days(monthly(8, 1, SATURDAY), "2026-01-01", 6) == second
    assert days(monthly(14, -1, SATURDAY), "2026-01-01", 6) == second


def test_from_the_thirteenth_back_is_the_second_saturday_but_where_the_fourteenth_is_one() -> None:
    found = days(monthly(13, -1, SATURDAY), "2026-01-01", 6)

    assert found == ["2026-01-10", "2026-02-07", "2026-03-07", "2026-04-11", "2026-05-09", "2026-06-13"]


def test_a_month_without_the_day_goes_on_to_the_next_one() -> None:
    assert days(monthly(31, 1), "2026-01-01") == ["2026-01-31", "2026-03-01", "2026-03-31", "2026-05-01"]
    assert days(monthly(29, 1), "2028-02-01", 2) == ["2028-02-29", "2028-03-29"]


def test_weekdays_of_the_example() -> None:
    rule = recurrence(day_of_week=WEEKDAYS)

    assert days(rule, "2026-01-09", 3) == ["2026-01-09", "2026-01-12", "2026-01-13"]
    back = recurrence(day_of_week=WEEKDAYS, failure_mode=-1)
    assert days(back, "2026-01-09", 3) == ["2026-01-09", "2026-01-12", "2026-01-13"]


def test_periods_are_counted_from_the_anchor_whatever_moves() -> None:
    third = recurrence(period_number=3, day_of_week=WEEKDAYS)

    assert days(third, "2026-01-01", 5) == ["2026-01-01", "2026-01-05", "2026-01-07", "2026-01-12", "2026-01-13"]


def test_weeks() -> None:
    assert days(recurrence(period_units="weeks", period_number=2), "2026-01-06", 3) == [
        "2026-01-06",
        "2026-01-20",
        "2026-02-03",
    ]
    moved = recurrence(period_units="weeks", day_of_week=SATURDAY, failure_mode=-1)
    assert days(moved, "2026-01-06", 2) == ["2026-01-10", "2026-01-17"]


def test_months_over_the_end_of_a_year_with_the_day_of_the_anchor() -> None:
    rule = recurrence(period_units="months", period_number=5)

    assert days(rule, "2026-10-15", 3) == ["2026-10-15", "2027-03-15", "2027-08-15"]


def test_a_day_whose_time_has_passed_when_counting_begins_is_left_out() -> None:
    assert days(recurrence(), "2026-01-06 10:00", 1) == ["2026-01-06"]
    assert days(recurrence(), "2026-01-06 10:01", 1) == ["2026-01-07"]
    assert days(monthly(5, 1), "2026-01-06", 1) == ["2026-02-05"]


def test_a_time_that_does_not_exist_and_one_that_comes_twice() -> None:
    early = recurrence(time_of_day=time(2, 30))
    assert runs(early, "2026-03-07", 3) == ["2026-03-07 02:30", "2026-03-08 03:00", "2026-03-09 02:30"]

    twice = recurrence(time_of_day=time(1, 30))
    begun = datetime(2026, 11, 1, tzinfo=EASTERN)
    first = next_run(twice, begun, begun)
    assert first == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert next_run(twice, first, begun) == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


def test_the_time_of_day_stays_over_the_change_of_the_clocks() -> None:
    assert runs(recurrence(), "2026-03-07", 3) == ["2026-03-07 10:00", "2026-03-08 10:00", "2026-03-09 10:00"]


def test_nothing_recurs_after_the_expiry() -> None:
    last = datetime(2026, 1, 7, 10, tzinfo=EASTERN)

    assert days(recurrence(expire=last), "2026-01-06") == ["2026-01-06", "2026-01-07"]
    assert days(recurrence(expire=last - timedelta(seconds=1)), "2026-01-06") == ["2026-01-06"]


def test_what_does_not_recur_runs_once() -> None:
    once = recurrence(recurring=False, day_of_week=SATURDAY)

    assert runs(once, "2026-01-06") == ["2026-01-10 10:00"]


def test_missed_runs_are_passed_over() -> None:
    begun = datetime(2020, 1, 1, tzinfo=UTC)

    assert next_run(recurrence(), datetime(2026, 1, 6, tzinfo=UTC), begun) == datetime(2026, 1, 6, 15, tzinfo=UTC)


@pytest.mark.parametrize("changes", [{"day_of_week": 0}, {"period_number": 0}])
def test_what_never_runs(changes: dict[str, Any]) -> None:
    assert runs(recurrence(**changes), "2026-01-06") == []


def test_the_calendar_ends() -> None:
    late = datetime(9989, 12, 31, tzinfo=UTC)

    assert next_run(recurrence(period_number=1000), late, datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert next_run(monthly(1, 1, number=1000), late, datetime(2026, 1, 1, tzinfo=UTC)) is None


RULES = st.builds(
    Recurrence,
    time_of_day=st.sampled_from((time(0), time(1, 30), time(2, 30), time(10), time(23, 59, 59))),
    zone=st.sampled_from((EASTERN, ZoneInfo("UTC"), ZoneInfo("America/Los_Angeles"), ZoneInfo("Australia/Lord_Howe"))),
    period_units=st.sampled_from(("days", "weeks", "months")),
    period_number=st.integers(1, 15),
    day_of_week=st.integers(1, 127),
    day_of_month=st.none() | st.integers(1, 31),
    failure_mode=st.sampled_from((1, -1)),
)
MOMENTS = st.integers(1_577_836_800, 2_208_988_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(RULES, MOMENTS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=400)))
@settings(max_examples=200)
def test_the_laws_of_the_next_run(rule: Recurrence, after: datetime, anchor: datetime, later: timedelta) -> None:
    run = next_run(rule, after, anchor)

    assert run is not None
    assert after < run
    assert anchor <= run
    assert is_allowed(rule.day_of_week, run.astimezone(rule.zone))
    assert next_run(rule, run - timedelta(microseconds=1), anchor) == run
    following = next_run(rule, after + later, anchor)
    assert following is not None
    assert run <= following
    assert (following == run) == (after + later < run)


@given(RULES, MOMENTS)
@settings(max_examples=60)
def test_looking_far_ahead_finds_what_going_run_by_run_finds(rule: Recurrence, anchor: datetime) -> None:
    found = [anchor - timedelta(microseconds=1)]
    for _ in range(12):
        run = next_run(rule, found[-1], anchor)
        assert run is not None
        found.append(run)

    for before, run in pairwise(found):
        middle = before + (run - before) / 2
        assert next_run(rule, middle, anchor) == run
