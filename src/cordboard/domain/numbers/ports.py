"""What numbers need of others."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from cordboard.infra.db import Tx


class NumberCharges(Protocol):
    """Books what a number costs."""

    async def charge_month(
        self, tx: Tx, account_id: UUID, number: str, phone_sid: UUID, *, whatever_the_balance: bool
    ) -> bool:
        """Charges a month; False when the balance does not cover it, unless that does not matter."""
        ...
