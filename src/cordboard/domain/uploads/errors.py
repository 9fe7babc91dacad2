"""What uploads refuse."""

from __future__ import annotations

from cordboard.kit.errors import PayloadTooLargeError, TooManyRequestsError


class TooManyRowsError(PayloadTooLargeError):
    """A file that is too long to wait for."""


class TooManyUploadsError(TooManyRequestsError):
    """The account has many files waiting already."""
