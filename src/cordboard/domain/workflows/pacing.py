"""How fast a campaign's numbers send, and how much waits for them already."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.numbers.service import NumberService
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock, monotonic
from cordboard.kit.errors import NotFoundError

USUAL_RATE: Final = 10.0
"""Contacts a second of campaigns that write from no set of numbers."""
_SECONDS_KEPT: Final = 5.0
_MOST_KEPT: Final = 10_000


class SendingPace:
    """`rate` is some seconds old; `backlog` is of now."""

    def __init__(self, clock: Clock, numbers: NumberService) -> None:
        self._clock = clock
        self._numbers = numbers
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
            capacity, _ = await self._capacity(tx, account_id, number_set_id)
            kept = self._rates[key] = (capacity, now)
        return kept[0] or USUAL_RATE

    async def backlog(self, tx: Tx, account_id: UUID, number_set_id: UUID | None) -> timedelta:
        """How long until a message that is accepted now leaves: the wait of the set's numbers on average."""
        if number_set_id is None:
            return timedelta(0)
        _, wait = await self._capacity(tx, account_id, number_set_id)
        return wait

    async def _capacity(self, tx: Tx, account_id: UUID, number_set_id: UUID) -> tuple[float, timedelta]:
        try:
            return await self._numbers.capacity(tx, account_id, number_set_id)
        except NotFoundError:
            return 0.0, timedelta(0)
