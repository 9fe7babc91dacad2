"""The media process: an engine on the clock, and the voice processes that drive it over a Unix socket."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import itertools
import os
import select
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import structlog

from cordboard.edge.media.dtls import DtlsIdentity
from cordboard.edge.media.engine import Engine
from cordboard.edge.media.framing import ControlStreamError, FrameReader, from_body, to_frame
from cordboard.edge.media.protocol import FromEngine, Request
from cordboard.edge.media.settings import MediaSettings
from cordboard.infra.processes import raise_file_limit
from cordboard.kit.clock import SystemClock, monotonic

TICK_SECONDS: Final = 0.02
LATE_SECONDS: Final = 0.005
"""A tick that begins later than this counts as late."""

RECEIVES_A_TICK: Final = 4
"""How often the sockets are read: every 5 ms, which is how finely jitter is measured."""

MOST_TICKS_BEHIND: Final = 10
"""After a longer standstill the ticks that were missed are left out."""

MOST_CLIENTS: Final = 64
MOST_WAITING: Final = 8 * 1024 * 1024
"""Octets that a client may leave unread; it is dropped then."""

MOST_REQUESTS: Final = 64
"""Of one client at a time; others and the tick have their turn in between."""

_READ_SIZE: Final = 64 * 1024
_COLLECT_TICKS: Final = 1500
_LEAST_SPARE: Final = 0.008
_FILES_A_LEG: Final = 3
_FILES_BESIDES: Final = 512
_SWITCH_SECONDS: Final = 0.0005
_PRIORITY: Final = 1
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_OCTETS: Final = 256 * 1024 * 1024

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Client:
    number: int
    stream: socket.socket
    reader: FrameReader = field(default_factory=FrameReader)
    requests: list[bytes] = field(default_factory=list)
    unsent: bytearray = field(default_factory=bytearray)


class MediaServer:
    """Listens at `path` and keeps the beat until it is told to stop."""

    def __init__(self, settings: MediaSettings, path: Path) -> None:
        self._path = path
        self._engine = Engine(settings, DtlsIdentity(SystemClock().now()))
        self._decoder = msgspec.msgpack.Decoder(Request)
        self._numbers = itertools.count(1)
        self._clients: dict[int, _Client] = {}
        self._by_number: dict[int, _Client] = {}
        self._listener = _listen(path)
        self._epoll = select.epoll()
        self._epoll.register(self._listener.fileno(), select.EPOLLIN)

    @property
    def engine(self) -> Engine:
        """What is driven."""
        return self._engine

    def run(self, stop: Callable[[], bool]) -> None:
        """Ticks until `stop` says so, then ends every leg and completes every recording."""
        due = monotonic() + TICK_SECONDS
        ticks = 0
        while not stop():
            self._until(due)
            due = self._tick(due)
            ticks += 1
            if ticks % _COLLECT_TICKS == 0 and due - monotonic() > _LEAST_SPARE:
                gc.collect()
        self.close()

    def close(self) -> None:
        """Ends the engine, and what its clients can still be told is told."""
        self._engine.close(monotonic())
        self._deliver()
        for client in list(self._clients.values()):
            client.stream.close()
        self._listener.close()
        self._epoll.close()
        self._path.unlink(missing_ok=True)

    def serve(self, seconds: float) -> None:
        """Waits for clients for at most so long, and does what they ask."""
        for descriptor, _ in self._epoll.poll(max(seconds, 0)):
            if descriptor == self._listener.fileno():
                self._welcome()
            elif client := self._clients.get(descriptor):
                self._hear(client)
        self._carry_out()
        self._engine.settle_recordings()
        self._deliver()

    def _until(self, due: float) -> None:
        """Serves clients and reads media, in turns, until a tick is due."""
        step = TICK_SECONDS / RECEIVES_A_TICK
        at = due - TICK_SECONDS
        while (now := monotonic()) < due:
            while at <= now:
                at += step
            self.serve(min(at, due) - now)
            if at < due and monotonic() >= at:
                self._engine.receive(monotonic())

    def _tick(self, due: float) -> float:
        """When the next one is due."""
        now = monotonic()
        if now - due > LATE_SECONDS:
            self._engine.count_late()
        behind = int((now - due) / TICK_SECONDS)
        if behind > MOST_TICKS_BEHIND:
            _log.warning("media.stood_still", ticks=behind)
            self._engine.skip(behind)
            due += behind * TICK_SECONDS
        self._engine.tick(now)
        self._deliver()
        return due + TICK_SECONDS

    def _welcome(self) -> None:
        try:
            stream, _ = self._listener.accept()
        except OSError:
            return
        if len(self._clients) >= MOST_CLIENTS:
            stream.close()
            return
        stream.setblocking(False)
        client = _Client(next(self._numbers), stream)
        self._clients[stream.fileno()] = self._by_number[client.number] = client
        self._epoll.register(stream.fileno(), select.EPOLLIN)

    def _hear(self, client: _Client) -> None:
        self._flush(client)
        try:
            data = client.stream.recv(_READ_SIZE)
            client.requests += client.reader.feed(data)
        except BlockingIOError:
            return
        except (OSError, ControlStreamError) as error:
            self._drop(client, str(error))
            return
        if not data:
            self._drop(client, "it went away")

    def _carry_out(self) -> None:
        """Some requests of each client; the rest waits for its next turn."""
        for client in list(self._clients.values()):
            turn, client.requests = client.requests[:MOST_REQUESTS], client.requests[MOST_REQUESTS:]
            for body in turn:
                try:
                    request = from_body(self._decoder, body)
                except ControlStreamError as error:
                    self._drop(client, str(error))
                    break
                self._handle(client, request)

    def _handle(self, client: _Client, request: Request) -> None:
        """A defect of ours in one command must not end everybody's calls."""
        try:
            self._engine.handle(client.number, request, monotonic())
        except Exception:  # noqa: BLE001  (logged, and the connection ended)
            _log.exception("media.command_failed", command=type(request.command).__name__)
            self._drop(client, "its command failed")

    def _deliver(self) -> None:
        """Sends clients what the engine has for them."""
        spoken: dict[int, _Client] = {}
        for number, message in self._engine.take_output():
            client = self._by_number.get(number)
            if client is not None:
                client.unsent += _frame_of(message)
                spoken[number] = client
        for client in spoken.values():
            self._flush(client)

    def _flush(self, client: _Client) -> None:
        if not client.unsent:
            return
        try:
            sent = client.stream.send(client.unsent)
            del client.unsent[:sent]
        except BlockingIOError:
            pass
        except OSError as error:
            self._drop(client, str(error))
            return
        if len(client.unsent) > MOST_WAITING:
            self._drop(client, "it does not read")
            return
        wanted = select.EPOLLIN | (select.EPOLLOUT if client.unsent else 0)
        self._epoll.modify(client.stream.fileno(), wanted)

    def _drop(self, client: _Client, reason: str) -> None:
        if self._by_number.pop(client.number, None) is None:
            return
        del self._clients[client.stream.fileno()]
        client.requests = []
        self._epoll.unregister(client.stream.fileno())
        client.stream.close()
        _log.info("media.client_gone", client=client.number, reason=reason)
        self._engine.close_owner(client.number, monotonic())


