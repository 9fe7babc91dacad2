"""Blobs on the local disk."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from cordboard.infra.blobs.errors import BlobStoreError
from cordboard.infra.blobs.names import BlobUrls, checked, is_name

_PIECE: Final = 256 * 1024


class LocalBlobs:
    """`Blobs` in a folder; the API serves them under `public_url`."""

    def __init__(self, directory: Path, public_url: str) -> None:
        self._directory = directory
        self._urls = BlobUrls(f"{public_url.rstrip('/')}/media")

    async def put(self, name: str, data: bytes) -> str:
        """Stores `data` and answers its URL."""
        return await self._put(name, io.BytesIO(data))

    async def put_file(self, name: str, path: Path) -> str:
        """Stores a copy of a file and answers its URL."""
        with await asyncio.to_thread(path.open, "rb") as file:
            return await self._put(name, file)

    async def get(self, name: str) -> bytes | None:
        """The bytes, or None when there are none of that name."""
        with _disk_errors():
            try:
                return await asyncio.to_thread(self._path(name).read_bytes) if is_name(name) else None
            except FileNotFoundError:
                return None

    async def size(self, name: str) -> int | None:
        """How many bytes there are, or None."""
        with _disk_errors():
            try:
                return (await asyncio.to_thread(self._path(name).stat)).st_size if is_name(name) else None
            except FileNotFoundError:
                return None

    async def stream(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` on, at most `length`."""
        if not is_name(name):
            raise FileNotFoundError(name)
        with await asyncio.to_thread(self._path(name).open, "rb") as file:
            await asyncio.to_thread(file.seek, start)
            left = length
            while piece := await asyncio.to_thread(file.read, _PIECE if left is None else min(left, _PIECE)):
                yield piece
                left = None if left is None else left - len(piece)

    async def delete(self, name: str) -> None:
        """Removes what has that name."""
        if is_name(name):
            with _disk_errors():
                await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    def url(self, name: str) -> str:
        """The URL of a blob."""
        return self._urls.url(name)

    def name_of(self, url: str) -> str | None:
        """The name of the blob that a URL leads to."""
        return self._urls.name_of(url)

    async def signed_url(self, name: str) -> str | None:
        """None: a disk gives nothing by itself."""
        return None

    async def _put(self, name: str, file: IO[bytes]) -> str:
        path = self._path(checked(name))
        with _disk_errors():
            await asyncio.to_thread(_write, path, file)
        return self.url(name)

    def _path(self, name: str) -> Path:
        return self._directory / name[:2] / name


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BlobStoreError(f"the disk: {error.strerror}") from error


def _write(path: Path, source: IO[bytes]) -> None:
    """Whole or not at all, also for those who read meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
