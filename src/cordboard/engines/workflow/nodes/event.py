"""Event: a condition that waits for something to happen, or for its time to run out."""

from __future__ import annotations

from typing import Any, ClassVar

from cordboard.engines.workflow.delays import Delay, ends_at, read_delay
from cordboard.engines.workflow.inputs import Due, Input
from cordboard.engines.workflow.moves import Go, Listen, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.nodes.branch import Branch, read_branches, taken, ways_of
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn


class Event(Node, frozen=True, kw_only=True):
    """Goes on at once when a condition holds already, else when one comes to hold. A condition for everything else
    counts once one of the variables that the others name has a value: until then nothing has happened yet.
    """

    kind: ClassVar[str] = "event"
    waits: ClassVar[bool] = True
    conditions: tuple[Branch, ...]
    delay: Delay | None
    timeout_path: int | None

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The conditions, and how long they are waited for: for ever where nothing says."""
        timeout = members.inside("timeoutData")
        limited = members.has("timeoutData")
        return {
            "conditions": read_branches(members),
            "delay": read_delay(timeout) if limited else None,
            "timeout_path": timeout.integer("timeoutPath") if limited else None,
        }

    @property
    def ways(self) -> tuple[int, ...]:
        """The conditions' and the one of time run out."""
        late = () if self.timeout_path is None else (self.timeout_path,)
        return (*ways_of(self.conditions), *late)

    def enter(self, turn: Turn) -> Move:
        """Decides, or listens."""
        path = self._decided(turn)
        if path is not None:
            return Go(path)
        return Listen(ends_at(self.delay, turn) if self.delay else None)

    def resume(self, turn: Turn, given: Input) -> Move:
        """Something was told, or the time has run out."""
        if isinstance(given, Due):
            return Go(self.timeout_path)
        path = self._decided(turn)
        return Listen(turn.until) if path is None else Go(path)

    def _decided(self, turn: Turn) -> int | None:
        values = turn.values()
        named = [one.variable for branch in self.conditions for one in branch.statements if one.variable]
        happened = not named or any(values.get(name) for name in named)
        counting = tuple(branch for branch in self.conditions if happened or not branch.is_otherwise)
        return taken(counting, turn)
