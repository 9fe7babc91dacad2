"""What nodes share that wait for an effect's answer."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from cordboard.engines.workflow.inputs import Answered, Input
from cordboard.engines.workflow.moves import Expect, Go, Move
from cordboard.engines.workflow.node import Node
from cordboard.engines.workflow.turn import Turn


class AnsweredNode(Node, frozen=True, kw_only=True):
    """Takes the answer's variables and goes on; without an answer it goes on after `patience` all the same."""

    patience: ClassVar[timedelta] = timedelta(hours=1)
    waits: ClassVar[bool] = True

    def expect(self, turn: Turn) -> Move:
        """Waits for the answer."""
        return Expect(turn.world.now + self.patience)

    def resume(self, turn: Turn, given: Input) -> Move:
        """The answer, or its absence."""
        if isinstance(given, Answered):
            turn.set_all(given.variables)
        else:
            turn.note("no answer came in time")
        return Go(self.first)
