"""What can go wrong with a question to a model."""

from __future__ import annotations


class ChatError(Exception):
    """The provider gave no text; the message says why, in words that may be shown to anybody."""


class ChatDeclinedError(ChatError):
    """The provider does not want to answer this question."""
