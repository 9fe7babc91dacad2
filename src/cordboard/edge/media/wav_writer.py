"""Recordings on disk: a thread writes them, since a write may wait and a tick may not.

A recording grows as `<path>.part` and takes its name when it is complete. What a crash leaves is completed by
`recover_recording`.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

from cordboard.wire.audio.frames import FRAME_SAMPLES, SAMPLES_PER_MS
from cordboard.wire.audio.wav import build_header

PART_SUFFIX = ".part"
MOST_WAITING = 256 * 1024 * 1024
"""Octets that wait for the disk; recordings that would add to them fail."""

_FRAME_SIZE = 2 * FRAME_SAMPLES


def _header(samples: int) -> bytes:
    return build_header(2 * samples)


HEADER_SIZE = len(_header(0))


@dataclass(frozen=True, slots=True)
class Written:
    """A recording is complete, or failed for a reason."""

    file: int
    samples: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Open:
    file: int
    path: Path


@dataclass(frozen=True, slots=True)
class _Append:
    file: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class _Finish:
    file: int
    frames: int | None


@dataclass(slots=True)
class _Growing:
    path: Path
    stream: BinaryIO | None = None
    size: int = 0
    error: str | None = None


class WavWriter:
    """Files are numbered; what is said about one is done in order. Only one thread may call it."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Open | _Append | _Finish | threading.Event | None] = SimpleQueue()
        self._written: deque[Written] = deque()
        self._growing: dict[int, _Growing] = {}
        self._last = 0
        self._taken_in = 0
        self._put_out = 0
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)
        self._thread.start()

    def open(self, path: Path) -> int:
        """Begins a file; a failure shows when it is finished."""
        self._last += 1
        self._jobs.put(_Open(self._last, path))
        return self._last

    def append(self, file: int, octets: bytes) -> bool:
        """Adds samples; False, and nothing added, when too much waits for the disk."""
        if self._taken_in - self._put_out + len(octets) > MOST_WAITING:
            return False
        self._taken_in += len(octets)
        self._jobs.put(_Append(file, octets))
        return True

    def finish(self, file: int, frames: int | None = None) -> None:
        """Completes a file, cut to so many frames if told; `Written` follows."""
        self._jobs.put(_Finish(file, frames))

    def take_written(self) -> list[Written]:
        """What has become complete since the last time."""
        return [self._written.popleft() for _ in range(len(self._written))]

    def settle(self) -> None:
        """Waits until everything said so far is done."""
        done = threading.Event()
        self._jobs.put(done)
        done.wait()

    def close(self) -> None:
        """Does what is left and ends the thread; what is not finished stays a part."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            match job:
                case _Open():
                    self._growing[job.file] = _begin(job.path)
                case _Append():
                    _grow(self._growing[job.file], job.octets)
                    self._put_out += len(job.octets)
                case _Finish():
                    self._written.append(_complete(job, self._growing.pop(job.file)))
                case threading.Event():
                    job.set()
        for growing in self._growing.values():
            if growing.stream is not None:
                growing.stream.close()


def recover_recording(path: Path) -> int | None:
    """Completes what a crash left of the recording `path`: its length in ms, None when there is nothing to complete."""
    part = path.with_name(path.name + PART_SUFFIX)
    if not part.exists():
        return None
    samples = max(0, part.stat().st_size - HEADER_SIZE) // 2
    with part.open("r+b") as stream:
        _seal(stream, samples)
    part.replace(path)
    return samples // SAMPLES_PER_MS


def _begin(path: Path) -> _Growing:
    growing = _Growing(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        growing.stream = path.with_name(path.name + PART_SUFFIX).open("wb", buffering=0)
        growing.stream.write(_header(0))
    except OSError as error:
        growing.error = str(error)
    return growing


def _grow(growing: _Growing, octets: bytes) -> None:
    if growing.stream is None or growing.error:
        return
    try:
        written = growing.stream.write(octets)
        growing.size += written
        if written < len(octets):
            growing.error = "the disk is full"
    except OSError as error:
        growing.error = str(error)


def _complete(job: _Finish, growing: _Growing) -> Written:
    """What was written before a failure is kept under the name of the whole."""
    samples = growing.size // 2
    if job.frames is not None:
        samples = min(samples, job.frames * FRAME_SAMPLES)
    if growing.stream is None:
        return Written(job.file, 0, growing.error or "it could not be opened")
    try:
        with growing.stream as stream:
            _seal(stream, samples)
        growing.path.with_name(growing.path.name + PART_SUFFIX).replace(growing.path)
    except OSError as error:
        growing.error = growing.error or str(error)
    return Written(job.file, samples, growing.error)


def _seal(stream: BinaryIO, samples: int) -> None:
    """The true sizes into the header, and nothing behind the samples."""
    stream.seek(0)
    stream.write(_header(samples))
    os.ftruncate(stream.fileno(), HEADER_SIZE + 2 * samples)
