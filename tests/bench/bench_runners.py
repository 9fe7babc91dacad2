"""Runners: how fast one request puts contacts in line, what memory that takes, and how fast runners let them in.

One process and one PostgreSQL share this machine. Durability is as PostgreSQL ships it. `--scale 0.1` for a quick look.
"""

from __future__ import annotations

import asyncio
import resource
import tempfile
from pathlib import Path
from typing import Final
from uuid import UUID

import uvloop
from tests.bench.own_campaigns import OwnCampaigns, until_done
from tests.bench.own_database import measure, print_rate

from cordboard.domain.workflows.runners.filling import FILL_JOB
from cordboard.domain.workflows.runners.models import AUTOMATIC, Runner, RunnerRequest
from cordboard.domain.workflows.runners.service import RUNNER_TIMER
from cordboard.infra.db import Database
from cordboard.infra.jobs.queue import JobLoop
from cordboard.infra.jobs.timers import TimerLoop
from cordboard.kit.clock import monotonic

_LINE: Final = 1_000_000
_PACED: Final = 20_000
_UNLIMITED: Final = 50_000
_SENDERS: Final = 100
"""They send 10,000 a second together, which is more than a runner lets in."""
_AT_ONCE: Final = 8
_KIBIBYTES: Final = 1024


class Bench:
    """The figures, one method each."""

    def __init__(self, database: Database, scale: float, folder: Path) -> None:
        self._scale = scale
        self._own = OwnCampaigns(database, folder, senders=_SENDERS)
        self._timers = TimerLoop(database, self._own.clock)
        self._timers.handle(RUNNER_TIMER, self._own.platform.campaigns.runners.tick)

    async def run(self) -> None:
        """Prints the figures."""
        await self._own.found()
        campaign = await self._own.campaign([{"id": 1, "type": "control", "children": []}])
        await self.queueing(campaign)
        paced = max(1000, int(_PACED * self._scale))
        await self.entering("runner with a period of 1 ms", await self._made(campaign, paced, 1, 1))
        for runners in (1, _AT_ONCE):
            count = max(2000, int(_UNLIMITED * self._scale))
            made = await self._made(campaign, count, runners, AUTOMATIC)
            await self.entering(f"automatic runners that nothing limits, {runners} at once", made)

    async def queueing(self, campaign: UUID) -> None:
        """One request with statements that hold for all contacts."""
        count = int(_LINE * self._scale)
        await self._own.crowd(count)
        fill = JobLoop(self._own.database, self._own.clock)
        fill.handle(FILL_JOB, self._own.platform.campaigns.fill)
        statement = {"variable": "firstname", "operation": "equals", "value": "Ann"}
        before, started = _peak_mib(), monotonic()
        await self._add(campaign, RunnerRequest(statements=(statement,)))
        answered = monotonic() - started
        await until_done(fill)
        print_rate("contacts put in line by statements", count, monotonic() - started)
        print(f"the request was answered after {answered:.2f} s; memory grew by {_peak_mib() - before:.0f} MiB")
        queued = await self._own.value("select queued from runners")
        assert queued == count, queued

    async def entering(self, what: str, made: list[Runner]) -> None:
        """Runners until all of their contacts have entered, with the part of the time that was work."""
        started, worked = monotonic(), 0.0
        while await self._own.value("select count(*) from runners where state = 'in_progress'"):
            begun = monotonic()
            fired = await self._timers.fire_due()
            worked += monotonic() - begun if fired else 0.0
            await asyncio.sleep(0 if fired else 0.005)
        count = sum(one.queued for one in made)
        print_rate(what, count, monotonic() - started)
        print(f"the ticks took {worked:.1f} s of that: {count / worked:,.0f}/s")
        entered = await self._own.value("select count(*) from runs where batch_id = any($1)", [one.id for one in made])
        assert entered == count, entered

    async def _made(self, campaign: UUID, contacts: int, runners: int, period_ms: int) -> list[Runner]:
        """Runners that have begun, of so many contacts together."""
        lists = [await self._own.people(contacts // runners) for _ in range(runners)]
        requests = [RunnerRequest(contact_ids=tuple(people), start=True, period_ms=period_ms) for people in lists]
        return [await self._add(campaign, request) for request in requests]

    async def _add(self, campaign: UUID, request: RunnerRequest) -> Runner:
        async with self._own.database.transaction() as tx:
            return await self._own.platform.campaigns.runners.add(tx, self._own.account, campaign, request)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIBIBYTES


async def _run(database: Database, scale: float) -> None:
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        await Bench(database, scale, Path(folder)).run()


if __name__ == "__main__":
    uvloop.run(measure(_run, __doc__, size=10))
