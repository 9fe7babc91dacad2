"""What can go wrong with accounts and sign-ins."""

from __future__ import annotations

from cordboard.kit.errors import (
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    UnauthenticatedError,
)


class BadCredentialsError(UnauthenticatedError):
    """Wrong user name or password; the two are not told apart."""

    fix = "Check the user name and the password."


class LockedOutError(UnauthenticatedError):
    """Too many failures for this user name."""

    fix = "Wait as long as moreInfo says; then sign in with the right password."


class AccountSuspendedError(PermissionDeniedError):
    """The account may not act at present."""

    message = "Account suspended"
    fix = "Ask the parent account, or the operator, to make the account active again."


class UserNotFoundError(NotFoundError):
    """The account has no such user."""

    message = "User not found"


class UsernameTakenError(ConflictError):
    """Somebody of the installation signs in under that name."""

    message = "Username is taken"


class LastAdministratorError(ConflictError):
    """Nobody would be left who may administer the account's users."""

    message = "Last administrator"


class TwoFactorStateError(ConflictError):
    """Two-factor sign-in is on, or off, or not set up, and the request needs it otherwise."""

    message = "Two-factor sign-in"


class WorkGroupNotFoundError(NotFoundError):
    """The account has no such work group."""

    message = "Work group not found"


class WorkGroupExistsError(ConflictError):
    """The account has a work group of that name."""

    message = "Work group exists"


class TooManyPeopleError(RefusedError):
    """The account has as many users or work groups, or a group as many members, as it may."""

    code = "too-many-people"
    message = "Too many"
