"""What can go wrong with phones."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError, NotFoundError, RefusedError


class PhoneNotFoundError(NotFoundError):
    """The account has no such phone."""

    message = "Phone not found"


class UsernameTakenError(ConflictError):
    """A phone of some account has that user name."""

    message = "Username is taken"


class ExtensionTakenError(ConflictError):
    """Another phone of the account has that extension."""

    message = "Extension is taken"


class WebphoneUserNotFoundError(NotFoundError):
    """The account has no such user."""

    message = "User not found"


class PresetNotFoundError(NotFoundError):
    """The account has no such preset, or it is not the caller's to see."""

    message = "Transfer preset not found"


class PresetExistsError(ConflictError):
    """There is such a preset."""

    message = "Transfer preset exists"


class TooManyPhonesError(RefusedError):
    """The account has as many phones, registrations or presets as it may."""

    code = "too-many-phones"
    message = "Too many phones"
