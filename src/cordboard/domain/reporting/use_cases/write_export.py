"""Writing an export of a log: piece by piece, in as many jobs as it takes, and a mail at the end.

A job writes one piece and leaves the rest to the next one; the transaction that says so also queues that one. So a job
that is cut off, or run twice, changes nothing but its own piece, and the export is finished, and its mail queued, once.
Pieces are gzip files: put one behind the other they are one.
"""

from __future__ import annotations

import asyncio
import gzip
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import IO, Final
from uuid import UUID

import structlog
from msgspec.structs import replace

from cordboard.domain.reporting import cells
from cordboard.domain.reporting.log_exports import FORGET_JOB, job_of
from cordboard.domain.reporting.models import EXPORT_LIFETIME, ExportKind, LogExport
from cordboard.domain.reporting.ports import LogPosition, LogReader
from cordboard.domain.reporting.repository import exports
from cordboard.infra.blobs.port import Blobs
from cordboard.infra.db import Database
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.infra.mail import Mail, queue_mail
from cordboard.kit.clock import Clock, monotonic

PAGE: Final = 2000
"""Records that are held in memory at once."""
PIECE_SECONDS: Final = 40.0
"""How long a piece is added to; the rest of a job's lease is for storing it."""
PLAIN_UP_TO: Final = 1 << 20
"""Files up to so many bytes are not compressed."""
_MOST_ATTEMPTS: Final = 5
_LEVEL: Final = 6
_NAMES: Final = {"calls": "call", "sms": "SMS"}
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a piece holds: records, bytes before compression, the last record, and whether there are no more."""

    records: int
    raw_bytes: int
    last: LogPosition | None
    is_last: bool


@dataclass(frozen=True, slots=True)
class WriteExport:
    """The verb, as a handler of jobs. `spool`: the folder for files under way; `piece_seconds` and `page` bound what
    one job does and how many records it holds.
    """

    clock: Clock
    database: Database
    blobs: Blobs
    readers: Mapping[ExportKind, LogReader]
    spool: Path
    piece_seconds: float = PIECE_SECONDS
    page: int = PAGE

    async def __call__(self, job: Job) -> None:
        """Goes on with the export that the job names, unless another job has."""
        async with self.database.connection() as connection:
            export = await exports.find(connection, job.account_id, UUID(job.payload["exportId"]))
        if export is None or export.status != "processing" or export.part != job.payload["part"]:
            return
        if job.attempts > _MOST_ATTEMPTS:
            await self._give_up(export)
        elif export.read:
            await self._finish(export)
        else:
            await self._go_on(export)

    async def _go_on(self, export: LogExport) -> None:
        """Writes the next piece."""
        self.spool.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.spool, prefix="export-") as file:
            piece = await self._write(export, file)
            await self.blobs.put_file(piece_name(export.file, export.part + 1), Path(file.name))
        after = replace(
            export,
            part=export.part + 1,
            after_at=piece.last[0] if piece.last else export.after_at,
            after_id=piece.last[1] if piece.last else export.after_id,
            read=piece.is_last,
            records=export.records + piece.records,
            raw_bytes=export.raw_bytes + piece.raw_bytes,
        )
        async with self.database.transaction() as tx:
            if await exports.advance(tx, export, after):
                await enqueue(tx, [job_of(after, self.clock)])

    async def _write(self, export: LogExport, file: IO[bytes]) -> _Piece:
        reader = self.readers[export.kind]
        start = datetime.combine(export.start_day, time(), UTC)
        end = datetime.combine(export.end_day, time(), UTC) + timedelta(days=1)
        last = (export.after_at, export.after_id) if export.after_at and export.after_id else None
        until = monotonic() + self.piece_seconds
        records = raw_bytes = 0
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_LEVEL, mtime=0) as packed:
            if export.part == 0:
                raw_bytes += packed.write(cells.header(reader.columns))
            while True:
                async with self.database.transaction() as tx:
                    found = await reader.read(tx, export.account_id, start, end, last, self.page)
                if found:
                    last = found[-1].position
                    text = await asyncio.to_thread(cells.lines, reader.columns, [line.members for line in found])
                    raw_bytes += await asyncio.to_thread(packed.write, text)
                    records += len(found)
                if len(found) < self.page or monotonic() >= until:
                    break
        await asyncio.to_thread(file.flush)
        return _Piece(records, raw_bytes, last, len(found) < self.page)

    async def _finish(self, export: LogExport) -> None:
        """Makes one file of the pieces, and tells of it."""
        self.spool.mkdir(parents=True, exist_ok=True)
        plain = export.raw_bytes <= PLAIN_UP_TO
        with tempfile.NamedTemporaryFile(dir=self.spool, prefix="export-") as file:
            for number in range(1, export.part + 1):
                async for data in self.blobs.stream(piece_name(export.file, number)):
                    await asyncio.to_thread(file.write, data)
            await asyncio.to_thread(file.flush)
            whole = Path(file.name)
            with tempfile.NamedTemporaryFile(dir=self.spool, prefix="export-") as unpacked:
                if plain:
                    whole = await asyncio.to_thread(_unpack, whole, unpacked)
                size = (await asyncio.to_thread(whole.stat)).st_size
                url = await self.blobs.put_file(file_name(export.file, plain=plain), whole)
        now = self.clock.now()
        ready = replace(export, status="ready", size=size, url=url, finished_at=now, expires_at=now + EXPORT_LIFETIME)
        async with self.database.transaction() as tx:
            if await exports.advance(tx, export, ready):
                await queue_mail(tx, export.account_id, _mail(ready), now)
                forget = Job(FORGET_JOB, export.account_id, {"exportId": str(export.id)}, now + EXPORT_LIFETIME)
                await enqueue(tx, [forget])
        await self._remove_pieces(export)

    async def _give_up(self, export: LogExport) -> None:
        """Tells that there will be no file."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            if await exports.advance(tx, export, replace(export, status="failed", finished_at=now)):
                await queue_mail(tx, export.account_id, _mail_of_failure(export), now)
        _log.error("export.given_up", export=str(export.id))
        await self._remove_pieces(export)

    async def _remove_pieces(self, export: LogExport) -> None:
        for number in range(1, export.part + 2):
            await self.blobs.delete(piece_name(export.file, number))


