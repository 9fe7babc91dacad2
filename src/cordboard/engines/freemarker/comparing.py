"""Comparisons: two numbers, two strings, two booleans or two dates of a kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from cordboard.engines.freemarker.faults import TemplateError
from cordboard.engines.freemarker.values import Moment, Value, kind_of

_ORDERED: Final = ("<", "<=", ">", ">=")


def compared(left: Value, sign: str, right: Value) -> bool:
    """Whether a comparison holds. Raises TemplateError for what cannot be compared so."""
    order = _order(left, right)
    if sign in _ORDERED and isinstance(left, str | bool):
        raise TemplateError(
            f"{sign} compares numbers and dates, not {kind_of(left)[2:]}s; ?number makes a number of a string"
        )
    return {
        "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0, "!=": order != 0,
    }.get(sign, order == 0)  # fmt: skip


def same(left: Value | None, right: Value | None) -> bool:
    """Whether two values are of a kind and equal; unlike `==`, others are just not the same."""
    if isinstance(left, str) != isinstance(right, str) or isinstance(left, Decimal) != isinstance(right, Decimal):
        return False
    try:
        return left is not None and right is not None and _order(left, right) == 0
    except TemplateError:
        return False


def _order(left: Value, right: Value) -> int:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        if left.is_nan() or right.is_nan():
            raise TemplateError("NaN cannot be compared; test with ?is_nan")
        return (left > right) - (left < right)
    if isinstance(left, bool) and isinstance(right, bool):
        return int(left) - int(right)
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    if isinstance(left, Moment) and isinstance(right, Moment) and left.kind == right.kind:
        return (left.at > right.at) - (left.at < right.at)
    fix = "; ?number makes a number of a string" if {type(left), type(right)} == {str, Decimal} else ""
    raise TemplateError(f"{kind_of(left)} cannot be compared with {kind_of(right)}{fix}")
