"""What lookups need of others."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from cordboard.domain.lookups.models import NumberFacts
from cordboard.infra.db import Tx


class CarrierDirectory(Protocol):
    """A source of facts about numbers."""

    async def look_up(self, number: str) -> NumberFacts:
        """What it knows of an E.164 number. Raises LookupUnavailableError."""
        ...


class LookupCharges(Protocol):
    """Books what a lookup costs."""

    async def price(self, tx: Tx, account_id: UUID, number: str) -> int | None:
        """The price in micro-units; None when the balance does not cover it."""
        ...

    async def charge(self, tx: Tx, account_id: UUID, number: str, lookup_id: UUID) -> int | None:
        """Charges a lookup and answers its price; None when the balance does not cover it."""
        ...
