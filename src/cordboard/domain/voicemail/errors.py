"""What can go wrong with voicemails."""

from __future__ import annotations

from cordboard.kit.errors import NotFoundError


class VoicemailNotFoundError(NotFoundError):
    """The mailbox holds no such message."""

    message = "Voicemail not found"
