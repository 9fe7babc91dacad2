"""What rewording asks of others."""

from __future__ import annotations

from typing import Protocol


class Writer(Protocol):
    """Writes a text as it is told."""

    async def write(self, instructions: str, text: str) -> str:
        """What becomes of `text`. Raises RewordingFailedError."""
        ...
