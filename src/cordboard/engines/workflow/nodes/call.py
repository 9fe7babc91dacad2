"""Call: a phone call to the contact, within the hours of the campaign."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from cordboard.engines.workflow.effects import PlaceCall
from cordboard.engines.workflow.inputs import Input
from cordboard.engines.workflow.moves import Go, Move, Sleep
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn

_OF_THE_NODE: Final = frozenset({"id", "type", "children", "to", "from"})


class Call(Node, frozen=True, kw_only=True):
    """Calls the contact with what else Make Call takes. What becomes of the call is told as `node<id>.callstatus`,
    `node<id>.callduration`, `node<id>.answeredby` and `node<id>.digits`.
    """

    kind: ClassVar[str] = "call"
    members: dict[str, Any]

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The members of the call."""
        members.text("url")
        return {"members": members.rest(_OF_THE_NODE)}

    def enter(self, turn: Turn) -> Move:
        """Calls, or waits until the campaign may."""
        if closed := turn.closed_for():
            return Sleep(turn.world.now + closed)
        rendered = {
            name: turn.render(value) if isinstance(value, str) else value for name, value in self.members.items()
        }
        turn.emit(PlaceCall(key=turn.key, node=self.id, members=rendered))
        return Go(self.first)

    def resume(self, turn: Turn, given: Input) -> Move:
        """The hours have begun."""
        del given
        return self.enter(turn)
