"""Caps on what an account may spend on calls a day, in all and by prefix: what stops toll fraud before morning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cordboard.kit.errors import InvalidInputError
from cordboard.kit.money import to_micros

_MOST_PREFIXES: Final = 200


class SpendCaps:
    """Parsed caps in micro-units. The prefix '' is for all calls."""

    def __init__(self, caps: Mapping[str, int]) -> None:
        self._caps = dict(caps)
        self._prefixes = sorted((prefix for prefix in caps if prefix), key=len, reverse=True)

    @classmethod
    def parse(cls, daily: str, by_prefix: str, default: Mapping[str, int] | None = None) -> SpendCaps:
        """From the settings' texts: an amount, and "+1876=5,+882=0". The account's own go before the installation's.
        Raises InvalidInputError.
        """
        caps = dict(default or {})
        if daily:
            caps[""] = _amount(daily, "daily_call_spend", 'write it as "250.00"')
        for part in filter(None, (part.strip() for part in by_prefix.split(","))):
            prefix, _, amount = part.partition("=")
            caps[prefix.strip()] = _amount(amount, "dialling_caps", 'write them as "+1876=5,+882=0"')
        if len(caps) > _MOST_PREFIXES:
            raise InvalidInputError.of("dialling_caps", f"holds more than {_MOST_PREFIXES} prefixes")
        return cls(caps)

    def prefix_of(self, number: str) -> str:
        """The longest capped prefix of a number; '' where none is."""
        return next((prefix for prefix in self._prefixes if number.startswith(prefix)), "")

    def exceeded(self, prefix: str, spent: Mapping[str, int], more: int) -> str | None:
        """Which cap `more` would break, `spent` being today's by prefix; None when all hold."""
        for name in dict.fromkeys((prefix, "")):
            cap = self._caps.get(name)
            if cap is not None and spent.get(name, 0) + more > cap:
                return name or "all calls"
        return None


def _amount(text: str, setting: str, fix: str) -> int:
    """Micro-units. Raises InvalidInputError."""
    try:
        return to_micros(text.strip())
    except ValueError as error:
        raise InvalidInputError.of(setting, f"{error}; {fix}") from error
