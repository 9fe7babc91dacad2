"""Which destination of a route tag takes a call or a text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.routing.choosing import choose, eligible, variables_of
from cordboard.domain.routing.models import RouteDestination, RouteKind, RuleSet
from cordboard.engines.rules.statements import parse_statements

ACCOUNT, RULES = UUID(int=1), UUID(int=2)
MONDAY = datetime(2026, 1, 5, 7, 30, tzinfo=UTC)  # still Sunday evening in California
CALIFORNIA, NOWHERE = -32, -128


def destination(dest: str, **members: Any) -> RouteDestination:
    """A destination that takes texts."""
    return RouteDestination(
        **{
            "account_id": ACCOUNT,
            "route_tag": "buffalo",
            "src_type": "sms",
            "dest": dest,
            "dest_type": "inbox",
            "created_at": MONDAY,
            **members,
        }
    )


def rules(*statements: dict[str, Any]) -> dict[UUID, RuleSet]:
    """The rule set RULES."""
    parsed = parse_statements(statements)
    return {RULES: RuleSet(account_id=ACCOUNT, id=RULES, name="r", statements=parsed, created_at=MONDAY)}


def names(found: list[RouteDestination]) -> list[str]:
    return [one.dest for one in found]


def never(_count: int) -> int:
    raise AssertionError("nothing is drawn here")


def test_the_lowest_priority_comes_first() -> None:
    given_order = [destination("c", priority=3), destination("a", priority=1), destination("b", priority=2)]

    assert names(eligible(given_order, "sms", {}, {})) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("sms", {"status": 0}),
        ("sms", {"src_type": "call"}),
        ("sms", {"dest_type": "call-relay"}),
        ("sms", {"dest_type": "ivr"}),
        ("call", {"src_type": "call"}),
        ("call", {"src_type": "call", "dest_type": "sms"}),
        ("sms", {"rule_set_id": UUID(int=9)}),
    ],
)
def test_what_is_off_or_cannot_take_it_is_passed_over(kind: RouteKind, members: dict[str, Any]) -> None:
    assert eligible([destination("x", **members)], kind, {}, {}) == []


def test_a_destination_whose_rules_fail_is_passed_over() -> None:
    held = rules({"variable": "animal", "operation": "equals", "value": "cat"})
    both = [destination("ruled", rule_set_id=RULES), destination("free")]

    assert names(eligible(both, "sms", held, {"animal": "Cat"})) == ["ruled", "free"]
    assert names(eligible(both, "sms", held, {"animal": "dog"})) == ["free"]


def test_the_time_is_the_numbers() -> None:
    there = variables_of({}, contact={}, asked={}, timezone=CALIFORNIA, now=MONDAY)
    nowhere = variables_of({}, contact={}, asked={}, timezone=NOWHERE, now=MONDAY)

    assert there == {"time.dayofweek": "sunday", "time.hhmm": "2330"}
    assert nowhere == {"time.dayofweek": "monday", "time.hhmm": "0730"}


def test_what_is_certain_goes_before_what_others_say() -> None:
    values = variables_of(
        {"from": "+1"},
        contact={"from": "contact", "Vip": "contact", "animal": "cat"},
        asked={"from": "asked", "Vip": "asked", "time.hhmm": "9999"},
        timezone=NOWHERE,
        now=MONDAY,
    )

    assert values["from"] == "+1"
    assert values["vip"] == "asked"
    assert values["animal"] == "cat"
    assert values["time.hhmm"] == "0730"


@pytest.mark.parametrize(
    ("distribution", "turn", "expected"),
    [(1, 0, "a"), (1, 1, "a"), (2, 0, "a"), (2, 1, "b"), (2, 2, "c"), (2, 3, "a"), (3, 0, "c"), (4, 0, "abc")],
)
def test_each_distribution_takes_what_it_says(distribution: int, turn: int, expected: str) -> None:
    three = [destination("a"), destination("b"), destination("c")]
    chosen = choose(distribution, three, turn=turn, chance=(lambda count: count - 1) if distribution == 3 else never)

    assert "".join(one.dest for one in chosen) == expected


@given(st.integers(1, 4), st.integers(0, 5), st.integers(0, 10**12), st.randoms(use_true_random=False))
def test_some_destination_is_taken_if_there_is_one(distribution: int, count: int, turn: int, chance: Any) -> None:
    candidates = [destination(str(index)) for index in range(count)]
    chosen = choose(distribution, candidates, turn=turn, chance=chance.randrange)

    assert all(one in candidates for one in chosen)
    assert len(chosen) == (count if distribution == 4 else min(count, 1))
