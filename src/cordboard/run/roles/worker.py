"""The worker role: outbox, timers, jobs, webhooks, upkeep."""

from __future__ import annotations

import asyncio
from functools import partial

from cordboard.infra.db.pool import Wakeups
from cordboard.run.depths import watch_depths
from cordboard.run.platform import Platform
from cordboard.run.reaper import reaper_of
from cordboard.run.roles.common import Work, background, clock_loops
from cordboard.run.upkeep import upkeep_of
from cordboard.run.worker import build_worker, loops_of

_UPKEEP = "upkeep"


async def run(platform: Platform, stopping: asyncio.Event) -> None:
    """Runs the loops; on `stopping` it finishes the jobs under way."""
    wakeups = Wakeups(platform.database)
    loops: dict[str, Work] = {
        **loops_of(build_worker(platform), wakeups),
        _UPKEEP: partial(upkeep_of(platform).run, wakeups.event(_UPKEEP)),
        "depths": partial(watch_depths, platform.database),
        "reaper": reaper_of(platform).run,
        "contacts": platform.contact_tools.index.run,
    }
    async with background({**loops, **clock_loops(platform, wakeups)}):
        await stopping.wait()