@dataclass(frozen=True, slots=True)
class ForgetExport:
    """The verb, as a handler of jobs: the time of an export's file is over."""

    database: Database
    blobs: Blobs

    async def __call__(self, job: Job) -> None:
        """Removes the file, and whatever of its pieces is left."""
        async with self.database.connection() as connection:
            export = await exports.find(connection, job.account_id, UUID(job.payload["exportId"]))
        if export is None:
            return
        for number in range(1, export.part + 1):
            await self.blobs.delete(piece_name(export.file, number))
        for plain in (True, False):
            await self.blobs.delete(file_name(export.file, plain=plain))
        async with self.database.transaction() as tx:
            await exports.advance(tx, export, replace(export, status="expired", url=None))


def piece_name(file: str, number: int) -> str:
    """The blob of a piece, from 1."""
    return f"{file}-{number:06}.gz"


def file_name(file: str, *, plain: bool) -> str:
    """The blob of the whole."""
    return f"{file}.csv" if plain else f"{file}.gz"


def _unpack(packed: Path, target: IO[bytes]) -> Path:
    with gzip.open(packed) as source:
        shutil.copyfileobj(source, target)
    target.flush()
    return Path(target.name)


def _mail(export: LogExport) -> Mail:
    days = _days(export)
    packed = "" if str(export.url).endswith(".csv") else " The file is compressed with gzip."
    text = (
        f"The {_NAMES[export.kind]} log of {days} has {export.records} record{'s' if export.records != 1 else ''}."
        f" Download it as CSV from\n\n{export.url}\n\nuntil {export.expires_at:%Y-%m-%d %H:%M} UTC;"
        f" whoever has this link can do so.{packed} All times are UTC.\n"
    )
    return Mail(export.email, f"Your {_NAMES[export.kind]} log of {days}", text)


def _mail_of_failure(export: LogExport) -> Mail:
    days = _days(export)
    text = (
        f"The {_NAMES[export.kind]} log of {days} could not be written to a file. Please ask for it again,"
        " or tell whoever runs your platform.\n"
    )
    return Mail(export.email, f"No {_NAMES[export.kind]} log of {days}", text)


def _days(export: LogExport) -> str:
    if export.start_day == export.end_day:
        return f"{export.start_day}"
    return f"{export.start_day} to {export.end_day}"
