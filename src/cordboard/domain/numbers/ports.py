"""What numbers need of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from cordboard.infra.db import Tx


class NumberUses(Protocol):
    """What else of an account is tied to its numbers."""

    async def number_left(self, tx: Tx, account_id: UUID, numbers: Sequence[str]) -> None:
        """Undoes it for numbers that the account no longer owns."""
        ...


class NumberCharges(Protocol):
    """Books what a number costs."""

    async def charge_month(self, tx: Tx, account_id: UUID, number: str, phone_sid: UUID) -> bool:
        """Charges a month; False when the balance does not cover it."""
        ...
