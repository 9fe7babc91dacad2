"""Time delay: a wait for a time, or until a time."""

from __future__ import annotations

from typing import Any, ClassVar

from cordboard.engines.workflow.delays import Delay, ends_at, read_delay
from cordboard.engines.workflow.moves import Go, Move, Sleep
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.reading import Members
from cordboard.engines.workflow.turn import Turn


class TimeDelay(Node, frozen=True, kw_only=True):
    """Waits as its delay says."""

    kind: ClassVar[str] = "timeDelay"
    waits: ClassVar[bool] = True
    delay: Delay

    @classmethod
    def fields(cls, members: Members) -> dict[str, Any]:
        """The delay."""
        return {"delay": read_delay(members)}

    def enter(self, turn: Turn) -> Move:
        """Waits, unless it is time already."""
        until = ends_at(self.delay, turn)
        return Sleep(until) if until > turn.world.now else Go(self.first)
