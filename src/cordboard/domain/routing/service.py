"""Which carrier takes a message first, and which one when that fails."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from cordboard.domain.routing.models import CarrierProfile, PrefixRule


class RoutingService:
    """Chooses among the configured carriers: the sender's own first, then those of the best prefix rules."""

    def __init__(self, carriers: Iterable[CarrierProfile], rules: Iterable[PrefixRule]) -> None:
        self._carriers = {carrier.name: carrier for carrier in carriers}
        self._rules = sorted(rules, key=lambda rule: (-len(rule.prefix), rule.priority))

    def profile(self, name: str) -> CarrierProfile | None:
        """A configured carrier."""
        return self._carriers.get(name)

    def first(self, own: str, recipient: str, *, media: bool) -> str | None:
        """The carrier to try first, `own` being the sender's; None when nobody can take the message."""
        return next(iter(self._candidates(own, recipient, media=media)), None)

    def alternative(self, own: str, recipient: str, *, media: bool, tried: Collection[str], dearest: int) -> str | None:
        """The next carrier that was not `tried` and costs at most `dearest` micro-units a segment, if there is one."""
        for name in self._candidates(own, recipient, media=media):
            if name not in tried and self._carriers[name].cost <= dearest:
                return name
        return None

    def _candidates(self, own: str, recipient: str, *, media: bool) -> Sequence[str]:
        names = [own]
        home = self._carriers.get(own)
        if home is None or not home.isolated:
            names += (name for rule in self._rules if recipient.startswith(rule.prefix) for name in rule.carriers)
        known = (name for name in dict.fromkeys(names) if name in self._carriers)
        return [name for name in known if self._carriers[name].carries_media or not media]
