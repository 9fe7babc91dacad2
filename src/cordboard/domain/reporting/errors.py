"""How reporting fails."""

from __future__ import annotations

from cordboard.kit.errors import TooManyRequestsError


class TooManyExportsError(TooManyRequestsError):
    """An account has asked for as many exports as it may within an hour."""

    message = "Too many exports"
