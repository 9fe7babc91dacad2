"""The api role: HTTP and WebSockets."""

from __future__ import annotations

import asyncio

from cordboard.edge.api.frame.server import listen, make_server
from cordboard.infra.db.pool import Wakeups
from cordboard.run.api import build_api
from cordboard.run.platform import Platform
from cordboard.run.roles.common import RoleError, background, clock_loops, either


async def run(platform: Platform, stopping: asyncio.Event) -> None:
    """Serves HTTP; on `stopping` it accepts nothing new and finishes the requests under way."""
    http = platform.settings.http
    listener = listen(http.host, http.port, shared=True)
    server = make_server(build_api(platform))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    async with background(clock_loops(platform, Wakeups(platform.database))):
        await either(serving, stopping)
        server.should_exit = True
        await serving
    if not stopping.is_set():
        raise RoleError("the HTTP server ended by itself")
