"""How fast a campaign's numbers send, and how much waits for them already."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.numbers.models import Capacity
from cordboard.domain.numbers.service import NumberService
from cordboard.infra.db import Tx
from cordboard.kit.clock import monotonic
from cordboard.kit.errors import CordboardError

USUAL_RATE: Final = 10.0
"""Contacts a second of campaigns that write from no set of numbers."""
_SECONDS_KEPT: Final = 5.0
_MOST_KEPT: Final = 10_000


class SendingPace:
    """`rate` is some seconds old; `backlog` is of now."""

    def __init__(self, numbers: NumberService, messaging: MessagingService) -> None:
        self._numbers = numbers
        self._messaging = messaging
        self._rates: dict[tuple[UUID, UUID], tuple[float, float]] = {}

    async def rate(self, tx: Tx, account_id: UUID, number_set_id: UUID | None) -> float:
        """Segments a second that the set's numbers send together."""
        if number_set_id is None:
            return USUAL_RATE
        key, now = (account_id, number_set_id), monotonic()
        kept = self._rates.get(key)
        if kept is None or now - kept[1] > _SECONDS_KEPT:
            if len(self._rates) > _MOST_KEPT:
                self._rates.clear()
            capacity = await self._capacity(tx, account_id, number_set_id)
            kept = self._rates[key] = (capacity.rate, now)
        return kept[0] or USUAL_RATE

    async def backlog(self, tx: Tx, account_id: UUID, number_set_id: UUID | None) -> timedelta:
        """How long until a message that is accepted now leaves: the wait of the set's numbers on average, or for how
        long their carriers are behind, whichever is more.
        """
        if number_set_id is None:
            return timedelta(0)
        capacity = await self._capacity(tx, account_id, number_set_id)
        behind = [await self._messaging.lateness(tx, carrier) for carrier in sorted(capacity.carriers)]
        return max([capacity.wait, *behind])

    async def _capacity(self, tx: Tx, account_id: UUID, number_set_id: UUID) -> Capacity:
        try:
            return await self._numbers.capacity(tx, account_id, number_set_id)
        except CordboardError:  # no set, or none of its numbers sends
            return Capacity(0.0, timedelta(0), frozenset())
