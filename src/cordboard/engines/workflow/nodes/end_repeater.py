"""End repeater: what ends the rounds of a repeater, or the wait until the next one."""

from __future__ import annotations

from typing import Any, ClassVar

from cordboard.engines.rules.statements import Statement
from cordboard.engines.workflow.inputs import Due, Input
from cordboard.engines.workflow.moves import Listen, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn


class EndRepeater(Node, frozen=True, kw_only=True):
    """Ends the innermost rounds when its conditions hold; else it listens until the next round may begin."""

    kind: ClassVar[str] = "endRepeater"
    waits: ClassVar[bool] = True
    conditions: tuple[Statement, ...]

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The conditions: statements, all of which have to hold."""
        given = members.raw("conditions")
        return {"conditions": members.statements(given if given is not None else [], "conditions")}

    def enter(self, turn: Turn) -> Move:
        """Ends the rounds, or listens."""
        if self._holds(turn):
            return turn.end_round(completed=True)
        due = turn.next_round()
        if due is None or due <= turn.world.now:
            return turn.end_round(completed=False)
        return Listen(due)

    def resume(self, turn: Turn, given: Input) -> Move:
        """Something was told, or the next round may begin."""
        if isinstance(given, Due):
            return turn.end_round(completed=False)
        return turn.end_round(completed=True) if self._holds(turn) else Listen(turn.until)

    def _holds(self, turn: Turn) -> bool:
        return bool(self.conditions) and turn.hold(self.conditions)
