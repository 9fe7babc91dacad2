"""Why a message is refused before it is accepted."""

from __future__ import annotations

from cordboard.kit.errors import NotFoundError, RefusedError


class NumberNotFoundError(NotFoundError):
    """The sender is not a number of the account."""

    message = "Number not found"


class QueueFullError(RefusedError):
    """More than 15 minutes of messages wait for this sender already."""

    code = "ER-M360-SMS-240"
    message = "Queue full"
    fix = "Send from more numbers, or later."


class InsufficientFundsError(RefusedError):
    """The prepaid balance does not cover the message."""

    code = "insufficient_funds"
    message = "Insufficient funds"
    fix = "Top the balance up."


class NoRouteError(RefusedError):
    """No carrier is configured that takes messages to this number."""

    code = "no_route"
    message = "No route"
    fix = "Ask the operator for a carrier that takes messages to this number."


class NotEnabledError(RefusedError):
    """The sender's number does not carry this kind of message."""

    code = "not_enabled"
    message = "Number cannot send this"
    fix = "Send from a number that has the attribute that moreInfo names."
