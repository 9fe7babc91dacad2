"""What compliance needs of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from cordboard.infra.db import Tx


class OwnedNumbers(Protocol):
    """Knows whose numbers are."""

    async def owned(self, tx: Tx, account_id: UUID, numbers: Sequence[str]) -> set[str]:
        """Those numbers and short codes that are the account's."""
        ...


class ContactMarks(Protocol):
    """Shows on contacts that they are not to be contacted."""

    async def mark_dnc(self, tx: Tx, pairs: Sequence[tuple[UUID, str]], dnc: bool) -> None:
        """Sets or clears the mark of the contacts with these (account, number)."""
        ...
