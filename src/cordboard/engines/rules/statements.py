"""Statements: `{"variable", "operation", "value", "negated"}`, as scripts, workflows and rule sets write them. Pure.

All statements of a list have to hold; within one, the operations `... one of` ask for any of several values, given as
a list or as a text with commas. Names of variables and operations are read without regard to case, an operation's
words with spaces or underscores between them. Values are compared as whole texts without regard to case; `less_than`
and `greater_than` compare numbers, and do not hold where one side is none. A variable that is not there counts as
empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec

from cordboard.kit.errors import FieldError, InvalidInputError

Operation = Literal[
    "equals",
    "equals_one_of",
    "contains",
    "contains_one_of",
    "begins_with",
    "ends_with",
    "less_than",
    "greater_than",
    "exists",
]
Scalar: TypeAlias = str | int | float | bool

OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)
MOST_STATEMENTS: Final = 100
MOST_CHOICES: Final = 1000
LONGEST_VARIABLE: Final = 255
LONGEST_VALUE: Final = 4096
_LONGEST_NUMBER: Final = 64
_ALIASES: Final[dict[str, Operation]] = {"equal": "equals", **{name: name for name in OPERATIONS}}
_OF_ONE: Final = frozenset({"equals_one_of", "contains_one_of"})
_NUMERIC: Final = frozenset({"less_than", "greater_than"})
_TRUTHS: Final = {"true": True, "false": False}


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement, checked: `variable` in lower case; `value` as it was given, a tuple only for `... one of`."""

    variable: str
    operation: Operation
    value: str | tuple[str, ...] = ""
    negated: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """The values to compare with, in one case of letters."""
        if isinstance(self.value, tuple):
            return tuple(one.casefold() for one in self.value)
        if self.operation in _OF_ONE:
            return tuple(one.strip().casefold() for one in self.value.split(",") if one.strip())
        return (self.value.casefold(),)


def parse_statements(given: Sequence[Any], field: str = "statements") -> tuple[Statement, ...]:
    """Statements as JSON gives them. Raises InvalidInputError naming each bad one by its place in `field`, and the
    fix.
    """
    if len(given) > MOST_STATEMENTS:
        raise InvalidInputError.of(field, f"has {len(given)} statements; at most {MOST_STATEMENTS} are kept")
    parsed: list[Statement] = []
    errors: list[FieldError] = []
    for index, one in enumerate(given):
        try:
            parsed.append(_parsed(one, f"{field}[{index}]"))
        except InvalidInputError as error:
            errors += error.errors
    if errors:
        raise InvalidInputError(errors)
    return tuple(parsed)


def all_hold(statements: Iterable[Statement], values: Mapping[str, str]) -> bool:
    """Whether every statement holds over `values`, whose names are in lower case; true for none."""
    return all(holds(statement, values) for statement in statements)


def holds(statement: Statement, values: Mapping[str, str]) -> bool:
    """Whether one statement holds."""
    found = values.get(statement.variable, "").casefold()
    return _compared(statement, found) is not statement.negated


def _compared(statement: Statement, found: str) -> bool:
    choices = statement.choices
    match statement.operation:
        case "equals" | "equals_one_of":
            return found in choices
        case "contains" | "contains_one_of":
            return any(choice in found for choice in choices)
        case "begins_with":
            return found.startswith(choices[0])
        case "ends_with":
            return found.endswith(choices[0])
        case "less_than":
            return _ordered(found, choices[0])
        case "greater_than":
            return _ordered(choices[0], found)
        case "exists":
            return found != ""


def _ordered(smaller: str, larger: str) -> bool:
    low, high = number_of(smaller), number_of(larger)
    return low is not None and high is not None and low < high


def number_of(text: str) -> Decimal | None:
    """The finite number that a text spells, as `less_than` and `greater_than` read it; None where it spells none."""
    if len(text) > _LONGEST_NUMBER:
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _parsed(given: Any, where: str) -> Statement:
    """One statement. Raises InvalidInputError."""
    if not isinstance(given, Mapping):
        raise InvalidInputError.of(where, 'must be an object such as {"variable", "operation", "value"}')
    operation = _operation(given.get("operation"), f"{where}.operation")
    negated = _negated(given.get("negated"), f"{where}.negated")
    value = _value(given.get("value"), operation, f"{where}.value")
    variable = _variable(given.get("variable"), value, operation, f"{where}.variable")
    return Statement(variable=variable, operation=operation, value=value, negated=negated)


def _operation(given: Any, where: str) -> Operation:
    name = "_".join(given.replace("_", " ").lower().split()) if isinstance(given, str) else ""
    if name not in _ALIASES:
        raise InvalidInputError.of(where, f"must be one of {', '.join(OPERATIONS)}")
    return _ALIASES[name]


def _negated(given: Any, where: str) -> bool:
    if given is None or isinstance(given, bool):
        return bool(given)
    truth = _TRUTHS.get(given.strip().lower()) if isinstance(given, str) else None
    if truth is None:
        raise InvalidInputError.of(where, "must be true or false")
    return truth


def _value(given: Any, operation: Operation, where: str) -> str | tuple[str, ...]:
    if operation == "exists":
        return ""
    if operation in _OF_ONE:
        return _choices(given, where)
    text = _text(given, where)
    if operation in _NUMERIC and number_of(text) is None:
        raise InvalidInputError.of(where, f"must be a number for {operation}, such as 7000; a time is written as 0930")
    if not text and operation != "equals":
        raise InvalidInputError.of(where, f"is required for {operation}")
    return text


def _choices(given: Any, where: str) -> str | tuple[str, ...]:
    many = isinstance(given, (list, tuple))
    choices = [_text(one, where) for one in given] if many else _text(given, where).split(",")
    if not any(choice.strip() for choice in choices):
        raise InvalidInputError.of(where, "must name at least one value: a list, or a text with commas")
    if len(choices) > MOST_CHOICES:
        raise InvalidInputError.of(where, f"names {len(choices)} values; at most {MOST_CHOICES} are compared")
    return tuple(choices) if many else ",".join(choices)


def _text(given: Any, where: str) -> str:
    if given is None:
        raise InvalidInputError.of(where, "is required for every operation but exists")
    if not isinstance(given, Scalar):
        raise InvalidInputError.of(where, "must be a text, a number, or true or false")
    text = str(given).lower() if isinstance(given, bool) else str(given)
    if len(text) > LONGEST_VALUE:
        raise InvalidInputError.of(where, f"may have {LONGEST_VALUE} characters")
    return text


def _variable(given: Any, value: str | tuple[str, ...], operation: Operation, where: str) -> str:
    """The name; it may be empty only where an empty value is asked for, which is how conditions write "otherwise"."""
    name = given.strip().lower() if isinstance(given, str) else ""
    otherwise = operation == "equals" and value == ""
    if (not name and not otherwise) or (given is not None and not isinstance(given, str)):
        raise InvalidInputError.of(where, "is required: the name of the variable to check")
    if len(name) > LONGEST_VARIABLE:
        raise InvalidInputError.of(where, f"may have {LONGEST_VARIABLE} characters")
    return name
