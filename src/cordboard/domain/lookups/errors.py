"""What can go wrong with carrier lookups."""

from __future__ import annotations

from cordboard.kit.errors import CordboardError, NotFoundError, RefusedError


class LookupUnavailableError(CordboardError):
    """The directory does not answer; nothing was charged."""

    status = 503
    code = "503"
    message = "Carrier lookup is not available"
    fix = "Send the request again later."


class LookupNotPaidError(RefusedError):
    """The balance does not cover a lookup."""

    code = "insufficient_funds"
    message = "Insufficient funds"
    fix = "Top the balance up."


class LookupNotFoundError(NotFoundError):
    """The account made no such lookup."""

    message = "Carrier lookup not found"
