"""Work under way, by the step of the command that asked for it: so that it can be given up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

Outcome = TypeVar("Outcome")


class Steps(Generic[Outcome]):
    """Of one hand."""

    def __init__(self) -> None:
        self._tasks: dict[int, asyncio.Task[Outcome]] = {}

    async def run(self, step: int, work: Coroutine[Any, Any, Outcome]) -> Outcome | None:
        """What the work comes to; None when it was given up."""
        task = self._tasks[step] = asyncio.create_task(work)
        try:
            return await task
        except asyncio.CancelledError:
            if not task.cancelled():
                raise
            return None
        finally:
            task.cancel()
            self._tasks.pop(step, None)

    def give_up(self, step: int) -> None:
        """Cancels the work of a step; harmless when it is done."""
        if task := self._tasks.get(step):
            task.cancel()
