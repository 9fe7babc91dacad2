"""Amounts as whole micro-units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.kit.money import from_micros, to_micros


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_what_is_written_is_read_again(micros: int) -> None:
    assert to_micros(from_micros(micros)) == to_micros(f"{from_micros(micros):f}") == micros


@pytest.mark.parametrize(
    "text", ["", "x", "nan", "inf", "0.0000001", "1e-7", "1e30", "1e999999999", "1e-999999999", "-1e999999999"]
)
def test_what_is_no_amount_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an amount|decimals|too large"):
        to_micros(text)


def test_nothing_is_nothing_however_it_is_written() -> None:
    assert [to_micros(text) for text in ("0", "-0.000", "0e-999999999", "0e9")] == [0, 0, 0, 0]
