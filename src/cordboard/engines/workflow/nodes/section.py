"""Section: on to a named place of the workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from msgspec.structs import replace

from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn


class Section(Node, frozen=True, kw_only=True):
    """Goes to the node that the workflow's sections name."""

    kind: ClassVar[str] = "section"
    section: str

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The section's name."""
        return {"section": members.text("section")}

    def placed(self, sections: Mapping[str, int], members: Members) -> Self:
        """With the section's first node as its only child."""
        target = sections.get(self.section)
        if target is None:
            if self.section:
                members.fault("section", f"{self.section!r} is none of the workflow's sections")
            return self
        return replace(self, children=(target,))

    def enter(self, turn: Turn) -> Move:
        """On."""
        del turn
        return Go(self.first)
