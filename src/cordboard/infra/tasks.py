"""Work beside what its owner does: started freely, ended with the owner, never failing unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import structlog

Start: TypeAlias = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
"""`Tasks.start`, for whoever may start work but not end it."""

_log = structlog.get_logger(__name__)


class Tasks:
    """Tasks that live no longer than their owner, who awaits `settle` or `close`."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Starts something; what it raises is logged, and ends nothing but itself."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    async def settle(self, seconds: float) -> None:
        """Waits for what runs, for a while, and cancels the rest."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=seconds)
        await self.close()

    async def close(self) -> None:
        """Cancels what still runs."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("task.failed", work=repr(task.get_coro()), exc_info=error)
