"""Stop: the campaign ends for this contact."""

from __future__ import annotations

from typing import ClassVar

from cordboard.engines.workflow.moves import Move, Stop
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.turn import Turn


class Control(Node, frozen=True, kw_only=True):
    """Ends the run."""

    kind: ClassVar[str] = "control"

    def enter(self, turn: Turn) -> Move:
        """Over."""
        del turn
        return Stop()
