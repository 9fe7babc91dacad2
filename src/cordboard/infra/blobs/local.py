"""Blobs on the local disk."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

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
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(partial).replace(path)
