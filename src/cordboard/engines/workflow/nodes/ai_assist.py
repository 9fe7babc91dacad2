"""AI assist: an assistant talks with the contact until it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from cordboard.engines.workflow.effects import AskAssistant
from cordboard.engines.workflow.inputs import Input
from cordboard.engines.workflow.moves import Move, Sleep
from cordboard.engines.workflow.nodes.answered import AnsweredNode
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn


class AiAssist(AnsweredNode, frozen=True, kw_only=True):
    """Waits for the assistant. What it found out is told as variables, `node<id>.outcome` among them."""

    kind: ClassVar[str] = "aiAssist"
    patience: ClassVar[timedelta] = timedelta(days=7)
    assistant_id: str

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The assistant."""
        return {"assistant_id": members.text("aiAssistId", longest=255)}

    def enter(self, turn: Turn) -> Move:
        """Hands the contact over, or waits until the campaign may write."""
        if closed := turn.closed_for():
            return Sleep(turn.world.now + closed)
        turn.emit(
            AskAssistant(
                key=turn.key, node=self.id, token=turn.token, assistant_id=self.assistant_id, variables=turn.values()
            )
        )
        return self.expect(turn)

    def resume(self, turn: Turn, given: Input) -> Move:
        """The hours have begun, or the assistant is done."""
        if turn.is_asleep:
            return self.enter(turn)
        return super().resume(turn, given)
