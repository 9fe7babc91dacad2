"""Where the platform keeps files for its users."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol


class Blobs(Protocol):
    """Keeps bytes under names that the caller makes unguessable: 16 to 64 letters, digits, `-` and `_`, and a short
    ending. Whoever has a blob's URL may read it.

    Every verb that asks the store raises BlobStoreError while that cannot be reached.
    """

    async def put(self, name: str, data: bytes) -> str:
        """Stores `data` and answers its URL. A name that exists is replaced. Raises ValueError for an odd name."""
        ...

    async def put_file(self, name: str, path: Path) -> str:
        """Stores a copy of the file at `path`, without holding it in memory, and answers its URL. Raises
        ValueError for an odd name.
        """
        ...

    async def get(self, name: str) -> bytes | None:
        """The bytes, or None when there are none of that name."""
        ...

    async def size(self, name: str) -> int | None:
        """How many bytes there are, or None when there are none of that name."""
        ...

    def stream(self, name: str, *, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` on, piece by piece; at most `length` of them. Raises FileNotFoundError at the first
        piece.
        """
        ...

    async def delete(self, name: str) -> None:
        """Removes what has that name; harmless when there is nothing."""
        ...

    def url(self, name: str) -> str:
        """The URL of a blob, whether it is there or not."""
        ...

    def name_of(self, url: str) -> str | None:
        """The name of the blob that a URL leads to; None when it leads elsewhere."""
        ...

    async def signed_url(self, name: str) -> str | None:
        """Where the store itself gives a blob to whoever comes soon; None when the platform is to give it."""
        ...
