"""What can go wrong with dispositions."""

from __future__ import annotations

from cordboard.kit.errors import ConflictError


class KeyInUseError(ConflictError):
    """A disposition has this key already."""

    def __init__(self, key: str) -> None:
        super().__init__(f"a disposition with the key {key} exists; edit that one, or choose another key")


class BuiltInError(ConflictError):
    """A built-in disposition cannot be deleted."""

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} is built in; only its triggeredCampaignId can be set")
