"""What dispositions ask of contexts above and beside them."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from cordboard.domain.dispositions.models import Concluded
from cordboard.infra.db import Tx


class Subjects(Protocol):
    """Knows what dispositions are given to."""

    async def call(self, tx: Tx, account_id: UUID, call_id: UUID) -> Concluded:
        """A call of the account. Raises NotFoundError."""
        ...

    async def message(self, tx: Tx, account_id: UUID, message_id: UUID) -> Concluded:
        """A message of the account. Raises NotFoundError."""
        ...

    async def has_contact(self, tx: Tx, account_id: UUID, contact_id: UUID) -> bool:
        """Whether the account has the contact."""
        ...
