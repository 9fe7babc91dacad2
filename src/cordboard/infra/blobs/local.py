"""Blobs on the local disk."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

_PIECE = 256 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-]{16,64}(\.[a-z0-9]{1,8})?")


class LocalBlobs:
    """Keeps bytes under names that the caller makes unguessable; `public_url` is where the API serves them."""

    def __init__(self, directory: Path, public_url: str) -> None:
        self._directory = directory
        self._public_url = public_url.rstrip("/")

    async def put(self, name: str, data: bytes) -> str:
        """Stores `data` and answers its URL. A name that exists is replaced. Raises ValueError for an odd name."""
        path = self._path(name)
        if path is None:
            raise ValueError(f"blob name {name!r}")
        await asyncio.to_thread(_write, path, data)
        return f"{self._public_url}/media/{name}"

    async def put_file(self, name: str, path: Path) -> str:
        """Stores a copy of a file and answers its URL. Raises ValueError for an odd name."""
        kept = self._path(name)
        if kept is None:
            raise ValueError(f"blob name {name!r}")
        await asyncio.to_thread(_copy, kept, path)
        return f"{self._public_url}/media/{name}"

    async def stream(self, name: str, *, start: int = 0) -> AsyncIterator[bytes]:
        """The bytes from `start` on. Raises FileNotFoundError."""
        path = self._path(name)
        if path is None:
            raise FileNotFoundError(name)
        with await asyncio.to_thread(path.open, "rb") as file:
            await asyncio.to_thread(file.seek, start)
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece

    async def get(self, name: str) -> bytes | None:
        """The bytes, or None when there are none of that name."""
        path = self._path(name)
        if path is None or not path.is_file():
            return None
        return await asyncio.to_thread(path.read_bytes)

    async def delete(self, name: str) -> None:
        """Removes what has that name; harmless when there is nothing."""
        path = self._path(name)
        if path is not None:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    def _path(self, name: str) -> Path | None:
        return self._directory / name[:2] / name if _NAME.fullmatch(name) else None


def _write(path: Path, data: bytes) -> None:
    _copy_from(path, io.BytesIO(data))


def _copy(path: Path, source: Path) -> None:
    with source.open("rb") as file:
        _copy_from(path, file)


def _copy_from(path: Path, source: IO[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())
    Path(partial).replace(path)
