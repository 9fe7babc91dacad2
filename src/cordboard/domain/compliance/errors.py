"""What compliance refuses."""

from __future__ import annotations

from cordboard.kit.errors import NotFoundError, RefusedError


class OptedOutError(RefusedError):
    """The recipient does not want to hear from this account, or this number."""

    code = "opted_out"
    message = "Recipient has unsubscribed"
    fix = "Do not write or call. When the recipient asks for it, take the entry off the list."


class DncNotFoundError(NotFoundError):
    """There is no such entry."""

    message = "DNC entry not found"