def run_media_server(settings: MediaSettings, path: Path, stop: Callable[[], bool]) -> None:
    """The whole life of a media process. Raises OSError when `path` cannot be listened at."""
    _raise_file_limit(_FILES_A_LEG * settings.most_legs + _FILES_BESIDES)
    _keep_memory()
    _take_precedence()
    sys.setswitchinterval(_SWITCH_SECONDS)
    server = MediaServer(settings, path)
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        server.run(stop)
    finally:
        gc.enable()
        gc.unfreeze()


def _frame_of(message: FromEngine) -> bytes:
    return to_frame(message)


def _listen(path: Path) -> socket.socket:
    """Takes over from an engine that died without removing its socket."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(MOST_CLIENTS)
    listener.setblocking(False)
    return listener


def _raise_file_limit(wanted: int) -> None:
    """Each leg has two sockets and may have a recording."""
    limit = raise_file_limit(wanted)
    if limit < wanted:
        _log.warning("media.few_files", limit=limit, wanted=wanted)


def _take_precedence() -> None:
    """Audio goes before whatever else the machine does, where we may decide that. Threads that are started later are of
    the same class, which they must be: they share a lock with the tick.
    """
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_PRIORITY))


def _keep_memory() -> None:
    """Has the C library keep the memory of the products of a tick: taken from the kernel anew each time it would cost
    more than the mixing. Only where there is such a library.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _KEPT_OCTETS)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_OCTETS)
