"""`cordboard serve`: the database, what has to be done before the roles, the roles, and their end in reverse order."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import select
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from cordboard.edge.api.frame.server import listen
from cordboard.infra.db.embedded import running_url
from cordboard.run.announcing import Announcer
from cordboard.run.first_start import prepare
from cordboard.run.opening import POSTGRES_FOLDER, StartError, embedded_server
from cordboard.run.settings import ROLES, Settings
from cordboard.run.supervisor import METRICS_FOLDER, Stop, Supervisor

_PORT_PATIENCE_SECONDS = 5.0
_ANSWER_SECONDS = 60.0
_PAUSE = 0.1
_ON_LINUX = frozenset({"voice", "media"})


async def serve(settings: Settings, only: Sequence[str], announcer: Announcer) -> None:
    """Runs every role, or `only` some, until SIGTERM or SIGINT; the second signal hurries. Raises StartError."""
    stop = Stop(asyncio.Event(), asyncio.Event())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.signal)
    roles = roles_here(only)
    async with _database(settings, only) as url:
        if "api" in roles:
            await _check_port("http", settings.http.host, settings.http.port, listen)
        if "voice" in roles:
            await _check_port("sip", settings.sip.host, settings.sip.port, _listen_udp)
        login = await prepare(settings, url)
        if login:
            announcer.admin(login)
        if not stop.requested.is_set():
            await _supervise(settings, url, roles, announcer, stop)
    announcer.stopped()


def roles_here(only: Sequence[str]) -> Sequence[str]:
    """`only` some, or every role that runs on this system: the media engine waits by epoll and asks for a real-time
    class, so there are calls on Linux alone. Raises StartError.
    """
    if hasattr(select, "epoll"):
        return only or ROLES
    if unfit := _ON_LINUX.intersection(only):
        raise StartError(f"--role {', '.join(sorted(unfit))}: calls need Linux; leave it out")
    return only or [role for role in ROLES if role not in _ON_LINUX]


async def _supervise(settings: Settings, url: str, roles: Sequence[str], announcer: Announcer, stop: Stop) -> None:
    connected = msgspec.structs.replace(settings, database=msgspec.structs.replace(settings.database, url=url))
    copies = {"api": settings.http.processes, "media": settings.voice.media_processes}
    processes = [role for role in roles for _ in range(copies.get(role, 1))]
    with tempfile.TemporaryDirectory(prefix="cordboard-metrics-", ignore_cleanup_errors=True) as metrics:
        supervisor = Supervisor(processes, connected, {METRICS_FOLDER: metrics})
        async with asyncio.TaskGroup() as group:
            running = group.create_task(supervisor.run(stop))
            if "api" in roles and not await _answers(settings.http.host, settings.http.port, stop):
                announcer.slow()
            elif not stop.requested.is_set():
                announcer.ready(settings, roles)
            await running


@contextlib.asynccontextmanager
async def _database(settings: Settings, only: Sequence[str]) -> AsyncIterator[str]:
    """The configured server; else the embedded one, ours to start and stop unless only some roles are to run."""
    if settings.database.url:
        yield settings.database.url
    elif only:
        url = running_url(settings.data_path / POSTGRES_FOLDER)
        if url is None:
            raise StartError(
                "with --role the database must be there: set database.url, or start `cordboard serve` on"
                f" {settings.data_path} first"
            )
        yield url
    else:
        async with embedded_server(settings) as url:
            yield url


async def _check_port(section: str, host: str, port: int, listening: Callable[[str, int], socket.socket]) -> None:
    """Makes sure that nobody listens there: the roles share the API's port, and would share it with a stranger too; a
    role
    that cannot listen would be started again and again. Those of a supervisor that was killed leave it within moments.
    Raises StartError.
    """
    deadline = asyncio.get_running_loop().time() + _PORT_PATIENCE_SECONDS
    while True:
        try:
            listening(host, port).close()
        except OSError as error:
            if error.errno == errno.EADDRINUSE and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(_PAUSE)
                continue
            raise StartError(
                f"{section}.host, {section}.port: cannot listen on {host} port {port}: {error.strerror};"
                " end the program that does, or set another port"
            ) from error
        return


def _listen_udp(host: str, port: int) -> socket.socket:
    probe = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        probe.bind((host, port))
    except OSError:
        probe.close()
        raise
    return probe


async def _answers(host: str, port: int, stop: Stop) -> bool:
    """Waits until the API takes connections; False when that takes suspiciously long."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (told apart, not bound)
    for _ in range(int(_ANSWER_SECONDS / _PAUSE)):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(target, port)
            writer.close()
            return True
        if stop.requested.is_set():
            return True
        await asyncio.sleep(_PAUSE)
    return False
