"""What voicemail needs of others."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from cordboard.infra.db import Tx


class NumberHolders(Protocol):
    """Knows whose numbers are."""

    async def assigned_user(self, tx: Tx, account_id: UUID, number: str) -> UUID | None:
        """The user to whom a number of the account is assigned. Raises NotFoundError when it is not the account's."""
        ...
