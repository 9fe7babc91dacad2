"""The database of the tests: one server a session, one migrated template, a clone of it for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from tests.harness import Api, open_api

from cordboard.infra import memory
from cordboard.infra.db import Database
from cordboard.infra.db.embedded import EmbeddedPostgres
from cordboard.infra.db.migrate import migrate
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.testing.clock import VirtualClock

TEST_DATABASE = "CORDBOARD_TEST_DATABASE_URL"
_TEMPLATE = f"cordboard_template_{os.getpid()}"
_MEMORY = Path("/dev/shm")
_ENOUGH_MEMORY = 4 * 1024**3
_UNSAFE_BUT_FAST = ("fsync", "full_page_writes", "synchronous_commit")

# How long a generator takes says how busy the machine is: the first one of text reads the whole of Unicode.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_collection_finish() -> None:
    """Tests collect garbage as rarely as the processes of an installation."""
    memory.settle()


@pytest.fixture(scope="session")
async def server_url() -> AsyncIterator[str]:
    """A PostgreSQL to work on: the one that the environment names, else the embedded one.

    It lives outside of pytest's own folders: those are closed to others each time that a run starts, and under root the
    server runs as somebody else.
    """
    if given := os.environ.get(TEST_DATABASE):
        yield given
        return
    place = _in_memory()
    with tempfile.TemporaryDirectory(prefix="cordboard-tests-", dir=place, ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder))
        url = await server.start()
        connection = await asyncpg.connect(url)
        for name in _UNSAFE_BUT_FAST:
            await connection.execute(f"alter system set {name} = off")
        await connection.execute("select pg_reload_conf()")
        await connection.close()
        yield url
        server.stop()


def _in_memory() -> Path | None:
    """Where files are kept in memory, if there is enough of it: every test copies a database, which takes a fifth of
    the time there.
    """
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH_MEMORY else None


@pytest.fixture(scope="session")
async def template(server_url: str) -> AsyncIterator[str]:
    """The name of a migrated database with the partitions around the virtual clock's start."""
    admin = await asyncpg.connect(server_url)
    await admin.execute(f"create database {_TEMPLATE}")
    url = named(server_url, _TEMPLATE)
    await migrate(url)
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await maintain_partitions(connection, VirtualClock().now())
    await connection.close()
    yield _TEMPLATE
    await admin.execute(f"drop database {_TEMPLATE} with (force)")
    await admin.close()


@pytest.fixture
async def database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """A fresh database for one test."""
    name = f"cordboard_test_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(server_url)
    await admin.execute(f"create database {name} template {template} strategy file_copy")  # a fifth of the time
    yield named(server_url, name)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on the test's database."""
    opened = await Database.connect(database_url, size=5)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> VirtualClock:
    """The test's business clock."""
    return VirtualClock()


@pytest.fixture
async def api(database: Database, clock: VirtualClock, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """The whole platform in this process, with its real HTTP application."""
    async with open_api(database, clock, tmp_path_factory.mktemp("data")) as opened:
        yield opened


def named(url: str, database: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
