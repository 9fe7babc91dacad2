"""Waiting for a condition without polling: whoever changes something says so, and the waiters look again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Watch:
    """Wakes those who wait for a condition over a fake's state."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], object], asyncio.Future[None]]] = []

    def changed(self) -> None:
        """Say that the state changed. Costs next to nothing while nobody waits."""
        if not self._waiting:
            return
        for condition, future in self._waiting:
            if not future.done() and condition():
                future.set_result(None)
        self._waiting = [entry for entry in self._waiting if not entry[1].done()]

    async def until(self, condition: Callable[[], object], timeout: float) -> None:
        """Return when `condition()` is true; raises TimeoutError after `timeout` seconds."""
        if condition():
            return
        entry = (condition, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(timeout):
                await entry[1]
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)
