"""Waiting for a database that is away for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import asyncpg
import structlog

from cordboard.kit.clock import monotonic

Result = TypeVar("Result")

UNREACHABLE: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)
"""What statements raise when the server cannot be reached, or goes away meanwhile; a wrong statement raises others."""

_PAUSE_SECONDS: Final = 0.25
_log = structlog.get_logger(__name__)


async def patiently(work: Callable[[], Awaitable[Result]], seconds: float) -> Result:
    """Does a transaction, again and again while the database is away, for so many seconds; then raises what the last
    try raised. One whose commit was not answered is done again, which it has to bear.
    """
    give_up = monotonic() + seconds
    told = False
    while True:
        try:
            return await work()
        except UNREACHABLE as error:
            if isinstance(error, ValueError) or monotonic() > give_up:  # ValueError: an argument of the wrong type
                raise
            if not told:
                told = True
                _log.warning("database.awaited", error=repr(error))
        await asyncio.sleep(_PAUSE_SECONDS)
