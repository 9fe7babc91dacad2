"""Money as whole micro-units of a currency (1 USD = 1,000,000): exact, fast and summable in SQL."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

MICROS = 1_000_000
_DECIMALS = 6
_MOST_DIGITS = 30


def to_micros(amount: Decimal | str) -> int:
    """Micro-units of a decimal amount. Raises ValueError when it is no number, has more than six decimals, or is
    beyond any money (30 digits).
    """
    try:
        value = Decimal(amount)
    except InvalidOperation as error:
        raise ValueError(f"{amount} is not an amount") from error
    if not value.is_finite():
        raise ValueError(f"{amount} is not an amount")
    # Told by the exponent: the whole number that a text such as 1e999999999 stands for would take all memory.
    if value.adjusted() >= _MOST_DIGITS:
        raise ValueError(f"{amount} is too large")
    if value and value.adjusted() < -_DECIMALS:
        raise ValueError(f"{amount} has more than six decimals")
    numerator, denominator = value.as_integer_ratio() if value else (0, 1)
    micros, rest = divmod(numerator * MICROS, denominator)
    if rest:
        raise ValueError(f"{amount} has more than six decimals")
    return micros


def from_micros(micros: int) -> Decimal:
    """The decimal amount of micro-units."""
    return Decimal(micros) / MICROS


def to_number(micros: int) -> float:
    """The JSON number of an amount, as the API's price members show it."""
    return micros / MICROS
