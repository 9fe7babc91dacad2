"""Failures of webhooks that callers can cause, and those of composing a delivery."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError


class ConnectionInUseError(ConflictError):
    """Configurations refer to the common configuration, so it cannot go."""


class TooManyError(ConflictError):
    """The account has as many configurations as it may have."""


class RotatedTooOftenError(ConflictError):
    """So many old signing secrets are still valid that another rotation must wait."""


class UnsendableError(Exception):
    """A delivery that no attempt can carry out, such as a header whose value would hold a line break."""
