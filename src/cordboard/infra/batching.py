"""Group commit: callers who come at the same time share one transaction, so that a busy server does less work for
each.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

Item = TypeVar("Item")
Result = TypeVar("Result")

_log = structlog.get_logger(__name__)


class Batcher(Generic[Item, Result]):
    """Hands items to `work` in batches, and each caller its own result.

    A batch is whatever came while the ones before it were at work: nobody waits for company. `work` answers one result
    an
    item, in order. When a batch fails, its items are tried alone, so that one bad item does not fail its neighbours. An
    item that was handed over is worked on even if its caller goes away.
    """

    def __init__(
        self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], *, largest: int = 100, at_once: int = 2
    ) -> None:
        self._work = work
        self._largest = largest
        self._free = at_once
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def __call__(self, item: Item) -> Result:
        """The result of `item`. Raises what `work` raised for it."""
        return await asyncio.shield(self.submit(item))

    def submit(self, item: Item) -> asyncio.Future[Result]:
        """Hands over `item` without waiting; the answer gets its result, or what `work` raised for it."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._start()
        return future

    def _start(self) -> None:
        while self._free and self._waiting:
            size = min(self._largest, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(size)]
            self._free -= 1
            task = asyncio.create_task(self._run(batch))
            self._running.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._free += 1
        self._start()

    async def _run(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._work([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001  (it reaches the caller whose item raised it)
            if len(batch) == 1:
                _refuse(batch[0][1], error)
                return
            _log.warning("batch.failed", size=len(batch), error=repr(error))
            for one in batch:
                await self._run([one])
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)


def _refuse(future: asyncio.Future[Result], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # the caller may have gone: then nobody else will look at it
