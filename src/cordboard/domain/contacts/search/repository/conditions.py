"""Statements as SQL.

A condition is true or false only where SQL is sure to judge as `engines.rules.statements` does, which compares by full
Unicode case folding and reads numbers as Decimal does: that is, for values in ASCII and plain numbers. Else it is null,
and so is its negation; whoever reads the rows judges those by the engine. A list of conditions joined by `and` is
false, true or null by the same token.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from cordboard.domain.contacts.search.models import PSEUDO_VARIABLES
from cordboard.engines.rules.statements import Statement, number_of

_PLAIN_NUMBER: Final = r"'^ *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+) *$'"
_LONGEST_NUMBER: Final = 64
_LARGEST_EXPONENT: Final = 100
_SPECIAL: Final = re.compile(r"[\\%_]")


class Parameters:
    """The values of a statement's placeholders."""

    def __init__(self, *values: Any) -> None:
        self.values: list[Any] = list(values)

    def add(self, value: Any, kind: str) -> str:
        """A placeholder for `value`, of a PostgreSQL type."""
        self.values.append(value)
        return f"${len(self.values)}::{kind}"


def all_hold(statements: Sequence[Statement], parameters: Parameters) -> str:
    """Whether all statements hold for the row `c` of contacts."""
    return " and ".join(f"({_holds(one, parameters)})" for one in statements) or "true"


def matches(expression: str, statement: Statement, choices: Sequence[str], parameters: Parameters) -> str:
    """Whether a folded value meets one of the folded `choices`."""
    if statement.operation in ("equals", "equals_one_of"):
        return f"{expression} = any({parameters.add(choices, 'text[]')})"
    before = "" if statement.operation == "begins_with" else "%"
    after = "" if statement.operation == "ends_with" else "%"
    patterns = [before + _SPECIAL.sub(r"\\\g<0>", choice) + after for choice in choices]
    return f"{expression} like any({parameters.add(patterns, 'text[]')})"


def _holds(statement: Statement, parameters: Parameters) -> str:
    value = _value(statement.variable, parameters)
    match statement.operation:
        case "exists":
            test = f"{value} <> ''"
        case "less_than":
            test = _compared(value, "<", statement, parameters)
        case "greater_than":
            test = _compared(value, ">", statement, parameters)
        case _:
            lower = f'lower({value} collate "C")'
            test = f"case when {_is_ascii(value)} then {matches(lower, statement, statement.choices, parameters)} end"
    return f"not ({test})" if statement.negated else test


def _value(variable: str, parameters: Parameters) -> str:
    own = f"c.ext_data ->> {parameters.add(variable, 'text')}"
    return f"coalesce({own}, c.{variable}::text)" if variable in PSEUDO_VARIABLES else f"coalesce({own}, '')"


def _is_ascii(value: str) -> str:
    return f"octet_length({value}) = char_length({value})"


def _compared(value: str, sign: str, statement: Statement, parameters: Parameters) -> str:
    """A number of plain digits is compared here; what has digits and is none may be one to Decimal, such as 1e3."""
    limit = number_of(statement.choices[0])
    if limit is None:
        return "false"
    plain = "null"
    if _is_moderate(limit):
        plain = f"btrim({value}, ' ')::numeric {sign} {parameters.add(limit, 'numeric')}"
    return (
        f"case when not {_is_ascii(value)} then null when char_length({value}) > {_LONGEST_NUMBER} then false"
        f" when {value} ~ {_PLAIN_NUMBER} then {plain} when {value} ~ '[0-9]' then null else false end"
    )


def _is_moderate(number: Decimal) -> bool:
    """Whether PostgreSQL can hold it for certain."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and abs(exponent) <= _LARGEST_EXPONENT
