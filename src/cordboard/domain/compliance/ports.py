"""What compliance needs of others."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from cordboard.infra.db import Tx


class OwnedNumbers(Protocol):
    """Knows whose a number is."""

    async def owns(self, tx: Tx, account_id: UUID, number: str) -> bool:
        """Whether it is one of the account's."""
        ...
