"""Money as whole micro-units of a currency (1 USD = 1,000,000): exact, fast and summable in SQL."""

from __future__ import annotations

from decimal import Decimal

MICROS = 1_000_000


def to_micros(amount: Decimal | str) -> int:
    """Micro-units of a decimal amount. Raises ValueError when it has more than six decimals."""
    scaled = Decimal(amount) * MICROS
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more than six decimals")
    return int(scaled)


def from_micros(micros: int) -> Decimal:
    """The decimal amount of micro-units."""
    return Decimal(micros) / MICROS


def to_number(micros: int) -> float:
    """The JSON number of an amount, as the API's price members show it."""
    return micros / MICROS
