"""Statistics: what customers ask for, and filling them anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.reporting.models import NOBODY, RETENTION, MinuteBucket, TrafficQuery, TrafficRow
from cordboard.domain.reporting.repository import campaign_days, exports, figures, rebuilding
from cordboard.infra.db import Tx
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.kit.clock import Clock

REBUILD_JOB: Final = "reporting.rebuild"
_MARGIN: Final = timedelta(minutes=2)
"""How far ahead the cutoff of a filling lies, at most, and how long afterwards the logs are read: what has happened by
then is committed by then.
"""
_EXPORTS_KEPT: Final = timedelta(days=90)


class StatisticsService:
    """The verbs of statistics."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def by_minutes(
        self, tx: Tx, account_id: UUID, start: datetime, end: datetime, size: int
    ) -> list[MinuteBucket]:
        """Buckets of `size` minutes from `start` until the last one that begins before `end`, those in which nothing
        happened among them (request 144). Both times are whole minutes.
        """
        found = {bucket.starts_at: bucket for bucket in await figures.minutes(tx, account_id, start, end, size)}
        step = timedelta(minutes=size)
        return [found.get(moment) or MinuteBucket(starts_at=moment) for moment in _moments(start, end, step)]

    async def traffic(self, tx: Tx, account_id: UUID, wanted: TrafficQuery) -> tuple[list[TrafficRow], bool]:
        """A page of rows in which there was traffic (requests 145, 146), and whether there are more."""
        rows = await figures.traffic(tx, account_id, replace(wanted, limit=wanted.limit + 1))
        return rows[: wanted.limit], len(rows) > wanted.limit

    async def rebuild(self, tx: Tx) -> bool:
        """Forgets all statistics and fills them anew from the logs, the newest hours first; False where the logs are
        empty. For an installation whose events were not counted for a while.
        """
        cutoff = self._clock.now().replace(second=0, microsecond=0) + _MARGIN
        if not await rebuilding.restart(tx, cutoff):
            return False
        await enqueue(tx, [Job(REBUILD_JOB, NOBODY, {}, cutoff + _MARGIN)])
        return True

    async def forget_old(self, tx: Tx) -> None:
        """Removes what nobody asks for any more; for a daily job. Statistics go by the month, with their partitions."""
        now = self._clock.now()
        await exports.forget_before(tx, now - _EXPORTS_KEPT)
        await campaign_days.forget(tx, (now - RETENTION).date())


def _moments(start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while start < end:
        yield start
        start += step
