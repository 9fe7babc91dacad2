"""The token bucket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.kit.errors import TooManyRequestsError


class Watch:
    """A stopwatch that the test holds."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_second_holds_the_limit_and_no_more() -> None:
    watch = Watch()
    limiter = RateLimiter(25, watch)

    assert [limiter.take("a").admitted for _ in range(26)] == [True] * 25 + [False]
    watch.seconds += 0.04
    assert limiter.take("a").admitted
    assert not limiter.take("a").admitted
    assert limiter.take("b").admitted


def test_headers_tell_what_is_left() -> None:
    limiter = RateLimiter(25, Watch())

    assert limiter.take("a").headers() == {
        "RateLimit-Limit": "25",
        "RateLimit-Remaining": "24",
        "RateLimit-Reset": "1",
        "X-RateLimit-Limit-Second": "25",
        "X-RateLimit-Remaining-Second": "24",
    }


def test_a_refusal_says_when_to_come_back() -> None:
    limiter = RateLimiter(4, Watch())
    for _ in range(4):
        limiter.take("a").require()

    refused = limiter.take("a")

    assert refused.headers()["RateLimit-Remaining"] == "0"
    with pytest.raises(TooManyRequestsError) as caught:
        refused.require()
    assert caught.value.retry_after == pytest.approx(0.25)


def test_a_bucket_may_have_a_rate_of_its_own() -> None:
    limiter = RateLimiter(1, Watch())

    assert [limiter.take("a", 3).admitted for _ in range(4)] == [True, True, True, False]


@given(st.lists(st.floats(0, 2), min_size=1, max_size=200), st.integers(1, 30))
def test_no_window_admits_more_than_a_bucket_and_its_refill(pauses: list[float], limit: int) -> None:
    watch = Watch()
    limiter = RateLimiter(limit, watch)
    admitted = 0
    for pause in pauses:
        watch.seconds += pause
        admitted += limiter.take("a").admitted

    assert admitted <= limit + sum(pauses[1:]) * limit + 1e-6
