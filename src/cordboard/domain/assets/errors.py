"""What can be wrong with assets."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, NotFoundError, PermissionDeniedError, RefusedError


class AssetNotFoundError(NotFoundError):
    """There is no asset of this type and name that the caller may see."""


class AssetExistsError(ConflictError):
    """The account has an asset of this type and name."""

    message = "Asset exists"


class TooManyAssetsError(RefusedError):
    """The account has as many assets as it may have."""

    message = "Too many assets"


class NotYourAssetError(PermissionDeniedError):
    """The caller may see the asset, and no more."""
