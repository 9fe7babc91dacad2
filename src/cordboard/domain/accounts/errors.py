"""What can go wrong with accounts and sign-ins."""

from __future__ import annotations

from cordboard.kit.errors import PermissionDeniedError, UnauthenticatedError


class BadCredentialsError(UnauthenticatedError):
    """Wrong user name or password; the two are not told apart."""


class LockedOutError(UnauthenticatedError):
    """Too many failures for this user name."""


class AccountSuspendedError(PermissionDeniedError):
    """The account may not act at present."""

    message = "Account suspended"
