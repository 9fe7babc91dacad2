"""The media role: the engine alone in its process, for whatever else ran there would make its ticks late."""

from __future__ import annotations

import os
import select
import signal
import sys
from types import FrameType

import structlog

from cordboard.edge.media.server import run_media_server
from cordboard.run.settings import Settings
from cordboard.run.sockets import own_socket

_log = structlog.get_logger(__name__)


class _Stop:
    """Asked by a signal, or by the end of standard input: the supervisor is gone."""

    def __init__(self) -> None:
        self._asked = False
        self._input = select.poll()
        self._input.register(sys.stdin.fileno(), select.POLLIN | select.POLLHUP)

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """A signal's handler."""
        self._asked = True

    def __call__(self) -> bool:
        """Whether to stop. Nothing follows the settings on standard input, so that whatever can be read is its end."""
        if not self._asked and self._input.poll(0):
            _log.warning("role.supervisor_gone")
            self._asked = True
        return self._asked


def run(settings: Settings) -> None:
    """The whole life of the process."""
    stop = _Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop.ask)
    path = own_socket(settings.data_path, "media")
    try:
        run_media_server(settings.media, path, stop)
    finally:
        path.unlink(missing_ok=True)
        _log.info("media.ended", pid=os.getpid())
