"""Working off uploads, a slice of time at a time.

The effects of a chunk of rows, what became of them and the offset behind them are one transaction: whoever dies
whenever, the next one goes on where the last commit was. An account's uploads are worked off in the order in which they
came; between slices other accounts have their turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from msgspec.structs import replace

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.uploads import repository
from cordboard.domain.uploads.chunks import CHUNK_ROWS, Chunk, chunks_of
from cordboard.domain.uploads.events import MOST_LISTED, PROGRESSED, event_of
from cordboard.domain.uploads.kinds import Kind
from cordboard.domain.uploads.models import Outcome, Upload, UploadKind
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database, Tx
from cordboard.infra.events import Event, append
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.kit.clock import Clock, monotonic
from cordboard.kit.paging import Page

UPLOAD_JOB: Final = "uploads.process"
CHANNEL: Final = "uploads"

LEASE_SECONDS: Final = 8.0
"""After so many seconds somebody else goes on with what a dead worker had under way."""

AT_ONCE: Final = 2
"""How many accounts' uploads a worker has under way."""

MOST_FAILURES: Final = 6
"""How often a slice is tried again before the upload is given up."""

_SLICE_SECONDS: Final = 3.0
_TOLD_EVERY: Final = timedelta(seconds=1)
_FIRST_PAGE: Final = Page(MOST_LISTED, 0)
_log = structlog.get_logger(__name__)


async def enqueue_upload(tx: Tx, account_id: UUID, upload_id: UUID, now: datetime) -> None:
    """Gives an upload its next turn."""
    await enqueue(tx, [Job(UPLOAD_JOB, account_id, {"uploadId": str(upload_id)}, now)])
    await tx.execute("select pg_notify($1, '')", CHANNEL)


class ProcessUpload:
    """The handler of jobs, for a loop of its own: with `LEASE_SECONDS` and more attempts than `MOST_FAILURES`."""

    def __init__(
        self,
        *,
        clock: Clock,
        database: Database,
        blobs: Blobs,
        accounts: AccountService,
        kinds: Mapping[UploadKind, Kind],
        chunk_rows: int = CHUNK_ROWS,
        slice_seconds: float = _SLICE_SECONDS,
    ) -> None:
        self._clock = clock
        self._database = database
        self._blobs = blobs
        self._accounts = accounts
        self.kinds = kinds
        self._chunk_rows = chunk_rows
        self._slice_seconds = slice_seconds

    async def __call__(self, job: Job) -> None:
        """One slice of an upload, if it is its turn; another turn is asked for where there is more to do."""
        upload_id = UUID(job.payload["uploadId"])
        if job.attempts > MOST_FAILURES:
            await self._give_up(job.account_id, upload_id, "it failed again and again")
            return
        async with self._database.transaction() as tx:
            upload = await repository.oldest_unfinished(tx, job.account_id)
        if upload is None or upload.id != upload_id:
            return  # it is finished, or has its turn when the one before it is
        try:
            await self._work(upload)
        except FileNotFoundError:
            await self._give_up(job.account_id, upload_id, "its file is gone")

    async def _work(self, upload: Upload) -> None:
        kind = self.kinds[upload.kind]
        ends = monotonic() + self._slice_seconds
        pieces = self._blobs.stream(upload.blob, start=upload.position)
        async with chunks_of(pieces, upload.table, kind.check(upload.columns), most=self._chunk_rows) as chunks:
            async for chunk in chunks:
                turn_ends = monotonic() >= ends
                written = await self._write(upload, chunk, kind, turn_ends=turn_ends)
                if written is None or turn_ends:
                    return
                upload = written
                if upload.finished_at is not None:
                    await self._blobs.delete(upload.blob)
                    return

    async def _write(self, upload: Upload, chunk: Chunk, kind: Kind, *, turn_ends: bool) -> Upload | None:
        """The upload after a chunk; None when somebody else is at it, or it has ended otherwise."""
        async with self._database.transaction() as tx:
            present = await repository.find(tx, upload.account_id, upload.id, lock=True)
            if present is None or present.finished_at is not None or present.position != upload.position:
                return None
            if not (await self._accounts.get(tx, upload.account_id)).active:
                await self._conclude(tx, replace(present, status="failed", reason="the account is not active"))
                return None
            outcome = await kind.apply(tx, upload.account_id, chunk.rows, upload.mode)
            if outcome.rows:
                await repository.add_outcome(tx, present, outcome)
            after = _after(present, outcome, chunk)
            if chunk.last:
                return await self._conclude(tx, after)
            await repository.commit_lazily(tx)
            after = await self._tell_progress(tx, after)
            await repository.update(tx, after)
            if turn_ends:
                await enqueue_upload(tx, upload.account_id, upload.id, self._clock.now())
            return after

    async def _conclude(self, tx: Tx, upload: Upload) -> Upload:
        """Ends an upload; the account's next one gets its turn."""
        now = self._clock.now()
        ended = replace(upload, finished_at=now)
        await repository.update(tx, ended)
        await self._tell(tx, ended, now)
        following = await repository.next_unfinished(tx, upload.account_id)
        if following is not None:
            await enqueue_upload(tx, upload.account_id, following, now)
        return ended

    async def _give_up(self, account_id: UUID, upload_id: UUID, reason: str) -> None:
        async with self._database.transaction() as tx:
            present = await repository.find(tx, account_id, upload_id, lock=True)
            if present is not None and present.finished_at is None:
                await self._conclude(tx, replace(present, status="failed", reason=reason))
                _log.warning("uploads.given_up", upload=str(upload_id), reason=reason)

    async def _tell_progress(self, tx: Tx, upload: Upload) -> Upload:
        now = self._clock.now()
        if not upload.incremental or now - (upload.told_at or upload.created_at) < _TOLD_EVERY:
            return upload
        await self._tell(tx, upload, now)
        return replace(upload, told_at=now)

    @staticmethod
    async def _tell(tx: Tx, upload: Upload, now: datetime) -> None:
        if upload.callback is not None:
            listed = await repository.listed(tx, upload, _FIRST_PAGE)
            payload = event_of(upload, listed, _FIRST_PAGE)
            await append(tx, [Event(PROGRESSED, upload.account_id, str(upload.id), payload, now)])


def _after(upload: Upload, outcome: Outcome, chunk: Chunk) -> Upload:
    return replace(
        upload,
        status="completed" if chunk.last else "processing",
        position=chunk.position,
        success_rows=upload.success_rows + outcome.rows - len(outcome.errors),
        failed_rows=upload.failed_rows + len(outcome.errors),
    )
