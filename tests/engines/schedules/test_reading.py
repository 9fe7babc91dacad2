"""Recurrences from the members of schedules: loose forms, and every fault with its member and the fix."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.engines.schedules.reading import read_schedule
from cordboard.engines.schedules.recurrence import Recurrence
from cordboard.kit.errors import FieldError, InvalidInputError

EXAMPLE: dict[str, Any] = {
    "nextScheduled": None,
    "status": 1,
    "timezoneId": -32,
    "recurring": True,
    "periodNumber": 1,
    "periodUnits": "DAYS",
    "scheduleFailureMode": 1,
    "dayOfWeek": 62,
    "timeOfDay": "10:00",
    "expire": 1614388048,
}
NO_MOMENT = "must be a time in milliseconds since 1970, or one such as 2026-03-10T16:58:15Z"
NOW = datetime(2021, 2, 1, tzinfo=UTC)


def recurrence_of(given_: dict[str, Any]) -> Recurrence:
    """The recurrence alone."""
    return read_schedule(given_, NOW)[0]


def test_the_example_of_the_reference() -> None:
    read = recurrence_of(EXAMPLE)

    assert (read.time_of_day, read.zone.key) == (time(10), "America/Los_Angeles")
    assert (read.period_units, read.period_number, read.day_of_week, read.failure_mode) == ("days", 1, 62, 1)
    assert (read.expire, read.recurring) == (datetime(2021, 2, 27, 1, 7, 28, tzinfo=UTC), True)


def test_numbers_and_truths_as_texts() -> None:
    loose = {name: None if value is None else str(value) for name, value in EXAMPLE.items()}

    assert recurrence_of(loose) == recurrence_of(EXAMPLE)


def test_what_is_left_out() -> None:
    once = recurrence_of({"timeOfDay": "8:00 am", "timezoneId": 0})

    assert once == Recurrence(time_of_day=time(8), zone=once.zone, recurring=False)


@pytest.mark.parametrize(
    "expire", [1614388048, 1614388048000, "1614388048000", "2021-02-27T01:07:28Z", "2021-02-27T01:07:28"]
)
def test_the_expiry_in_its_forms(expire: Any) -> None:
    assert recurrence_of({**EXAMPLE, "expire": expire}).expire == datetime(2021, 2, 27, 1, 7, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"timeOfDay": None}, "timeOfDay is required"),
        ({"timeOfDay": "25:00"}, "timeOfDay must be a time of day such as 8:00 am or 17:30"),
        ({"timezoneId": None}, "timezoneId must be the id of a time zone; Get Timezones lists them"),
        ({"timezoneId": -128}, "timezoneId must be the id of a time zone; Get Timezones lists them"),
        ({"periodUnits": None}, "periodUnits is required"),
        ({"periodUnits": "years"}, "periodUnits must be one of days, weeks, months"),
        ({"periodNumber": 0}, "periodNumber must be a whole number from 1 to 1000"),
        ({"dayOfWeek": 128}, "dayOfWeek must be a whole number from 1 to 127"),
        ({"dayOfMonth": 32}, "dayOfMonth must be a whole number from 1 to 31"),
        ({"scheduleFailureMode": 0}, "scheduleFailureMode must be 1, for a later day, or -1, for an earlier one"),
        ({"recurring": "maybe"}, "recurring must be true or false"),
        ({"expire": -99_999_999_999}, f"expire {NO_MOMENT}"),
        ({"expire": "soon"}, f"expire {NO_MOMENT}"),
    ],
)
def test_a_fault_names_its_member_and_the_fix(changes: dict[str, Any], wanted: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        recurrence_of({**EXAMPLE, **changes})

    assert [f"{fault.field} {fault.problem}" for fault in caught.value.errors] == [wanted]


@pytest.mark.parametrize("given_", [1614384000, "1614384000", 1614384000000, "2021-02-27T00:00:00Z"])
def test_the_first_run_in_its_forms(given_: Any) -> None:
    assert read_schedule({**EXAMPLE, "nextScheduled": given_}, NOW)[1] == datetime(2021, 2, 27, tzinfo=UTC)


def test_no_first_run_is_asked_for() -> None:
    assert read_schedule(EXAMPLE, NOW)[1] is None


@pytest.mark.parametrize(
    ("first", "wanted"),
    [
        (1612137600, "must be in the future, or null for the next time of the recurrence"),
        (1614388049, "must not be after expire: give an earlier time, or a later expire"),
        ("soon", NO_MOMENT),
        ([1], "must be a text"),
    ],
)
def test_a_first_run_that_cannot_be_says_why(first: Any, wanted: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_schedule({**EXAMPLE, "nextScheduled": first}, NOW)

    assert caught.value.errors == (FieldError("nextScheduled", wanted),)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidInputError) as caught:
        recurrence_of({"recurring": True, "nextScheduled": 1})

    assert [fault.field for fault in caught.value.errors] == [
        "timeOfDay",
        "timezoneId",
        "periodUnits",
        "nextScheduled",
    ]


def recurrence_or_faults(given_: dict[str, Any]) -> Recurrence | InvalidInputError:
    """What reading members comes to."""
    try:
        return recurrence_of(given_)
    except InvalidInputError as error:
        return error


@given(
    st.dictionaries(
        st.sampled_from((*EXAMPLE, "dayOfMonth")),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just([1]) | st.just({}),
    )
)
@settings(max_examples=100)
def test_any_members_give_a_recurrence_or_name_the_faults(changes: dict[str, Any]) -> None:
    outcome = recurrence_or_faults({**EXAMPLE, **changes})

    if isinstance(outcome, InvalidInputError):
        assert {fault.field for fault in outcome.errors} <= changes.keys()
