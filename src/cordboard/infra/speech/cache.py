"""Files that can be made again, kept on disk up to a size; what was not asked for longest goes first."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

_TRIMMED_TO: Final = 0.9
_SHARE_BETWEEN_LOOKS: Final = 20


class FileCache:
    """A folder of files by name. Several processes may share it: files appear whole, and one that is gone is made
    again.
    """

    def __init__(self, directory: Path, capacity: int) -> None:
        self._directory = directory
        self._capacity = capacity
        self._unseen = capacity  # bytes written since the folder was looked through; it is at the first write

    def find(self, name: str) -> Path | None:
        """The file of a name, which counts as asked for now; None when there is none."""
        path = self._path(name)
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    async def put(self, name: str, data: bytes) -> Path:
        """Writes a file and makes room for it."""
        path = self._path(name)
        await asyncio.to_thread(_write, path, data)
        self._unseen += len(data)
        if self._unseen >= self._capacity // _SHARE_BETWEEN_LOOKS:
            self._unseen = 0
            await asyncio.to_thread(self._trim, path)
        return path

    def _path(self, name: str) -> Path:
        return self._directory / name[:2] / name

    def _trim(self, newest: Path) -> None:
        """Removes what was asked for longest ago until nine tenths are used; never the file just written."""
        files = []
        for path in self._directory.glob("*/*"):
            with suppress(OSError):  # another process was faster
                found = path.stat()
                files.append((found.st_mtime, found.st_size, path))
        used = sum(size for _, size, _ in files)
        if used <= self._capacity:
            return
        for _, size, path in sorted(files):
            if used <= self._capacity * _TRIMMED_TO:
                return
            if path != newest:
                with suppress(OSError):
                    path.unlink()
                used -= size


class SingleFlight:
    """Makes a thing once for all who ask for it at the same time."""

    def __init__(self) -> None:
        self._flying: dict[str, asyncio.Task[Path]] = {}

    async def __call__(self, key: str, make: Callable[[], Awaitable[Path]]) -> Path:
        """What `make` answers, or raises, for this key. Whoever gives up waiting leaves the work to the others."""
        task = self._flying.get(key)
        if task is None:
            task = self._flying[key] = asyncio.ensure_future(_awaited(make))
            task.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(task)

    def _landed(self, key: str, done: asyncio.Task[Path]) -> None:
        del self._flying[key]
        if not done.cancelled():
            done.exception()  # whoever waits has it; if nobody does any more, it is of no use


async def _awaited(make: Callable[[], Awaitable[Path]]) -> Path:
    return await make()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    Path(partial).replace(path)
