"""What can go wrong in the sandbox."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, NotFoundError


class NotAHandsetError(ConflictError):
    """The number belongs to an account, so that no handset has it."""


class NobodysNumberError(NotFoundError):
    """A handset is to call a number that no account owns."""


class HandsetCallNotFoundError(NotFoundError):
    """The handset has had no such call."""
