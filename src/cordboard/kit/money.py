"""Money as whole micro-units of a currency (1 USD = 1,000,000): exact, fast and summable in SQL."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

MICROS = 1_000_000


def to_micros(amount: Decimal | str) -> int:
    """Micro-units of a decimal amount. Raises ValueError when it is no number or has more than six decimals."""
    try:
        numerator, denominator = Decimal(amount).as_integer_ratio()
    except (InvalidOperation, OverflowError) as error:
        raise ValueError(f"{amount} is not an amount") from error
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
