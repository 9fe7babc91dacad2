"""Why money does not move."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, NotFoundError, RefusedError


class NotRefundableError(RefusedError):
    """More is to be paid back than the account has."""

    code = "insufficient_funds"
    message = "Insufficient funds"


class ReferenceUsedError(ConflictError):
    """A payment of another amount was booked under the reference."""

    message = "Reference used"


class RateNotFoundError(NotFoundError):
    """No line of a rate card stands there."""

    message = "Rate not found"
