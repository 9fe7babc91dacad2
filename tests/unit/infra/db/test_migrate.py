"""Migrations: from nothing to the newest revision, once, whoever comes at the same time."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.conftest import named

from cordboard.infra.db.migrate import current_revision, migrate, newest_revision


@pytest.fixture
async def empty_url(server_url: str) -> AsyncIterator[str]:
    """A database without a table."""
    name = f"cordboard_empty_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(server_url)
    await admin.execute(f"create database {name}")
    yield named(server_url, name)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


async def test_many_nodes_may_start_at_once(empty_url: str) -> None:
    assert await current_revision(empty_url) is None
    assert await asyncio.gather(*(migrate(empty_url) for _ in range(3))) == [newest_revision()] * 3
    assert await current_revision(empty_url) == newest_revision()


async def test_again_changes_nothing(database_url: str) -> None:
    async def tables() -> list[str]:
        connection = await asyncpg.connect(database_url)
        rows = await connection.fetch("select oid::text || relname as name from pg_class order by oid")
        await connection.close()
        return [row["name"] for row in rows]

    before = await tables()
    assert before
    assert await migrate(database_url) == newest_revision()
    assert await tables() == before
