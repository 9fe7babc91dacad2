"""Assets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

import msgspec

AssetType = Literal["audio", "mms-image", "meme-image", "inboundxml"]

LARGEST: Final[dict[str, int]] = {
    "audio": 50 * 1024 * 1024,
    "mms-image": 5 * 1024 * 1024,
    "meme-image": 5 * 1024 * 1024,
    "inboundxml": 100 * 1024,
}
"""How many bytes a file of each type may have."""


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an account, known by its type and name. `owner_id`, those in `client_ids` and the members of the work
    groups in `work_groups` may see and change it. `blob` is its file's name in the store, `seconds` how long a sound
    plays, else 0.
    """

    account_id: UUID
    type: str
    name: str
    description: str | None
    owner_id: UUID
    client_ids: list[UUID]
    work_groups: list[str]
    blob: str
    mime_type: str
    size: int
    seconds: int
    created_at: datetime
    modified_at: datetime


class AssetView(msgspec.Struct, frozen=True):
    """An asset with its public address."""

    asset: Asset
    url: str


class AssetKey(msgspec.Struct, frozen=True):
    """What tells an account's assets apart."""

    type: str
    name: str


class NewFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it came: where it lies, and what its sender says that it is (empty: nothing)."""

    path: Path
    size: int
    filename: str
    content_type: str


class AssetChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; None: as it is. Users are shared with by id, work groups by name."""

    description: str | None = None
    client_ids: Sequence[UUID] | None = None
    work_groups: Sequence[str] | None = None

    @property
    def shares(self) -> bool:
        """Whether it says who else may use the asset."""
        return self.client_ids is not None or self.work_groups is not None
