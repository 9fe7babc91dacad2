"""What the processes of all roles have in common: the platform opened, loops kept going, the end in good order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import structlog

from cordboard.infra import memory
from cordboard.infra.db.business_clock import CHANNEL as CLOCK
from cordboard.infra.db.pool import Wakeups
from cordboard.kit.backoff import exponential
from cordboard.kit.clock import SystemClock, monotonic
from cordboard.run.clock_follower import ClockFollower
from cordboard.run.opening import DATABASE_AWAY, open_platform
from cordboard.run.platform import Platform
from cordboard.run.settings import Settings

_LONGEST_PAUSE = 10.0
_log = structlog.get_logger(__name__)

Work = Callable[[], Awaitable[None]]
RoleWork = Callable[[Platform, asyncio.Event], Awaitable[None]]


class RoleError(Exception):
    """A role ended without being asked to."""


async def run_role(work: RoleWork, settings: Settings, stopping: asyncio.Event) -> None:
    """Does the work of a role on the database of the settings until `stopping`, then drains."""
    async with contextlib.AsyncExitStack() as stack:
        opening = asyncio.create_task(stack.enter_async_context(open_platform(settings, settings.database.url)))
        await either(opening, stopping)
        if not opening.done():  # it still waits for its database: there is nothing to drain
            opening.cancel()
            await asyncio.wait([opening])
            return
        platform = await opening
        memory.settle()
        await work(platform, stopping)


async def keep_going(name: str, work: Work) -> None:
    """Runs `work` until it is cancelled; begins anew, with growing pauses, while the database is away."""
    failures = 0
    while True:
        began = monotonic()
        try:
            await work()
        except DATABASE_AWAY as error:
            _log.warning("loop.failed", loop=name, error=repr(error))
        failures = failures if monotonic() - began < _LONGEST_PAUSE else 0
        await asyncio.sleep(exponential(min(failures, 5), base=0.5, ceiling=_LONGEST_PAUSE))
        failures += 1


def clock_loops(platform: Platform, wakeups: Wakeups) -> dict[str, Work]:
    """The loops that listen, and that keep the process on the installation's business time."""
    loops: dict[str, Work] = {}
    if isinstance(platform.clock, SystemClock):
        follower = ClockFollower(platform.database, platform.clock, wakeups.wake_all)
        loops[CLOCK] = partial(follower.run, wakeups.event(CLOCK))
    loops["wakeups"] = wakeups.run
    return loops


@contextlib.asynccontextmanager
async def background(loops: Mapping[str, Work]) -> AsyncIterator[None]:
    """Keeps the loops going while the block runs, and lets them end after it. A loop that breaks ends the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(keep_going(name, work)) for name, work in loops.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def either(task: asyncio.Task[Any], stopping: asyncio.Event) -> None:
    """Waits until the task ends or `stopping` is set."""
    asked = asyncio.create_task(stopping.wait())
    await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
