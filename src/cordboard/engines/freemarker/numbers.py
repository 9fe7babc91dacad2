"""Arithmetic as Java's BigDecimal does it: exact, but for division, which keeps at least 12 decimals, half up."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from cordboard.engines.freemarker.faults import ExhaustedError, TemplateError

_DIGITS: Final = 1000
_LEAST_SCALE: Final = 12
_EXACT: Final = decimal.Context(
    prec=_DIGITS,
    Emin=-_DIGITS,
    Emax=_DIGITS,
    rounding=decimal.ROUND_HALF_EVEN,
    traps=[decimal.Inexact, decimal.Overflow, decimal.Underflow, decimal.InvalidOperation, decimal.DivisionByZero],
)
ROUNDING: Final = decimal.Context(prec=4 * _DIGITS, traps=[decimal.InvalidOperation])
"""For rounding to a number of decimals: wide enough for every number of the engine."""

_SPECIAL: Final = {
    "NaN": Decimal("NaN"),
    "INF": Decimal("Infinity"),
    "-INF": Decimal("-Infinity"),
    "Infinity": Decimal("Infinity"),
    "-Infinity": Decimal("-Infinity"),
}
_NUMERIC: Final = frozenset("0123456789+-.eE")


def number_of(text: str) -> Decimal | None:
    """The number that a text spells as programs do, None if it spells none. Raises ExhaustedError if it is too long."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    if not text or not _NUMERIC.issuperset(text):
        return None
    try:
        return _positive_zero(_EXACT.create_decimal(text))
    except decimal.InvalidOperation:
        return None
    except ArithmeticError as error:
        raise _too_large() from error


def calculated(left: Decimal, sign: str, right: Decimal) -> Decimal:
    """Two numbers under an operator. Raises TemplateError."""
    if not (left.is_finite() and right.is_finite()):
        raise TemplateError("there is no arithmetic with NaN and infinity")
    try:
        return _positive_zero(_OPERATIONS[sign](left, right))
    except ArithmeticError as error:
        raise _too_large() from error


def _positive_zero(number: Decimal) -> Decimal:
    """The number; zero has no sign, as in Java's BigDecimal."""
    return number if number else number.copy_abs()


def negated(number: Decimal) -> Decimal:
    """The number with the other sign."""
    return _positive_zero(number.copy_negate())


def to_bits(number: Decimal, bits: int) -> int:
    """The whole part as Java narrows it to a type of so many bits: what is above them is lost."""
    if not number.is_finite():
        raise TemplateError("NaN and infinity are no whole numbers")
    half = 1 << (bits - 1)
    return (int(number) + half) % (2 * half) - half


def _divided(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise TemplateError("this divides by zero: test the divisor first")
    places = max(_LEAST_SCALE, _scale(left), _scale(right))
    over, under = _coefficient(left), _coefficient(right)
    shift = places - _scale(left) + _scale(right)
    if shift >= 0:
        over *= 10**shift
    else:
        under *= 10**-shift
    quotient, rest = divmod(abs(over), abs(under))
    quotient += 2 * rest >= abs(under)
    signed = quotient if (over < 0) == (under < 0) else -quotient
    return _EXACT.scaleb(_EXACT.create_decimal(signed), -places)


def _remainder(left: Decimal, right: Decimal) -> Decimal:
    """The rest of dividing the whole parts, with the sign of the first."""
    over, under = to_bits(left, 64), to_bits(right, 64)
    if not under:
        raise TemplateError("this divides by zero: test the divisor first")
    rest = abs(over) % abs(under)
    return Decimal(-rest if over < 0 else rest)


def _scale(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _coefficient(number: Decimal) -> int:
    return int(number.scaleb(_scale(number), ROUNDING))


def _too_large() -> ExhaustedError:
    return ExhaustedError(f"a number may have {_DIGITS} digits")


_OPERATIONS: Final[dict[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": _EXACT.add,
    "-": _EXACT.subtract,
    "*": _EXACT.multiply,
    "/": _divided,
    "%": _remainder,
}
