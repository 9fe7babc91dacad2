"""What can go wrong with users of the contact centre."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, NotFoundError, UnauthenticatedError


class CenterUserNotFoundError(NotFoundError):
    """The contact centre has no such user."""


class CenterUserExistsError(ConflictError):
    """The contact centre has a user of that name already."""

    fix = "Choose another name, or change the user who is there."


class BadLoginError(UnauthenticatedError):
    """No active user of the contact centre has that name and password."""


class LoginLockedError(UnauthenticatedError):
    """Too many wrong passwords were given for the user."""

    fix = "Wait for 15 minutes."
