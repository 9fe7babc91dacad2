"""The error tree: every failure that a caller can cause, split by what the caller can do about it.

    CordboardError
    ├── InvalidInputError     400  one or many fields are wrong; names each and the fix
    ├── UnauthenticatedError  403  who are you? (the API reference answers 403)
    ├── PermissionDeniedError 401  you may not
    ├── NotFoundError         404  not there, or not yours
    ├── ConflictError         409  clashes with what is there
    ├── PayloadTooLargeError  413
    ├── UnsupportedMediaError 415
    ├── RefusedError          400  well formed, but a rule forbids it (opt-out, no balance, ...), with its own code
    ├── TooManyRequestsError  429  come back after `retry_after` seconds
    └── NotConfiguredError    503  this installation lacks the setting

A context subclasses these in its own `errors.py`; the HTTP dialects render them in one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: `field` as the caller spelled it, `problem` with the fix."""

    field: str
    problem: str


class CordboardError(Exception):
    """Base of every expected failure. `code` is stable; `message` is for people; `more_info` may name the cause. `fix`
    is what a caller does about it, for the catalogue of errors; a subclass that knows better says its own.
    """

    status = 500
    code = "500"
    message = "Internal error"
    fix = "Tell the operator the X-Request-Id of the answer: the log has the cause under it."

    def __init__(self, more_info: str | None = None, *, message: str | None = None) -> None:
        self.more_info = more_info
        if message is not None:
            self.message = message
        super().__init__(f"{self.message}: {more_info}" if more_info else self.message)


class InvalidInputError(CordboardError):
    """The request cannot be understood or breaks a field's rule."""

    status = 400
    code = "400"
    message = "Validation error"
    fix = "Correct the field that moreInfo names, as the message says, and send the request again."

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(f"{e.field}: {e.problem}" for e in self.errors))

    @classmethod
    def of(cls, field: str, problem: str) -> InvalidInputError:
        """The common case of a single bad field."""
        return cls([FieldError(field, problem)])


class UnauthenticatedError(CordboardError):
    """The bearer token or the credentials are missing, wrong or expired."""

    status = 403
    code = "403"
    message = "Authentication Error"
    fix = 'Sign in again, or send the token as "Authorization: Bearer ..."; moreInfo says what is wrong with it.'


class PermissionDeniedError(CordboardError):
    """The caller is known but lacks the privilege."""

    status = 401
    code = "401"
    message = "Permission denied"
    fix = "Ask an administrator of the account for a role with the privilege that moreInfo names."


class NotFoundError(CordboardError):
    """The object does not exist for this account."""

    status = 404
    code = "404"
    message = "Not found"
    fix = "Check the id, and that the token is of the account that the object belongs to."


class ConflictError(CordboardError):
    """The request clashes with the present state."""

    status = 409
    code = "409"
    message = "Conflict"
    fix = "Read what is there now, and change or remove that, or choose another name."


class PayloadTooLargeError(CordboardError):
    """The body is larger than the limit."""

    status = 413
    code = "413"
    message = "Payload too large"
    fix = "Send less at once; moreInfo names the limit."


class UnsupportedMediaError(CordboardError):
    """The body is of a type that this request does not take."""

    status = 415
    code = "415"
    message = "Unsupported media type"
    fix = "Send the Content-Type that moreInfo names."


class RefusedError(CordboardError):
    """A well-formed request that a rule forbids; subclasses carry their own code."""

    status = 400
    code = "400"
    message = "Refused"
    fix = "The request is well formed; remove what forbids it, as moreInfo says."


class TooManyRequestsError(CordboardError):
    """A rate was exceeded; `retry_after` is in seconds."""

    status = 429
    code = "429"
    message = "Too many requests"
    fix = "Wait as long as the header Retry-After says, and send the request again."

    def __init__(self, more_info: str | None = None, *, retry_after: float = 1.0) -> None:
        self.retry_after = retry_after
        super().__init__(more_info)


class NotConfiguredError(CordboardError):
    """This installation has no provider for what was asked."""

    status = 503
    code = "503"
    message = "Not configured"
    fix = "Ask the operator for the setting that moreInfo names."
