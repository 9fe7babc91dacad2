"""What has to be done now and then whatever happens: partitions made and dropped, old keys forgotten."""

from __future__ import annotations

import asyncio

import structlog

from cordboard.edge.api.frame import idempotency
from cordboard.infra.db import Database
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.infra.db.pool import wait_for_work
from cordboard.kit.clock import Clock

_EVERY_SECONDS = 3600.0
_log = structlog.get_logger(__name__)


class Upkeep:
    """Repeats the upkeep every hour, and when business time jumps."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def run(self, wakeup: asyncio.Event) -> None:
        """Works until cancelled; `wakeup` calls for a round at once."""
        while True:
            await self.once()
            await wait_for_work(wakeup, _EVERY_SECONDS)

    async def once(self) -> None:
        """One round."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            touched = await maintain_partitions(tx, now)
        async with self._database.transaction() as tx:
            await idempotency.forget_old(tx, now)
        if touched:
            _log.info("upkeep.partitions", touched=touched)
