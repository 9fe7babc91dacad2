"""What all nodes have in common. A type of node is a class of one file in `nodes/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import msgspec

from cordboard.engines.workflow.inputs import Input
from cordboard.engines.workflow.moves import Go, Move
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A node of a definition. `kind` is its type's name."""

    kind: ClassVar[str] = ""
    waits: ClassVar[bool] = False
    """Whether a run always waits here, so that a circle through it does not spin."""

    id: int
    children: tuple[int, ...] = ()

    @classmethod
    def read(cls, node_id: int, children: tuple[int, ...], members: Members) -> Self:
        """The node of its members; what is wrong with them goes to `members.fault`."""
        return cls(id=node_id, children=children, **cls.fields(members))

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The fields of the type, from its members."""
        return {}

    def placed(self, sections: Mapping[str, int], members: Members) -> Self:
        """The node with the sections that it names found; what cannot be found goes to `members.fault`."""
        del sections, members
        return self

    @property
    def ways(self) -> tuple[int, ...]:
        """Every node that may follow."""
        return self.children

    @property
    def first(self) -> int | None:
        """The child of a node that has one way."""
        return self.children[0] if self.children else None

    def enter(self, turn: Turn) -> Move:
        """What happens when the run comes here. Every type says it; a struct cannot be abstract."""
        raise NotImplementedError

    def resume(self, turn: Turn, given: Input) -> Move:
        """What happens when what the run waits for here has come."""
        del turn, given
        return Go(self.first)
