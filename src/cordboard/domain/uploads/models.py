"""Uploads, and what their files are like."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.contacts.models import ConflictMode

UploadKind = Literal["contacts", "dnc"]
UploadStatus = Literal["processing", "completed", "failed"]

WEBSOCKET: Final = "websocket"
"""The callback that is no webhook: the inbox's websocket is told."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about a file. `columns` are in lower case, `position` is the offset of the first row."""

    size: int
    encoding: str
    delimiter: str
    columns: list[str]
    position: int


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is worked off. `position` is the offset of the next row; `reason` says why it failed; `told_at` is
    when the callback was last told of progress.
    """

    account_id: UUID
    id: UUID
    kind: UploadKind
    status: UploadStatus
    reason: str | None = None
    mode: ConflictMode
    callback: str | None
    incremental: bool
    told_at: datetime | None = None
    blob: str
    filename: str
    size: int
    encoding: str
    delimiter: str
    columns: list[str]
    position: int
    success_rows: int = 0
    failed_rows: int = 0
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def processed_rows(self) -> int:
        """How many rows were worked off."""
        return self.success_rows + self.failed_rows

    @property
    def table(self) -> Table:
        """The file's rest."""
        return Table(
            size=self.size,
            encoding=self.encoding,
            delimiter=self.delimiter,
            columns=self.columns,
            position=self.position,
        )


class Outcome(msgspec.Struct, frozen=True):
    """What became of consecutive rows: a member of `contact_ids` for each (None: it failed, or makes no contact), and
    what is wrong by the row's place among them, from 0.
    """

    rows: int
    contact_ids: list[UUID | None] | None
    errors: dict[int, str]


class Listed(msgspec.Struct, frozen=True):
    """A page of what became of rows, by the row's number in the file, from 1. `contact_ids` None: it makes none."""

    contact_ids: dict[int, UUID] | None
    errors: dict[int, str]
