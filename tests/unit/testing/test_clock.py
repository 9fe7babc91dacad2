"""The virtual clock moves only when told to."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cordboard.kit.clock import Clock
from cordboard.testing.clock import VirtualClock


def test_stands_still_until_advanced() -> None:
    clock = VirtualClock(datetime(2026, 3, 1, tzinfo=UTC))
    port: Clock = clock
    assert port.now() == port.now() == datetime(2026, 3, 1, tzinfo=UTC)
    assert clock.advance(90.5) == datetime(2026, 3, 1, 0, 1, 30, 500_000, tzinfo=UTC)
    assert port.now() == datetime(2026, 3, 1, 0, 1, 30, 500_000, tzinfo=UTC)


def test_is_utc_whatever_it_was_given() -> None:
    clock = VirtualClock(datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=-8))))
    assert clock.now().utcoffset() == timedelta(0)
    clock.set(datetime(2025, 1, 1, tzinfo=UTC))
    assert clock.now().year == 2025


def test_refuses_naive_times_and_steps_back() -> None:
    with pytest.raises(ValueError, match="aware"):
        VirtualClock(datetime(2026, 3, 1))  # noqa: DTZ001 - the refusal is under test
    with pytest.raises(ValueError, match="only moves ahead"):
        VirtualClock().advance(-1)
