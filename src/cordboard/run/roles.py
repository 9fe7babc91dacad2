"""What the process of each role does, from its first connection to its last answer."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import structlog

from cordboard.edge.api.frame.server import listen, make_server
from cordboard.infra.db.business_clock import CHANNEL as CLOCK
from cordboard.infra.db.pool import Wakeups
from cordboard.kit.backoff import exponential
from cordboard.kit.clock import SystemClock
from cordboard.run.api import build_api
from cordboard.run.carriers import build_carriers
from cordboard.run.clock_follower import ClockFollower
from cordboard.run.depths import watch_depths
from cordboard.run.message_carriers import build_message_carriers
from cordboard.run.opening import DATABASE_AWAY, open_platform
from cordboard.run.platform import Platform
from cordboard.run.settings import Settings
from cordboard.run.upkeep import Upkeep
from cordboard.run.worker import build_worker, loops_of

_UNBIND_SECONDS = 15.0
_LONGEST_PAUSE = 10.0
_UPKEEP = "upkeep"
# Little of what requests make is cyclic; a collection every few hundred objects only adds to their latency.
_RARE_COLLECTIONS = (20_000, 20, 50)
_log = structlog.get_logger(__name__)

Work = Callable[[], Awaitable[None]]


class RoleError(Exception):
    """A role ended without being asked to."""


async def run_role(role: str, settings: Settings, stopping: asyncio.Event) -> None:
    """Works as `role` on the database of the settings until `stopping`, then drains."""
    async with contextlib.AsyncExitStack() as stack:
        opening = asyncio.create_task(stack.enter_async_context(open_platform(settings, settings.database.url)))
        await _either(opening, stopping)
        if not opening.done():  # it still waits for its database: there is nothing to drain
            opening.cancel()
            await asyncio.wait([opening])
            return
        platform = await opening
        gc.collect()
        gc.freeze()  # what start-up made lives as long as the process: no collection need look at it again
        gc.set_threshold(*_RARE_COLLECTIONS)
        await {"api": run_api, "worker": run_worker, "smpp": run_smpp}[role](platform, stopping)


async def run_api(platform: Platform, stopping: asyncio.Event) -> None:
    """Serves HTTP; on `stopping` it accepts nothing new and finishes the requests under way."""
    http = platform.settings.http
    listener = listen(http.host, http.port, shared=True)
    server = make_server(build_api(platform))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    async with _background(_clock_loops(platform, Wakeups(platform.database))):
        await _either(serving, stopping)
        server.should_exit = True
        await serving
    if not stopping.is_set():
        raise RoleError("the HTTP server ended by itself")


async def run_worker(platform: Platform, stopping: asyncio.Event) -> None:
    """Runs the loops; on `stopping` it finishes the jobs under way."""
    wakeups = Wakeups(platform.database)
    loops: dict[str, Work] = {
        **loops_of(build_worker(platform), wakeups),
        _UPKEEP: partial(upkeep_of(platform).run, wakeups.event(_UPKEEP)),
        "depths": partial(watch_depths, platform.database),
    }
    async with _background({**loops, **_clock_loops(platform, wakeups)}):
        await stopping.wait()


def upkeep_of(platform: Platform) -> Upkeep:
    """The upkeep of a platform."""
    return Upkeep(platform.database, platform.clock, accounts=platform.accounts, messaging=platform.messaging)


async def run_smpp(platform: Platform, stopping: asyncio.Event) -> None:
    """Runs the links to the carriers; on `stopping` it lets them finish their windows and unbind."""
    links = build_carriers(platform, build_message_carriers(platform))
    running = asyncio.create_task(links.run())
    async with _background(_clock_loops(platform, Wakeups(platform.database))):
        await _either(running, stopping)
        links.stop()
        try:
            async with asyncio.timeout(_UNBIND_SECONDS):
                await running
        except TimeoutError:
            _log.warning("smpp.unbind_timed_out")
    if not stopping.is_set():
        raise RoleError("the links to the carriers ended by themselves")


async def keep_going(name: str, work: Work) -> None:
    """Runs `work` until it is cancelled; begins anew, with growing pauses, while the database is away."""
    failures = 0
    while True:
        try:
            await work()
        except DATABASE_AWAY as error:
            _log.warning("loop.failed", loop=name, error=repr(error))
        await asyncio.sleep(exponential(min(failures, 5), base=0.5, ceiling=_LONGEST_PAUSE))
        failures += 1


def _clock_loops(platform: Platform, wakeups: Wakeups) -> dict[str, Work]:
    """The loops that listen, and that keep the process on the installation's business time."""
    loops: dict[str, Work] = {}
    if isinstance(platform.clock, SystemClock):
        follower = ClockFollower(platform.database, platform.clock, wakeups.wake_all)
        loops[CLOCK] = partial(follower.run, wakeups.event(CLOCK))
    loops["wakeups"] = wakeups.run
    return loops


@contextlib.asynccontextmanager
async def _background(loops: Mapping[str, Work]) -> AsyncIterator[None]:
    """Keeps the loops going while the block runs, and lets them end after it. A loop that breaks ends the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(keep_going(name, work)) for name, work in loops.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _either(task: asyncio.Task[Any], stopping: asyncio.Event) -> None:
    """Waits until the task ends or `stopping` is set."""
    asked = asyncio.create_task(stopping.wait())
    await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
