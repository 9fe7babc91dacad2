"""The smpp role: links to the carriers of messages."""

from __future__ import annotations

import asyncio

import structlog

from cordboard.infra.db.pool import Wakeups
from cordboard.run.carriers import build_carriers
from cordboard.run.message_carriers import build_message_carriers
from cordboard.run.platform import Platform
from cordboard.run.roles.common import RoleError, background, clock_loops, either

_UNBIND_SECONDS = 15.0
_log = structlog.get_logger(__name__)


async def run(platform: Platform, stopping: asyncio.Event) -> None:
    """Runs the links to the carriers; on `stopping` it lets them finish their windows and unbind."""
    links = build_carriers(platform, build_message_carriers(platform))
    running = asyncio.create_task(links.run())
    async with background(clock_loops(platform, Wakeups(platform.database))):
        await either(running, stopping)
        links.stop()
        try:
            async with asyncio.timeout(_UNBIND_SECONDS):
                await running
        except TimeoutError:
            _log.warning("smpp.unbind_timed_out")
    if not stopping.is_set():
        raise RoleError("the links to the carriers ended by themselves")
