"""The rate of a link."""

from __future__ import annotations

import pytest

from cordboard.edge.carriers.throttle import Throttle


def submits(throttle: Throttle, start: float, seconds: float) -> int:
    """How many go in so many seconds of asking every 10 ms."""
    count = 0
    for tick in range(round(seconds * 100)):
        allowed = throttle.allowed(start + tick / 100)
        throttle.spend(allowed)
        count += allowed
    return count


@pytest.mark.parametrize("rate", [0.5, 1, 20, 100, 1000])
def test_the_agreed_rate_is_kept_and_used(rate: float) -> None:
    assert submits(Throttle(rate), 100.0, 10.0) == pytest.approx(rate * 10, abs=max(2, rate * 0.15))


def test_a_complaint_slows_it_at_most_once_a_second_and_it_recovers() -> None:
    throttle = Throttle(100)
    throttle.allowed(0.0)
    for _ in range(5):
        throttle.throttled(0.5)
    assert throttle.rate == pytest.approx(70)
    throttle.throttled(1.6)
    assert throttle.rate == pytest.approx(49, rel=0.1)
    for second in range(3, 30):
        throttle.allowed(float(second))
    assert throttle.rate == pytest.approx(100)


def test_parts_beyond_the_level_are_paid_for_later() -> None:
    throttle = Throttle(10)
    throttle.allowed(0.0)
    throttle.spend(21)

    assert throttle.allowed(1.0) == 0
    assert throttle.wait(1.0) == pytest.approx(1.1)
    assert throttle.allowed(2.2) == 1
