"""When faults strike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.sandbox.faults import is_away, strikes
from cordboard.domain.sandbox.models import Faults

SINCE = datetime(2026, 1, 5, 12, tzinfo=UTC)


@given(st.uuids(), st.integers(1, 100), st.integers(0, 100))
def test_a_fault_strikes_the_same_tries_every_time_and_more_of_them_the_larger_it_is(
    message_id: UUID, attempt: int, percent: int
) -> None:
    struck = strikes(percent, "drop", message_id, attempt)

    assert struck == strikes(percent, "drop", message_id, attempt)
    assert not struck or strikes(min(100, percent + 1), "drop", message_id, attempt)
    assert not strikes(0, "drop", message_id, attempt)
    assert strikes(100, "drop", message_id, attempt)


def test_a_fault_strikes_its_share() -> None:
    struck = sum(strikes(30, "throttle", UUID(int=index), 1) for index in range(10_000))

    assert 2_700 < struck < 3_300


def test_other_tries_and_other_faults_are_drawn_anew() -> None:
    tries = [(purpose, attempt) for purpose in ("drop", "throttle") for attempt in range(1, 30)]

    assert {strikes(50, purpose, UUID(int=1), attempt) for purpose, attempt in tries} == {True, False}


def test_the_carrier_is_away_for_a_second_after_each_period() -> None:
    away = [
        seconds
        for seconds in range(35)
        if is_away(Faults(disconnect_every_seconds=10), SINCE, SINCE + timedelta(seconds=seconds))
    ]

    assert away == [10, 20, 30]
    assert not is_away(Faults(disconnect_every_seconds=10), SINCE, SINCE + timedelta(seconds=11))
    assert is_away(Faults(disconnect_every_seconds=10), SINCE, SINCE + timedelta(seconds=10.9))


@given(st.integers(0, 10**6))
def test_without_a_period_it_is_never_away(seconds: int) -> None:
    assert not is_away(Faults(), SINCE, SINCE + timedelta(seconds=seconds))
