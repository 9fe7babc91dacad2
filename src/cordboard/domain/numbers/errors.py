"""What can go wrong with numbers."""

from __future__ import annotations

from cordboard.kit.errors import NotFoundError, RefusedError


class NumberNotFoundError(NotFoundError):
    """The account has no such number."""

    message = "Number not found"


class NumberSetNotFoundError(NotFoundError):
    """The account has no such set."""

    message = "Number set not found"


class NoSmsNumberError(RefusedError):
    """The set has no number that sends texts."""

    code = "no_sms_number"
    message = "Number set cannot send"
    fix = "Add a number with the attribute sms-enabled to the set."


class NoVoiceNumberError(RefusedError):
    """The set has no number that makes calls."""

    code = "no_voice_number"
    message = "Number set cannot call"
    fix = "Add a number with the attribute voice-enabled to the set."
