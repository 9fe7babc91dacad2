"""Filling statistics from the logs, an hour of them at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog

from cordboard.domain.reporting.repository import rebuilding
from cordboard.infra.db import Database
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.kit.clock import Clock, monotonic

_SLICE_SECONDS: Final = 30.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RebuildStatistics:
    """The verb, as a handler of jobs. Each hour is a transaction of its own, which says how far the filling has come:
    one that is cut off goes on where it was. After a while the rest is left to a job of its own, well within a lease.
    """

    clock: Clock
    database: Database

    async def __call__(self, job: Job) -> None:
        """Fills what is missing."""
        until = monotonic() + _SLICE_SECONDS
        while monotonic() < until:
            async with self.database.transaction() as tx:
                rebuild = await rebuilding.lock(tx)
                if rebuild is None:
                    return
                filled_from = await rebuilding.fill(tx, rebuild)
            if filled_from is None:
                _log.info("statistics.filled")
                return
        _log.info("statistics.filling", filled_from=filled_from)
        async with self.database.transaction() as tx:
            await enqueue(tx, [Job(job.kind, job.account_id, {}, self.clock.now())])
