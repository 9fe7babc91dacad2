"""What can go wrong with IVRs."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, NotFoundError


class IvrNotFoundError(NotFoundError):
    """The account has no IVR of that name."""

    message = "IVR not found"


class IvrExistsError(ConflictError):
    """The account has an IVR of that name already."""

    message = "IVR exists"
