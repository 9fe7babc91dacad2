"""Keeps a process's clock on the installation's business time, which the sandbox may move."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cordboard.infra.db import Database
from cordboard.infra.db.business_clock import read_offset
from cordboard.infra.db.pool import wait_for_work
from cordboard.kit.clock import SystemClock

_POLL_SECONDS = 5.0


class ClockFollower:
    """Moves `clock` when it is told to, and then calls `moved`, so that whoever waits for a time looks again."""

    def __init__(self, database: Database, clock: SystemClock, moved: Callable[[], None]) -> None:
        self._database = database
        self._clock = clock
        self._moved = moved

    async def run(self, wakeup: asyncio.Event) -> None:
        """Follows until cancelled."""
        while True:
            await self.catch_up()
            await wait_for_work(wakeup, _POLL_SECONDS)

    async def catch_up(self) -> None:
        """Reads the offset, and applies it where it has changed."""
        async with self._database.connection() as connection:
            offset = await read_offset(connection)
        if offset != self._clock.offset:
            self._clock.offset = offset
            self._moved()
