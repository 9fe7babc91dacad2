"""The rate cards in memory: which terms go for what is used. Pure.

Each of the four values is looked for by itself, and the nearest line that says it wins: the account's before
everybody's, the service's before those for every service, the number type's before those for any, then the longest
prefix.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from uuid import UUID

from cordboard.domain.billing.items import number_type_of
from cordboard.domain.billing.models import EVERY_SERVICE, Rate, Terms, Usage

_VALUES: Final = ("price", "surcharge", "surcharge_percent", "tax_percent")
_Scope = tuple[UUID | None, str, str]


class RateCards:
    """All cards of the installation; `defaults` are the prices of services that no line prices."""

    def __init__(self, rates: Iterable[Rate], defaults: Mapping[str, int]) -> None:
        self._defaults = {service: Terms(price) for service, price in defaults.items()}
        self._lines: dict[_Scope, dict[str, Rate]] = defaultdict(dict)
        for rate in rates:
            self._lines[rate.account_id, rate.service, rate.number_type][rate.prefix] = rate
        self._longest = max((len(prefix) for lines in self._lines.values() for prefix in lines), default=0)

    def terms(self, usage: Usage) -> Terms:
        """What goes for a usage."""
        usual = self._defaults[usage.service]
        if not self._lines:
            return usual
        found: dict[str, int] = {}
        for rate in self._matching(usage):
            for name in _VALUES:
                value = getattr(rate, name)
                if value is not None and name not in found:
                    found[name] = value
        return Terms(**{"price": usual.price, **found})

    def _matching(self, usage: Usage) -> Iterator[Rate]:
        """The lines that go for a usage, the nearest first."""
        number_type = number_type_of(usage.own)
        for account_id in (usage.account_id, None):
            for service in (usage.service, EVERY_SERVICE):
                for kind in (number_type, ""):
                    if lines := self._lines.get((account_id, service, kind)):
                        yield from self._by_prefix(lines, usage.number)

    def _by_prefix(self, lines: Mapping[str, Rate], number: str) -> Iterator[Rate]:
        for length in range(min(len(number), self._longest), -1, -1):
            if rate := lines.get(number[:length]):
                yield rate
