"""What phones need of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from cordboard.domain.phones.models import AssignedNumber
from cordboard.infra.db import Tx


class PhoneNumbers(Protocol):
    """Tells whose numbers are whose."""

    async def is_owned(self, tx: Tx, account_id: UUID, number: str) -> bool:
        """Whether the account owns the number."""
        ...

    async def assigned(self, tx: Tx, account_id: UUID, client_ids: Sequence[UUID]) -> dict[UUID, AssignedNumber]:
        """The numbers of users' webphones, by user."""
        ...
