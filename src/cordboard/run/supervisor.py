"""The supervisor: a process a role, started anew when it dies, drained when the platform stops.

A role gets its settings as one line of JSON on its standard input, which stays open: a role whose supervisor is killed
reads the end of it and stops.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from prometheus_client.multiprocess import mark_process_dead

from cordboard.kit.backoff import exponential
from cordboard.kit.clock import monotonic
from cordboard.run.settings import Settings

DRAIN_SECONDS = 20.0
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_STABLE_SECONDS = 60.0
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 15.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Stop:
    """How the platform is asked to end: `requested` in good order, `hurried` at once."""

    requested: asyncio.Event
    hurried: asyncio.Event

    def signal(self) -> None:
        """One more signal: the first asks, the next hurries."""
        (self.hurried if self.requested.is_set() else self.requested).set()


class Supervisor:
    """Keeps the processes of `roles` running; a role that is listed twice gets two."""

    def __init__(self, roles: Sequence[str], settings: Settings, environment: Mapping[str, str]) -> None:
        self._roles = roles
        self._orders = msgspec.json.encode(settings) + b"\n"
        self._environment = dict(environment)

    async def run(self, stop: Stop) -> None:
        """Works until `stop` is requested and every process has ended."""
        async with asyncio.TaskGroup() as group:
            for role in self._roles:
                group.create_task(self._keep(role, stop))

    async def _keep(self, role: str, stop: Stop) -> None:
        failures = 0
        while not stop.requested.is_set():
            started = monotonic()
            process = await self._start(role)
            await _first(process.wait(), stop.requested.wait())
            if process.returncode is None:
                await _drain(process, stop)
            self._forget_gauges(process.pid)
            if stop.requested.is_set():
                return
            failures = 0 if monotonic() - started > _STABLE_SECONDS else failures
            pause = exponential(failures, base=_FIRST_PAUSE, ceiling=_LONGEST_PAUSE)
            failures += 1
            _log.warning("role.ended", role=role, pid=process.pid, code=process.returncode, again_in=round(pause, 2))
            await _first(asyncio.sleep(pause), stop.requested.wait())

    async def _start(self, role: str) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cordboard.run.role_process",
            role,
            stdin=PIPE,
            env={**os.environ, **self._environment},
            start_new_session=True,  # Ctrl-C is the supervisor's; it asks the roles in turn
        )
        _log.info("role.started", role=role, pid=process.pid)
        if process.stdin is not None:
            process.stdin.write(self._orders)
            with contextlib.suppress(ConnectionError):
                await process.stdin.drain()
        return process

    def _forget_gauges(self, pid: int) -> None:
        if folder := self._environment.get(METRICS_FOLDER):
            mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]


async def _drain(process: Process, stop: Stop) -> None:
    """Lets the process finish what it is at; kills it when that takes too long."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await _first(process.wait(), stop.hurried.wait())
    if process.returncode is None:
        _log.warning("role.killed", pid=process.pid, after_seconds=DRAIN_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _first(*waits: Coroutine[Any, Any, Any]) -> None:
    """Waits until one of them ends, and cancels the others."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
