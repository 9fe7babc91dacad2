"""Webhook: a request to a server whose answer may set variables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from cordboard.engines.workflow.effects import CallWebhook
from cordboard.engines.workflow.moves import Move
from cordboard.engines.workflow.nodes.answered import AnsweredNode
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn


class Callback(AnsweredNode, frozen=True, kw_only=True):
    """Calls a configured webhook of the type campaign_workflow_callback."""

    kind: ClassVar[str] = "callback"
    patience: ClassVar[timedelta] = timedelta(days=1)
    callback_id: str

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The webhook."""
        return {"callback_id": members.identifier("callbackId")}

    def enter(self, turn: Turn) -> Move:
        """Calls it, and waits for what it says."""
        turn.emit(
            CallWebhook(
                key=turn.key, node=self.id, token=turn.token, callback_id=self.callback_id, variables=turn.values()
            )
        )
        return self.expect(turn)
