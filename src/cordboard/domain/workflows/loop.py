"""The loop that steps runs: it sleeps until the next one has something to do."""

from __future__ import annotations

import asyncio

import asyncpg
import structlog

from cordboard.domain.workflows.repository import runs
from cordboard.domain.workflows.use_cases.step_runs import StepRuns
from cordboard.infra.db import Database
from cordboard.infra.db.pool import wait_for_work
from cordboard.kit.clock import Clock

CHANNEL = runs.CHANNEL
ABREAST = 2
"""Batches at once: one is computed while the database works for the other."""
_LONGEST_SLEEP = 5.0
_REST_SECONDS = 1.0
_log = structlog.get_logger(__name__)


class RunLoop:
    """One of any number, in this process and others."""

    def __init__(self, database: Database, clock: Clock, step: StepRuns) -> None:
        self._database = database
        self._clock = clock
        self.step = step

    async def run(self, wakeup: asyncio.Event) -> None:
        """Steps until cancelled."""
        await asyncio.gather(*(self._run(wakeup) for _ in range(ABREAST)))

    async def _run(self, wakeup: asyncio.Event) -> None:
        while True:
            try:
                if not await self.step():
                    await wait_for_work(wakeup, await self._seconds_to_next())
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("workflows.database_away", error=repr(error))
                await asyncio.sleep(_REST_SECONDS)

    async def _seconds_to_next(self) -> float:
        async with self._database.connection() as connection:
            due = await runs.next_due(connection)
        if due is None:
            return _LONGEST_SLEEP
        return min(_LONGEST_SLEEP, max(0.05, (due - self._clock.now()).total_seconds()))
