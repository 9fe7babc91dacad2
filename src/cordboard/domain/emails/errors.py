"""Why a mail is not sent."""

from __future__ import annotations


class UnsendableMailError(Exception):
    """Something is missing that no repeat will bring; the message says what, and names no secret."""
