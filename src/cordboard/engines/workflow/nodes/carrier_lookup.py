"""Carrier lookup: what network the contact's number is on."""

from __future__ import annotations

from typing import ClassVar

from cordboard.engines.workflow.effects import LookUpCarrier
from cordboard.engines.workflow.moves import Move
from cordboard.engines.workflow.nodes.answered import AnsweredNode
from cordboard.engines.workflow.turn import Turn


class CarrierLookup(AnsweredNode, frozen=True, kw_only=True):
    """Sets `phonenumber1.wireless`, `.city`, `.state`, `.country`, `.zip`, `.network` and `.company`."""

    kind: ClassVar[str] = "carrierLookup"

    def enter(self, turn: Turn) -> Move:
        """Asks."""
        turn.emit(LookUpCarrier(key=turn.key, node=self.id, token=turn.token))
        return self.expect(turn)
