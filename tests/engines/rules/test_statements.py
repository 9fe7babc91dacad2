"""Statements: what each operation means, what is refused and how, and the laws that hold for all."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.engines.rules.statements import (
    MOST_STATEMENTS,
    OPERATIONS,
    Operation,
    Statement,
    all_hold,
    holds,
    parse_statements,
)
from cordboard.kit.errors import InvalidInputError

VALUES = {"firstname": "Anna Roy", "price": "7000.50", "reply": "Yes", "empty": "", "to": "+19495551234"}
TEXTS = st.text(max_size=20)
NUMBERS = st.integers(-(10**9), 10**9)


def one(operation: str, value: Any = None, variable: str = "firstname", **more: Any) -> Statement:
    """A parsed statement."""
    (statement,) = parse_statements([{"variable": variable, "operation": operation, "value": value, **more}])
    return statement


HOLD: list[tuple[str, str, Any]] = [
    ("equals", "reply", "yes"),
    ("equal", "reply", "YES"),
    ("equals", "empty", ""),
    ("equals", "nowhere", ""),
    ("equals", "", ""),
    ("equals_one_of", "reply", "no, yes ,maybe"),
    ("equals_one_of", "reply", ["no", "yes"]),
    ("contains", "firstname", "a r"),
    ("contains_one_of", "firstname", "bob,roy"),
    ("begins_with", "to", "+1949"),
    ("ends_with", "to", "1234"),
    ("less_than", "price", 7001),
    ("less_than", "price", "7000.51"),
    ("greater_than", "price", "7000"),
    ("exists", "reply", None),
]
FAIL: list[tuple[str, str, Any]] = [
    ("equals", "reply", "ye"),
    ("equals", "nowhere", "x"),
    ("equals_one_of", "reply", "y,es"),
    ("equals_one_of", "reply", ["no,yes"]),
    ("contains", "nowhere", "x"),
    ("contains_one_of", "firstname", "bob,eve"),
    ("begins_with", "to", "1949"),
    ("ends_with", "to", "123"),
    ("less_than", "price", 7000),
    ("less_than", "price", "7000.50"),
    ("less_than", "reply", 5),
    ("greater_than", "nowhere", 0),
    ("greater_than", "price", "7000.50"),
    ("exists", "empty", None),
    ("exists", "nowhere", None),
]


@pytest.mark.parametrize(("operation", "variable", "value"), HOLD)
def test_it_holds_and_its_negation_does_not(operation: str, variable: str, value: Any) -> None:
    assert holds(one(operation, value, variable), VALUES)
    assert not holds(one(operation, value, variable, negated=True), VALUES)


@pytest.mark.parametrize(("operation", "variable", "value"), FAIL)
def test_it_does_not_hold_and_its_negation_does(operation: str, variable: str, value: Any) -> None:
    assert not holds(one(operation, value, variable), VALUES)
    assert holds(one(operation, value, variable, negated="true"), VALUES)


def test_every_operation_is_shown_to_hold_and_to_fail() -> None:
    for shown in (HOLD, FAIL):
        assert {one(operation, value, variable).operation for operation, variable, value in shown} == set(OPERATIONS)


@pytest.mark.parametrize("spelled", ["begins with", "BEGINS_WITH", "Begins With", " begins  with "])
def test_operations_are_read_in_any_spelling(spelled: str) -> None:
    assert one(spelled, "+1", "TO ") == Statement(variable="to", operation="begins_with", value="+1")


def test_all_statements_have_to_hold() -> None:
    true, false = one("exists"), one("exists", variable="nowhere")

    assert all_hold([], VALUES)
    assert all_hold([true, true], VALUES)
    assert not all_hold([true, false], VALUES)


def test_every_bad_statement_is_named_with_the_fix() -> None:
    bad = [
        {"variable": "a", "operation": "is", "value": "1"},
        {"variable": "a", "operation": "exists"},
        {"variable": "", "operation": "equals", "value": "x"},
        {"variable": 5, "operation": "exists"},
        {"variable": "a", "operation": "equals"},
        {"variable": "a", "operation": "contains", "value": ""},
        {"variable": "a", "operation": "greater_than", "value": "09:30"},
        {"variable": "a", "operation": "less_than", "value": "NaN"},
        {"variable": "a", "operation": "equals_one_of", "value": " , "},
        {"variable": "a", "operation": "equals", "value": {"b": 1}},
        {"variable": "a", "operation": "exists", "negated": "perhaps"},
        "exists",
    ]

    with pytest.raises(InvalidInputError) as caught:
        parse_statements(bad, "rules")

    named = {error.field: error.problem for error in caught.value.errors}
    assert list(named) == [
        "rules[0].operation",
        "rules[2].variable",
        "rules[3].variable",
        "rules[4].value",
        "rules[5].value",
        "rules[6].value",
        "rules[7].value",
        "rules[8].value",
        "rules[9].value",
        "rules[10].negated",
        "rules[11]",
    ]
    assert all(operation in named["rules[0].operation"] for operation in OPERATIONS)
    assert "0930" in named["rules[6].value"]


@pytest.mark.parametrize(
    ("statements", "field"),
    [
        ([{"variable": "a", "operation": "exists"}] * (MOST_STATEMENTS + 1), "statements"),
        ([{"variable": "a" * 256, "operation": "exists"}], "statements[0].variable"),
        ([{"variable": "a", "operation": "equals", "value": "x" * 4097}], "statements[0].value"),
        ([{"variable": "a", "operation": "equals_one_of", "value": ["x"] * 1001}], "statements[0].value"),
    ],
)
def test_everything_has_a_limit(statements: list[Any], field: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(field)):
        parse_statements(statements)


@given(st.sampled_from(OPERATIONS), TEXTS, TEXTS | NUMBERS, st.booleans())
def test_what_is_parsed_is_read_back_from_what_is_stored(
    operation: Operation, variable: str, value: str | int, negated: bool
) -> None:
    try:
        parsed = parse_statements([{"variable": variable, "operation": operation, "value": value, "negated": negated}])
    except InvalidInputError:
        return

    assert parse_statements(msgspec.json.decode(msgspec.json.encode(parsed))) == parsed


@given(st.sampled_from(OPERATIONS), TEXTS, st.dictionaries(TEXTS, TEXTS))
def test_a_negated_statement_says_the_opposite(operation: Operation, value: str, values: dict[str, str]) -> None:
    plain = Statement(variable="a", operation=operation, value=value)
    negated = msgspec.structs.replace(plain, negated=True)

    assert holds(plain, values) is not holds(negated, values)


@given(TEXTS.filter(lambda text: text.strip() and "," not in text), TEXTS)
def test_one_of_holds_where_one_of_its_choices_does(choice: str, other: str) -> None:
    values = {"a": choice.strip()}

    assert holds(Statement(variable="a", operation="equals_one_of", value=(other, choice.strip())), values)
    assert holds(Statement(variable="a", operation="contains_one_of", value=(other, choice.strip())), values)


@given(NUMBERS, NUMBERS)
def test_numbers_are_ordered(low: int, high: int) -> None:
    less = Statement(variable="a", operation="less_than", value=str(high))
    greater = Statement(variable="a", operation="greater_than", value=str(high))

    assert holds(less, {"a": str(low)}) is (low < high)
    assert holds(greater, {"a": str(low)}) is (low > high)


@given(
    st.lists(
        st.recursive(st.none() | st.booleans() | NUMBERS | TEXTS, lambda x: st.lists(x) | st.dictionaries(TEXTS, x)),
        max_size=5,
    )
)
def test_whatever_is_given_is_parsed_or_refused(given_values: list[Any]) -> None:
    try:
        parsed = parse_statements(given_values)
    except InvalidInputError:
        return
    all_hold(parsed, VALUES)
