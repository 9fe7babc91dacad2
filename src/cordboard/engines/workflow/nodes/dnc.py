"""DNC: the contact's number onto the account's do-not-call list."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

from cordboard.engines.workflow.effects import AddToDnc
from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn

_SUBTYPES: Final[dict[str, tuple[Literal["sms", "call"], ...]]] = {
    "all": ("sms", "call"),
    "sms": ("sms",),
    "call": ("call",),
}


class Dnc(Node, frozen=True, kw_only=True):
    """Lists the number for texts, for calls, or for both."""

    kind: ClassVar[str] = "dnc"
    dnc_type: str

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """For what it is listed."""
        return {"dnc_type": members.one_of(tuple(_SUBTYPES), "dncType")}

    def enter(self, turn: Turn) -> Move:
        """Lists it."""
        turn.emit(AddToDnc(key=turn.key, node=self.id, subtypes=_SUBTYPES[self.dnc_type]))
        return Go(self.first)
