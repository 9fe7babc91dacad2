"""Uploads (requests 52, 53, 59 and 60): small files at once, any file in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from cordboard.domain.contacts.models import ConflictMode
from cordboard.domain.uploads import repository
from cordboard.domain.uploads.chunks import chunks_of, count_rows, pieces_of
from cordboard.domain.uploads.errors import TooManyRowsError, TooManyUploadsError
from cordboard.domain.uploads.header import examine
from cordboard.domain.uploads.kinds import Kind
from cordboard.domain.uploads.models import WEBSOCKET, Listed, Table, Upload, UploadKind
from cordboard.domain.uploads.ports import NamedCallbacks
from cordboard.domain.uploads.tasks import enqueue_upload
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Tx
from cordboard.infra.http import check_url
from cordboard.kit.clock import Clock
from cordboard.kit.errors import InvalidInputError, NotFoundError
from cordboard.kit.ids import Ids, parse_uuid
from cordboard.kit.paging import Page

MOST_ROWS_AT_ONCE: Final = 10_000
LARGEST_FILE: Final = 512 * 1024 * 1024
_LARGEST_AT_ONCE: Final = 32 * 1024 * 1024
_MOST_UNFINISHED: Final = 50
_KEPT_FOR: Final = timedelta(days=30)
_MOST_FORGOTTEN: Final = 200
_LONGEST_FILENAME: Final = 255


class GivenFile(NamedTuple):
    """A file as a request brought it: the form's field, the name that the sender gave it, and where it is now."""

    field: str
    name: str
    path: Path


class Uploaded(NamedTuple):
    """What came of a file that was worked off at once."""

    encoding: str
    rows: int
    listed: Listed


class UploadService:
    """The verbs of uploads."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        blobs: Blobs,
        kinds: Mapping[UploadKind, Kind],
        callbacks: NamedCallbacks,
        allow_private_urls: bool,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._blobs = blobs
        self._kinds = kinds
        self._callbacks = callbacks
        self._allow_private = allow_private_urls

    async def at_once(
        self, tx: Tx, account_id: UUID, kind: UploadKind, file: GivenFile, mode: ConflictMode, *, instead: str
    ) -> Uploaded:
        """Works off a file of few rows. Raises InvalidInputError, and TooManyRowsError naming the path to use
        `instead`.
        """
        table = await self._examined(kind, file)
        if table.size > _LARGEST_AT_ONCE or await _is_long(file.path, table):
            raise TooManyRowsError(
                f"a file of more than {MOST_ROWS_AT_ONCE} rows or {_LARGEST_AT_ONCE} bytes goes to {instead}"
            )
        worker = self._kinds[kind]
        contact_ids: dict[int, UUID] = {}
        errors: dict[int, str] = {}
        count = 0
        async with chunks_of(pieces_of(file.path, table.position), table, worker.check(table.columns)) as chunks:
            async for chunk in chunks:
                outcome = await worker.apply(tx, account_id, chunk.rows, mode)
                first = count + 1
                errors |= {first + place: text for place, text in outcome.errors.items()}
                contact_ids |= {first + n: one for n, one in enumerate(outcome.contact_ids or ()) if one is not None}
                count += outcome.rows
        return Uploaded(table.encoding, count, Listed(None if kind == "dnc" else contact_ids, errors))

    async def prepare(
        self,
        account_id: UUID,
        kind: UploadKind,
        file: GivenFile,
        mode: ConflictMode,
        *,
        callback: str | None,
        incremental: bool,
    ) -> Upload:
        """Looks at a file and keeps it, outside of any transaction; `start` or `discard` it next. Raises
        InvalidInputError.
        """
        table = await self._examined(kind, file)
        blob = f"{self._ids.token(24)}.csv"
        await self._blobs.put_file(blob, file.path)
        return Upload(
            account_id=account_id,
            id=self._ids.time_uuid(),
            kind=kind,
            status="processing",
            mode=mode,
            callback=callback,
            incremental=incremental,
            blob=blob,
            filename=file.name.replace("\0", "")[:_LONGEST_FILENAME],
            size=table.size,
            encoding=table.encoding,
            delimiter=table.delimiter,
            columns=table.columns,
            position=table.position,
            created_at=self._clock.now(),
        )

    async def start(self, tx: Tx, upload: Upload) -> None:
        """Has a prepared upload worked off. Raises TooManyUploadsError."""
        if await repository.count_unfinished(tx, upload.account_id) >= _MOST_UNFINISHED:
            raise TooManyUploadsError(f"an account may have {_MOST_UNFINISHED} uploads waiting", retry_after=10)
        await repository.insert(tx, upload)
        await enqueue_upload(tx, upload.account_id, upload.id, self._clock.now())

    async def discard(self, upload: Upload) -> None:
        """Removes the file of a prepared upload that is not started."""
        await self._blobs.delete(upload.blob)

    async def check_callback(self, tx: Tx, account_id: UUID, callback: str) -> None:
        """Raises InvalidInputError unless it is one that can be told of progress."""
        if callback == WEBSOCKET:
            return
        if webhook_id := parse_uuid(callback):
            if not await self._callbacks.has_api_callback(tx, account_id, webhook_id):
                raise InvalidInputError.of("callback", "is not the id of a webhook of the type api_callback")
        elif problem := check_url(callback, self._allow_private):
            words = f"is neither {WEBSOCKET}, nor the id of a webhook, nor a URL that can be called: {problem}"
            raise InvalidInputError.of("callback", words)

    async def get(self, tx: Tx, account_id: UUID, upload_id: UUID, wanted: Page) -> tuple[Upload, Listed]:
        """An upload, and a page of what became of its rows. Raises NotFoundError."""
        upload = await repository.find(tx, account_id, upload_id)
        if upload is None:
            raise NotFoundError("uploadId")
        return upload, await repository.listed(tx, upload, wanted)

    async def page(self, tx: Tx, account_id: UUID, kinds: list[UploadKind], wanted: Page) -> list[Upload]:
        """Uploads of the account, the newest first."""
        return await repository.page(tx, account_id, kinds, wanted)

    async def forget_old(self, tx: Tx) -> list[str]:
        """Removes uploads past their time, some at a time; answers the names of files to `delete_files` once that is
        committed. For the upkeep.
        """
        return await repository.forget(tx, self._clock.now() - _KEPT_FOR, _MOST_FORGOTTEN)

    async def delete_files(self, names: list[str]) -> None:
        """Removes the files of forgotten uploads."""
        for name in names:
            await self._blobs.delete(name)

    async def _examined(self, kind: UploadKind, file: GivenFile) -> Table:
        table = await asyncio.to_thread(examine, file.path, file.field)
        if flaw := self._kinds[kind].flaw_of(table.columns):
            raise InvalidInputError.of(file.field, flaw)
        return table


async def _is_long(path: Path, table: Table) -> bool:
    return await asyncio.to_thread(count_rows, path, table, MOST_ROWS_AT_ONCE) > MOST_ROWS_AT_ONCE
