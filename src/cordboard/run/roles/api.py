"""The api role: HTTP and WebSockets."""

from __future__ import annotations

import asyncio
from functools import partial

from cordboard.domain.inbox.feed import CHANNEL as INBOX
from cordboard.domain.live_lists.signals import CHANNEL as LIVE_LISTS
from cordboard.edge.api.frame.server import listen, make_server
from cordboard.infra.db.pool import Wakeups
from cordboard.infra.processes import raise_file_limit
from cordboard.run.api import build_api
from cordboard.run.platform import Platform
from cordboard.run.roles.common import RoleError, Work, background, clock_loops, either

_MOST_FILES = 20_000  # WebSockets stay open


async def run(platform: Platform, stopping: asyncio.Event) -> None:
    """Serves HTTP; on `stopping` it accepts nothing new and finishes the requests under way."""
    raise_file_limit(_MOST_FILES)
    http = platform.settings.http
    listener = listen(http.host, http.port, shared=True)
    server = make_server(build_api(platform))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    wakeups = Wakeups(platform.database)
    wakeups.on(LIVE_LISTS, platform.live_lists.hub.notified)
    feed: dict[str, Work] = {INBOX: partial(platform.inbox.hub.run, wakeups.event(INBOX))}
    async with background({**feed, **clock_loops(platform, wakeups)}):
        await either(serving, stopping)
        server.should_exit = True
        await serving
    if not stopping.is_set():
        raise RoleError("the HTTP server ended by itself")
