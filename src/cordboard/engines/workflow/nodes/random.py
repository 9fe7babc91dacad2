"""Random: one of the ways, all equally likely."""

from __future__ import annotations

from typing import ClassVar

from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.turn import Turn


class Random(Node, frozen=True, kw_only=True):
    """Draws a child."""

    kind: ClassVar[str] = "random"

    def enter(self, turn: Turn) -> Move:
        """Draws."""
        return Go(self.children[turn.draw([1] * len(self.children))] if self.children else None)
