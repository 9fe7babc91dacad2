"""The voice role: SIP and call control."""

from __future__ import annotations

import asyncio

from cordboard.infra.db.pool import Wakeups
from cordboard.run.platform import Platform
from cordboard.run.reaper import reaper_of
from cordboard.run.roles.common import Work, background, clock_loops
from cordboard.run.voice import build_voice, loops_of_voice, node_name


async def run(platform: Platform, stopping: asyncio.Event) -> None:
    """Takes and makes calls; on `stopping` it takes no new ones and lets those that are live end."""
    process = build_voice(platform, platform.settings.trunks, node_name(), sandbox=platform.settings.sandbox_enabled)
    wakeups = Wakeups(platform.database)
    loops: dict[str, Work] = {**loops_of_voice(process, wakeups), "reaper": reaper_of(platform).run}
    async with background({**loops, **clock_loops(platform, wakeups)}):
        await process.start()
        try:
            await stopping.wait()
        finally:
            await process.stop()
