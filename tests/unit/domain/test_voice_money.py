"""What calls cost and what an account may spend on them; pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.voice.caps import SpendCaps
from cordboard.domain.voice.pricing import STEP_SECONDS, billed_seconds, cost_of, minutes_begun
from cordboard.kit.errors import InvalidInputError


@pytest.mark.parametrize(("seconds", "billed"), [(0, 0), (1, 6), (6, 6), (7, 12), (60, 60), (61, 66)])
def test_seconds_are_billed_in_steps(seconds: int, billed: int) -> None:
    assert billed_seconds(seconds) == billed


@given(st.integers(0, 30_000), st.integers(0, 10_000_000))
def test_what_is_billed_covers_what_was_talked_and_no_step_more(seconds: int, price: int) -> None:
    billed = billed_seconds(seconds)

    assert billed % STEP_SECONDS == 0
    assert 0 <= billed - seconds < STEP_SECONDS
    assert billed * price <= cost_of(billed, price) * 60 < billed * price + 60
    assert cost_of(billed, price) <= minutes_begun(max(billed - 1, 0)) * price


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 1), (59.9, 1), (60, 2), (119, 2), (3600, 61)])
def test_a_minute_begins_at_once(seconds: float, minutes: int) -> None:
    assert minutes_begun(seconds) == minutes


def test_an_accounts_caps_go_before_the_installations() -> None:
    caps = SpendCaps.parse("2", " +1876=5, +187=1 ,", {"": 9_000_000, "+1876": 0, "+44": 3_000_000})

    assert [caps.prefix_of(number) for number in ("+18765550100", "+18705550100", "+442079460000", "+4912345")] == [
        "+1876",
        "+187",
        "+44",
        "",
    ]
    assert caps.exceeded("", {"": 1_500_000}, 500_000) is None
    assert caps.exceeded("", {"": 1_500_000}, 500_001) == "all calls"
    assert caps.exceeded("+1876", {"+1876": 5_000_000}, 1) == "+1876"
    assert caps.exceeded("+44", {"": 2_000_000, "+44": 0}, 1) == "all calls"


def test_without_caps_anything_may_be_spent() -> None:
    caps = SpendCaps.parse("", "")

    assert caps.prefix_of("+18765550100") == ""
    assert caps.exceeded("", {"": 10**15}, 10**15) is None


@pytest.mark.parametrize(
    ("daily", "by_prefix", "field"),
    [
        ("much", "", "daily_call_spend"),
        ("", "+1876", "dialling_caps"),
        ("", "+1876=five", "dialling_caps"),
        ("", ",".join(f"+{number}=1" for number in range(1, 202)), "dialling_caps"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(daily: str, by_prefix: str, field: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        SpendCaps.parse(daily, by_prefix)

    assert [error.field for error in raised.value.errors] == [field]
