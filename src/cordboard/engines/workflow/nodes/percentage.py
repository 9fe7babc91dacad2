"""Percentage: a way at random, each as likely as it weighs."""

from __future__ import annotations

from typing import Any, ClassVar

from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members, whole
from cordboard.engines.workflow.turn import Turn


class Percentage(Node, frozen=True, kw_only=True):
    """Draws a child by weight; the weights need not come to any sum."""

    kind: ClassVar[str] = "percentage"
    percentages: tuple[int, ...]

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The weights, as many as there are children."""
        given = members.raw("percentages")
        weights = [whole(one) for one in given] if isinstance(given, list) else []
        if not weights or any(one is None or one < 0 for one in weights) or not sum(one or 0 for one in weights):
            members.fault("percentages", "must be whole numbers of 0 or more, not all of them 0")
            weights = [1]
        children = members.raw("children")
        if isinstance(children, list) and len(children) != len(weights):
            members.fault("percentages", f"must have as many members as children, which has {len(children)}")
        return {"percentages": tuple(one or 0 for one in weights)}

    def enter(self, turn: Turn) -> Move:
        """Draws."""
        return Go(self.children[turn.draw(self.percentages)] if self.children else None)
