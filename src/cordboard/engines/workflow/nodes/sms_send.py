"""Send SMS: a text from a template, within the hours of the campaign."""

from __future__ import annotations

from typing import Any, ClassVar

from cordboard.engines.workflow.effects import SendSms
from cordboard.engines.workflow.inputs import Input
from cordboard.engines.workflow.moves import Go, Move, Sleep
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn


class SmsSend(Node, frozen=True, kw_only=True):
    """Texts the contact. A reply becomes the variable `node<id>.reply`."""

    kind: ClassVar[str] = "smsSend"
    sms_template_id: str

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The template."""
        return {"sms_template_id": members.identifier("smsTemplateId")}

    def enter(self, turn: Turn) -> Move:
        """Sends, or waits until the campaign may."""
        if closed := turn.closed_for():
            return Sleep(turn.world.now + closed)
        turn.emit(
            SendSms(
                key=turn.key,
                node=self.id,
                template_id=self.sms_template_id,
                variables=turn.variables,
                reply_to=f"node{self.id}.reply",
            )
        )
        return Go(self.first)

    def resume(self, turn: Turn, given: Input) -> Move:
        """The hours have begun."""
        del given
        return self.enter(turn)
