"""What can go wrong with assistants."""

from __future__ import annotations

from cordboard.kit.errors import NotFoundError


class AssistantNotFoundError(NotFoundError):
    """The account has no such assistant."""

    message = "Assistant not found"
    fix = "List the assistants with GET /v4/ai/assistant."


class SilentError(Exception):
    """The assistant has nothing to say that could be sent; the message says why, for the history of the run."""
