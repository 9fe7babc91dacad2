"""What can go wrong in the sandbox."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError


class NotAHandsetError(ConflictError):
    """The number belongs to an account, so that no handset has it."""
