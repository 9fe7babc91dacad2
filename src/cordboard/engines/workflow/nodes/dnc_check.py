"""DNC check: two ways, by whether the contact's number is on a do-not-call list."""

from __future__ import annotations

from typing import Any, ClassVar

from cordboard.engines.workflow.effects import CheckDnc
from cordboard.engines.workflow.inputs import Answered, Input
from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.nodes.answered import AnsweredNode
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn

MATCH = "match"


class DncCheck(AnsweredNode, frozen=True, kw_only=True):
    """Takes the way `match_path` when the number is listed, and when nobody could say: who may not be called is not
    called.
    """

    kind: ClassVar[str] = "dncCheck"
    dnc_list: str
    subtype: str
    match_path: int
    no_match_path: int

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The list and the ways."""
        return {
            "dnc_list": members.one_of(("account", "federal"), "dncList"),
            "subtype": members.one_of(("sms", "call"), "subtype", "subType"),
            "match_path": members.integer("matchPath"),
            "no_match_path": members.integer("noMatchPath"),
        }

    @property
    def ways(self) -> tuple[int, ...]:
        """Both."""
        return (self.match_path, self.no_match_path)

    def enter(self, turn: Turn) -> Move:
        """Asks."""
        turn.emit(CheckDnc(key=turn.key, node=self.id, token=turn.token, dnc_list=self.dnc_list, subtype=self.subtype))
        return self.expect(turn)

    def resume(self, turn: Turn, given: Input) -> Move:
        """Goes the way that the answer says."""
        if isinstance(given, Answered) and given.outcome and given.outcome != MATCH:
            return Go(self.no_match_path)
        if not isinstance(given, Answered):
            turn.note("the list gave no answer in time")
        return Go(self.match_path)
