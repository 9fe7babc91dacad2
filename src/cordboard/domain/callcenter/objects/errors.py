"""What can go wrong with the objects of a contact centre."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, NotFoundError


class ObjectNotFoundError(NotFoundError):
    """The contact centre has no such object."""


class ObjectExistsError(ConflictError):
    """The contact centre has an object of this kind under this id already."""

    fix = "Choose another id, or change the object that is there."


class BuiltInObjectError(ConflictError):
    """An object that every contact centre has cannot be deleted."""

    fix = "Leave it, or set it inactive where it can be."
