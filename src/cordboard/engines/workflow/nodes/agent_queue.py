"""Live list: the contact into a list that agents work off, for a limited time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from cordboard.engines.workflow.delays import LONGEST
from cordboard.engines.workflow.effects import AddToLiveList
from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn
from cordboard.engines.workflow.windows import closes_at

_TYPES: Final = ("fixed", "campaignTimezoneProtection")


class AgentQueue(Node, frozen=True, kw_only=True):
    """Adds the contact until a time has passed, or until the campaign's hours end."""

    kind: ClassVar[str] = "agentQueue"
    queue_name: str
    expiration: timedelta | None

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The list and the time."""
        name = members.text("queueName", longest=255)
        if members.one_of(_TYPES, "expirationType") != "fixed":
            return {"queue_name": name, "expiration": None}
        number = members.integer("expirationNumber", smallest=1, largest=10**7)
        seconds = members.seconds(number, "expirationUnits")
        return {"queue_name": name, "expiration": min(timedelta(seconds=seconds), LONGEST)}

    def enter(self, turn: Turn) -> Move:
        """Adds it."""
        turn.emit(
            AddToLiveList(
                key=turn.key,
                node=self.id,
                list_name=self.queue_name,
                expires_at=self._expires_at(turn),
                variables=turn.variables,
            )
        )
        return Go(self.first)

    def _expires_at(self, turn: Turn) -> datetime | None:
        if self.expiration is not None:
            return turn.world.now + self.expiration
        protection = turn.world.campaign.protection
        return closes_at(protection, turn.world.now, turn.world.contact.timezone_id) if protection else None
