"""What accounts need of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from cordboard.infra.db import Tx


class OwnedNumbers(Protocol):
    """Knows who owns numbers."""

    async def owns_numbers(self, tx: Tx, account_id: UUID) -> bool:
        """Whether the account has any."""
        ...


class Funding(Protocol):
    """Knows who can pay."""

    async def is_funded(self, tx: Tx, account_id: UUID) -> bool:
        """Whether the account has anything to spend, or pays afterwards."""
        ...


class UserNumbers(Protocol):
    """Knows the numbers of users' webphones."""

    async def webphone_numbers(self, tx: Tx, account_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, str]:
        """The number of each user who has one."""
        ...


class UserInboxes(Protocol):
    """Knows which inboxes users see."""

    async def inboxes(self, tx: Tx, account_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
        """The names of each user's inboxes; users without any may be left out."""
        ...
