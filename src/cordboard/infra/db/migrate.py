"""Migrations: Alembic revisions, each a plain SQL file, run under an advisory lock so that many nodes may start at
once.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x636F7264  # "cord"


async def migrate(url: str) -> str:
    """Brings the database at `url` to the newest revision and answers it. Waits for another node that is at it."""
    lock = await asyncpg.connect(url)
    try:
        await lock.execute(f"select pg_advisory_lock({_LOCK})")
        config = _config(url)
        await asyncio.to_thread(command.upgrade, config, "head")
        return ScriptDirectory.from_config(config).get_current_head() or ""
    finally:
        await lock.close()


async def current_revision(url: str) -> str | None:
    """The revision that the database is at; None before the first migration."""
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("select to_regclass('alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval("select version_num from alembic_version")
        return revision
    finally:
        await connection.close()


def newest_revision() -> str:
    """The revision that this code wants."""
    return ScriptDirectory.from_config(_config("postgresql://")).get_current_head() or ""


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = make_url(url).set(drivername="postgresql+asyncpg")
    return config
