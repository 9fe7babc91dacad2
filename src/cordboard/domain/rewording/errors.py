"""What can go wrong with a rewording."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, CordboardError


class RewordingFailedError(CordboardError):
    """The provider gave no text; `more_info` says why. The same request may go better later."""

    status = 503
    code = "503"
    message = "Rewording failed"
    fix = "Send the request again later, or use the text as it is."


class RewordingRefusedError(ConflictError):
    """What the provider made of the text must not be sent; `more_info` says what is wrong with it."""

    message = "Rewording refused"
    fix = "Use the text as it is, or word it anew by hand."
