"""One owner a bind in the whole installation: whoever holds its advisory lock runs it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import structlog

from cordboard.infra.db import Database, Tx

_LOCK: Final = 0x62696E64  # "bind"
_ASK_AGAIN: Final = 2.0
_CHECK_SECONDS: Final = 3.0
_log = structlog.get_logger(__name__)


async def run_owned(
    database: Database, name: str, work: Callable[[], Awaitable[None]], *, stopping: asyncio.Event
) -> None:
    """Waits for the ownership of `name`, runs `work` while it lasts, and begins anew when it is lost; until `stopping`.

    The lock lives on a connection of its own: a dead owner's lock is free as soon as the server sees its connection
    gone. An owner that cannot reach the server stops its work at once, for somebody else may own it by now.
    """
    while not stopping.is_set():
        try:
            async with database.dedicated() as connection:
                if await connection.fetchval("select pg_try_advisory_lock($1, hashtext($2))", _LOCK, name):
                    await _work_while_owner(connection, work)
                    if stopping.is_set():
                        return
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("ownership.database_away", name=name, error=repr(error))
        await _pause(stopping, _ASK_AGAIN)


async def _work_while_owner(connection: Tx, work: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.ensure_future(work())
    watch = asyncio.create_task(_until_lost(connection))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        for one in (task, watch):
            one.cancel()
        await asyncio.gather(task, watch, return_exceptions=True)


async def _until_lost(connection: Tx) -> None:
    """Returns when the connection no longer answers."""
    while True:
        await asyncio.sleep(_CHECK_SECONDS)
        try:
            await connection.fetchval("select 1", timeout=_CHECK_SECONDS)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
