"""What can go wrong with lists and leads."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, NotFoundError


class ListNotFoundError(NotFoundError):
    """The contact centre has no such list."""


class ListExistsError(ConflictError):
    """The contact centre has a list under this id already."""

    fix = "Choose another list_id, or change the list that is there."


class ResetLimitError(ConflictError):
    """The list was reset as often today as it may be."""

    fix = "Raise daily_reset_limit, or wait for the next day (UTC)."
