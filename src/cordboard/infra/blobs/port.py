"""Where the platform keeps files for its users."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol


class Blobs(Protocol):
    """Keeps bytes under names that the caller makes unguessable: 16 to 64 letters, digits, `-` and `_`, and a short
    ending.
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

    def stream(self, name: str, *, start: int = 0) -> AsyncIterator[bytes]:
        """The bytes from `start` on, piece by piece. Raises FileNotFoundError at the first piece."""
        ...

    async def delete(self, name: str) -> None:
        """Removes what has that name; harmless when there is nothing."""
        ...
