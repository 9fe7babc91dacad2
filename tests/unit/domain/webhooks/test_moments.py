"""Times of call events: as their JSON shows them, and as their variables do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.webhooks.moments import as_variable, shown
from cordboard.kit.clock import epoch_ms


@pytest.mark.parametrize(
    ("moment", "text", "variable"),
    [
        (datetime(2022, 11, 10, 0, 7, 43, tzinfo=UTC), "Nov 10, 2022, 12:07:43 AM", "2022-11-10T00:07:43+0000"),
        (datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC), "Jan 5, 2026, 12:00:00 PM", "2026-01-05T12:00:00+0000"),
        (datetime(2026, 1, 5, 23, 59, 59, tzinfo=UTC), "Jan 5, 2026, 11:59:59 PM", "2026-01-05T23:59:59+0000"),
        (datetime(2026, 5, 31, 1, 2, 3, tzinfo=UTC), "May 31, 2026, 1:02:03 AM", "2026-05-31T01:02:03+0000"),
    ],
)
def test_both_ways(moment: datetime, text: str, variable: str) -> None:
    assert shown(epoch_ms(moment)) == text
    assert as_variable(text) == variable


def test_no_time_and_other_texts() -> None:
    assert shown(None) is None
    for text in ("", "1668038863426", "Nov 31, 2022, 12:07:43 AM", "Foo 10, 2022, 12:07:43 AM", "Nov 10, 2022"):
        assert as_variable(text) == text


@given(st.integers(0, 4_000_000_000))
def test_the_variable_is_the_moment_that_is_shown(seconds: int) -> None:
    text = as_variable(shown(seconds * 1000) or "")

    assert datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z") == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        seconds=seconds
    )
