"""Rate cards: the nearest line wins, value by value; sums are exact and never fall short."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.billing.models import Quote, Rate, Service, Terms, Usage
from cordboard.domain.billing.rates import RateCards
from cordboard.domain.voice.pricing import billed_seconds, cost_of, minutes_begun, minutes_billed

MINE, THEIRS = UUID(int=1), UUID(int=2)
DEFAULTS = {"sms_out": 7, "call_out": 9}
_values = st.none() | st.integers(0, 9)
_rates = st.builds(
    Rate,
    account_id=st.sampled_from([MINE, THEIRS, None]),
    service=st.sampled_from(["sms_out", "call_out", "*"]),
    number_type=st.sampled_from(["", "local", "toll_free"]),
    prefix=st.sampled_from(["", "+", "+1", "+1949", "+1714", "+44"]),
    price=_values,
    surcharge=_values,
    surcharge_percent=_values,
    tax_percent=_values,
)


def usage(number: str = "+19495550100", own: str = "+17145550100", service: Service = "sms_out") -> Usage:
    return Usage(account_id=MINE, service=service, number=number, own=own)


ALL, LOCAL = Rate(service="sms_out", price=1), Rate(service="sms_out", number_type="local", price=4)
NEAR, FAR = Rate(service="sms_out", prefix="+1949", price=2), Rate(service="sms_out", prefix="+1714", price=2)
OWN, NOT_OWN = Rate(account_id=MINE, service="sms_out", price=3), Rate(account_id=THEIRS, service="sms_out", price=3)
EVERY, NONE = Rate(service="*", surcharge=5, tax_percent=8), Rate(service="sms_out", surcharge=0)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], Terms(7)),
        ([Rate(service="call_out", price=1)], Terms(7)),
        ([ALL, NEAR], Terms(2)),
        ([ALL, FAR], Terms(1)),
        ([NEAR, OWN], Terms(3)),
        ([NOT_OWN], Terms(7)),
        ([NEAR, LOCAL], Terms(4)),
        ([Rate(service="sms_out", number_type="toll_free", price=4)], Terms(7)),
        ([EVERY, NONE], Terms(7, 0, 0, 8)),
        (
            [Rate(account_id=MINE, service="*", tax_percent=1), Rate(service="sms_out", tax_percent=2)],
            Terms(7, 0, 0, 1),
        ),
    ],
)
def test_the_nearest_line_wins(lines: list[Rate], expected: Terms) -> None:
    assert RateCards(lines, DEFAULTS).terms(usage()) == expected


@given(st.lists(_rates, max_size=8), st.sampled_from(["+19495550100", "+17145550100", "+4420", "12345", ""]))
def test_each_value_is_that_of_the_nearest_line_that_says_it(lines: list[Rate], number: str) -> None:
    placed = {(r.account_id, r.service, r.number_type, r.prefix): r for r in lines}
    fitting = [
        rate
        for rate in placed.values()
        if rate.account_id in (MINE, None)
        and rate.service in ("sms_out", "*")
        and rate.number_type in ("", "local")
        and number.startswith(rate.prefix)
    ]
    fitting.sort(key=lambda r: (r.account_id is None, r.service == "*", r.number_type == "", -len(r.prefix)))

    terms = RateCards(lines, DEFAULTS).terms(usage(number))

    for name, usual in (("price", 7), ("surcharge", 0), ("surcharge_percent", 0), ("tax_percent", 0)):
        said = [value for rate in fitting if (value := getattr(rate, name)) is not None]
        assert getattr(terms, name) == (said[0] if said else usual)


_percents = st.integers(0, 300_000_000)


@given(st.integers(0, 10**6), st.integers(0, 10**6), _percents, _percents, st.integers(0, 1000))
def test_what_is_added_is_exact_and_rounded_up(price: int, surcharge: int, percent: int, tax: int, units: int) -> None:
    quote = Terms(price, surcharge, percent, tax).quote(units)

    assert quote.cost == price * units
    assert quote.surcharge == surcharge * units + ceil(Fraction(quote.cost * percent, 10**8))
    assert quote.tax == ceil(Fraction((quote.cost + quote.surcharge) * tax, 10**8))


@given(st.integers(0, 20_000), st.integers(0, 10**6), st.integers(0, 10**5), _percents, _percents)
def test_the_minutes_that_a_call_reserved_cover_what_it_comes_to(
    seconds: int, price: int, surcharge: int, percent: int, tax: int
) -> None:
    terms = Terms(price, surcharge, percent, tax)
    billed = billed_seconds(seconds)

    over = terms.quote(minutes_billed(billed), cost_of(billed, price))

    assert over.total <= minutes_begun(max(billed - 1, 0)) * terms.quote(1).total


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 99), st.integers(0, 300))
def test_no_more_is_added_than_was_held(cost: int, surcharge: int, tax: int, more: int) -> None:
    held = cost + more

    kept = Quote(1, cost, surcharge, tax).at_most(held)

    assert kept.cost == cost
    assert kept.total == min(held, cost + surcharge + tax)
    assert 0 <= kept.surcharge <= surcharge
    assert 0 <= kept.tax <= tax
