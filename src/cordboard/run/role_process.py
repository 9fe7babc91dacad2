"""The process of a role: `python -m cordboard.run.role_process ROLE`, started by the supervisor and by nobody else.

Its settings are the first line on standard input; the end of standard input means that the supervisor is gone.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys

import msgspec
import structlog
import uvloop

from cordboard.infra.telemetry import logs, traces
from cordboard.run.roles.common import RoleWork, run_role
from cordboard.run.settings import Settings

_WITHOUT_LOOP = "media"
_log = structlog.get_logger(__name__)


def main() -> None:
    """Works as the role that the command line names; exit code 1 after a failure."""
    role = sys.argv[1]
    settings = msgspec.json.decode(_first_line(), type=Settings)
    configure_logs(settings)
    traces.configure(settings.telemetry.otlp_endpoint, role)
    structlog.contextvars.bind_contextvars(role=role)
    try:
        module = importlib.import_module(f"cordboard.run.roles.{role}")
        if role == _WITHOUT_LOOP:
            module.run(settings)
        else:
            uvloop.run(_run(module.run, settings))
    except Exception:  # noqa: BLE001  (whatever a role dies of is logged; the supervisor starts it anew)
        _log.exception("role.failed")
        sys.exit(1)


def configure_logs(settings: Settings) -> None:
    """Logs as the settings want them; `auto` means colours on a terminal and JSON elsewhere."""
    wanted = settings.telemetry
    as_json = wanted.log_format == "json" or (wanted.log_format == "auto" and not sys.stderr.isatty())
    logs.configure(level=wanted.log_level, as_json=as_json, show_numbers=wanted.log_numbers)


async def _run(work: RoleWork, settings: Settings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_reader(sys.stdin.fileno(), _supervisor_gone, loop, stopping)
    await run_role(work, settings, stopping)


def _supervisor_gone(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """Nothing follows the settings, so that input that can be read is its end."""
    loop.remove_reader(sys.stdin.fileno())
    _log.warning("role.supervisor_gone")
    stopping.set()


def _first_line() -> bytes:
    """Reads no further than the line: what comes after it is the loop's to see."""
    line = bytearray()
    while not line.endswith(b"\n"):
        if not (byte := os.read(sys.stdin.fileno(), 1)):
            break
        line += byte
    return bytes(line)


if __name__ == "__main__":
    main()
