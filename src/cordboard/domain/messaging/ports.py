"""What messaging asks of contexts above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from cordboard.infra.db import Tx

Pair = tuple[UUID, str, str]
"""Account, person and number of the account."""


class RepliedCampaigns(Protocol):
    """Knows which campaign a person answers who writes to a number."""

    async def campaigns_of(self, tx: Tx, pairs: Sequence[Pair]) -> Mapping[Pair, tuple[UUID, UUID | None]]:
        """The campaign, and the template of its last message; pairs that no campaign wrote to are left out."""
        ...
