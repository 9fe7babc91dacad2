"""Campaign: another campaign begins for the contact."""

from __future__ import annotations

from typing import Any, ClassVar

from cordboard.engines.workflow.effects import StartCampaign
from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn


class StartOther(Node, frozen=True, kw_only=True):
    """Starts another campaign and goes on with this one."""

    kind: ClassVar[str] = "campaign"
    campaign_id: str

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The campaign."""
        return {"campaign_id": members.identifier("campaignId")}

    def enter(self, turn: Turn) -> Move:
        """Starts it."""
        turn.emit(StartCampaign(key=turn.key, node=self.id, campaign_id=self.campaign_id, variables=turn.variables))
        return Go(self.first)
