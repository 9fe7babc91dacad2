"""What assistants ask of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cordboard.infra.chat import ChatMessage


class Model(Protocol):
    """Answers conversations."""

    async def complete(self, messages: Sequence[ChatMessage], *, model: str, as_json: bool) -> str:
        """What is said next. Raises ChatError."""
        ...
