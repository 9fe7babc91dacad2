"""Where an installation's database is, and the platform on it: for `serve`, its roles and the one-off commands."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import structlog

from cordboard.infra.db import Database
from cordboard.infra.db.business_clock import read_offset
from cordboard.infra.db.embedded import EmbeddedPostgres, EmbeddedPostgresError, running_url
from cordboard.kit.backoff import exponential
from cordboard.kit.clock import SystemClock
from cordboard.run.platform import Platform, build_platform
from cordboard.run.settings import Settings

POSTGRES_FOLDER = "postgres"
DATABASE_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What statements raise while the database is away. A mistake in SQL is among it: it is logged and tried again."""

_LOCK_FILE = "serve.lock"
_CLOSE_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class StartError(Exception):
    """The platform cannot start; the text says why and what to do."""


@contextmanager
def hold_data_directory(directory: Path) -> Iterator[None]:
    """Keeps a second supervisor off the directory, until this process ends. Raises StartError."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / _LOCK_FILE).open("a+")
    except OSError as error:
        raise StartError(f"data_dir: {error}; make it writable, or set data_dir to another directory") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise StartError(
                f"another cordboard (process {file.read().strip() or 'unknown'}) runs on {directory};"
                " stop it, or set data_dir to another directory"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@asynccontextmanager
async def embedded_server(settings: Settings) -> AsyncIterator[str]:
    """The embedded PostgreSQL, ours alone and kept running until the block ends: its URL. Raises StartError."""
    with hold_data_directory(settings.data_path):
        server = EmbeddedPostgres(settings.data_path / POSTGRES_FOLDER)
        try:
            url = await server.start()
        except EmbeddedPostgresError as error:
            raise StartError(str(error)) from error
        watching = asyncio.create_task(server.keep_running())
        try:
            yield url
        finally:
            watching.cancel()
            await asyncio.wait([watching])
            await asyncio.to_thread(server.stop)


@asynccontextmanager
async def some_server(settings: Settings) -> AsyncIterator[str]:
    """The URL of the configured server, or the embedded one: as it runs, else started for the block. Raises
    StartError.
    """
    if url := settings.database.url or running_url(settings.data_path / POSTGRES_FOLDER):
        yield url
        return
    async with embedded_server(settings) as url:
        yield url


@asynccontextmanager
async def open_platform(settings: Settings, url: str) -> AsyncIterator[Platform]:
    """The platform on the database at `url`, waiting for it while it is away."""
    clock = SystemClock()
    database = await _connect_patiently(url, settings.database.pool)
    try:
        async with database.connection() as connection:
            clock.offset = await read_offset(connection)
        platform = build_platform(settings, database, clock)
    except BaseException:
        await database.close()
        raise
    try:
        yield platform
    finally:
        await _close(platform)


async def _connect_patiently(url: str, size: int) -> Database:
    attempt = 0
    while True:
        try:
            return await Database.connect(url, size=size)
        except DATABASE_AWAY as error:
            _log.warning("database.away", error=repr(error))
            await asyncio.sleep(exponential(attempt, base=0.5, ceiling=10))
            attempt += 1


async def _close(platform: Platform) -> None:
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await platform.close()
    except TimeoutError:
        _log.warning("database.close_timed_out")
