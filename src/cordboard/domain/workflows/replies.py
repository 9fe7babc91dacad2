"""Which campaign a person answers: `messaging.ports.RepliedCampaigns` by the sends of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from cordboard.domain.workflows.repository import sends
from cordboard.domain.workflows.repository.sends import Pair
from cordboard.infra.db import Tx


class CampaignsOfReplies:
    """Needs nothing but the table, so that it is there before messaging is."""

    async def campaigns_of(self, tx: Tx, pairs: Sequence[Pair]) -> Mapping[Pair, tuple[UUID, UUID | None]]:
        """The campaign and template of the last send of each pair."""
        return await sends.campaigns_of(tx, list(dict.fromkeys(pairs)))
