"""Helper processes for codecs that are too slow for a tick: each gets a batch a tick, and answers by the next one."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from dataclasses import dataclass, field

import msgspec

from cordboard.edge.media.errors import InvalidError
from cordboard.edge.media.framing import ControlStreamError, FrameReader, from_body, to_frame
from cordboard.wire.sdp.codecs import CodecName

MOST_UNANSWERED = 5
"""Batches that a worker may owe; a slower one is given nothing until it has caught up."""

_SEND_BUFFER = 1 << 20
_READ_SIZE = 1 << 18


class Work(msgspec.Struct, frozen=True, array_like=True):
    """Of one stream: a packet to decode (empty: there is none, None: it was lost), a frame of `int16` to encode."""

    stream: int
    packet: bytes | None
    frame: bytes


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """What a worker is to do, in this order."""

    opened: list[tuple[int, CodecName]]
    closed: list[int]
    work: list[Work]


class Coded(msgspec.Struct, frozen=True, array_like=True):
    """What has become of a `Work`: samples (`int16`, none or any number of frames), and a payload."""

    stream: int
    samples: bytes
    payload: bytes


class CodedBatch(msgspec.Struct, frozen=True, array_like=True):
    """The answer to a `Batch`."""

    coded: list[Coded]


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    link: socket.socket
    reader: FrameReader = field(default_factory=FrameReader)
    unsent: bytes = b""
    unanswered: int = 0
    streams: dict[int, CodecName] = field(default_factory=dict)
    opened: list[tuple[int, CodecName]] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)


class CodecPool:
    """Workers, and which of them has which stream. A worker that died is replaced; its streams begin anew."""

    def __init__(self, workers: int) -> None:
        self._workers = [_start() for _ in range(workers)]
        self._worker_of: dict[int, int] = {}
        self._decoder = msgspec.msgpack.Decoder(CodedBatch)

    def open(self, stream: int, codec: CodecName) -> None:
        """Gives a stream to the worker with the fewest. Raises InvalidError where there are none."""
        if not self._workers:
            raise InvalidError(f"{codec} needs codec_workers of at least 1")
        chosen = min(range(len(self._workers)), key=lambda at: len(self._workers[at].streams))
        self._worker_of[stream] = chosen
        self._workers[chosen].streams[stream] = codec
        self._workers[chosen].opened.append((stream, codec))

    def close(self, stream: int) -> None:
        """Forgets a stream."""
        worker = self._workers[self._worker_of.pop(stream)]
        del worker.streams[stream]
        worker.closed.append(stream)

    def submit(self, work: list[Work]) -> None:
        """A tick's work."""
        for at, worker in enumerate(self._workers):
            mine = [each for each in work if self._worker_of.get(each.stream) == at]
            if mine or worker.opened or worker.closed or worker.unsent:
                self._send(at, worker, mine)

    def collect(self) -> list[Coded]:
        """What the workers have answered by now."""
        coded: list[Coded] = []
        for at, worker in enumerate(self._workers):
            if worker.unanswered:
                coded += self._receive(at, worker)
        return coded

    def shut_down(self) -> None:
        """Ends the workers."""
        for worker in self._workers:
            worker.link.close()
        for worker in self._workers:
            worker.process.wait()

    def _send(self, at: int, worker: _Worker, work: list[Work]) -> None:
        if not worker.unsent:
            if worker.unanswered >= MOST_UNANSWERED:
                return
            worker.unsent = to_frame(Batch(worker.opened, worker.closed, work))
            worker.opened, worker.closed = [], []
            worker.unanswered += 1
        try:
            sent = worker.link.send(worker.unsent)
        except BlockingIOError:
            return
        except OSError:
            self._replace(at)
            return
        worker.unsent = worker.unsent[sent:]

    def _receive(self, at: int, worker: _Worker) -> list[Coded]:
        coded: list[Coded] = []
        try:
            while data := worker.link.recv(_READ_SIZE):
                for body in worker.reader.feed(data):
                    coded += from_body(self._decoder, body).coded
                    worker.unanswered -= 1
        except BlockingIOError:
            return coded
        except (OSError, ControlStreamError):
            self._replace(at)
            return coded
        self._replace(at)
        return coded

    def _replace(self, at: int) -> None:
        dead = self._workers[at]
        dead.link.close()
        with contextlib.suppress(ProcessLookupError):
            dead.process.kill()
        dead.process.wait()
        fresh = self._workers[at] = _start()
        fresh.streams = dead.streams
        fresh.opened = list(dead.streams.items())


def _start() -> _Worker:
    ours, theirs = socket.socketpair()
    with theirs:
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        ours.setblocking(False)
        process = subprocess.Popen(  # noqa: S603  (our own module, by our own interpreter)
            [sys.executable, "-m", "cordboard.edge.media.codec_worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
        )
    return _Worker(process, ours)
