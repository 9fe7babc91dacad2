"""Condition: a way by what is known of the contact and of the campaign."""

from __future__ import annotations

from typing import Any, ClassVar

from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.nodes.branch import Branch, read_branches, taken, ways_of
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn


class Condition(Node, frozen=True, kw_only=True):
    """The first condition that holds decides; when none does, the last child follows."""

    kind: ClassVar[str] = "condition"
    conditions: tuple[Branch, ...]

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The conditions."""
        return {"conditions": read_branches(members)}

    @property
    def ways(self) -> tuple[int, ...]:
        """The conditions' and the last child."""
        return (*ways_of(self.conditions), *self.children[-1:])

    def enter(self, turn: Turn) -> Move:
        """Decides."""
        path = taken(self.conditions, turn)
        return Go(path if path is not None else (self.children[-1] if self.children else None))
