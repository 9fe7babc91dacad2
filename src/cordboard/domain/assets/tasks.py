"""Files that no asset has are removed: what was replaced or deleted, and what an upload left that came to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.assets import repository
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database, Tx
from cordboard.infra.jobs.queue import Job, enqueue

SWEEP_JOB: Final = "assets.sweep"


@dataclass(frozen=True, slots=True)
class SweepBlob:
    """The handler of `SWEEP_JOB`. While the store is away the job is tried again."""

    database: Database
    blobs: Blobs

    async def __call__(self, job: Job) -> None:
        """Removes a file unless an asset has it. Raises BlobStoreError."""
        blob: str = job.payload["blob"]
        async with self.database.connection() as connection:
            used = await repository.is_used(connection, job.account_id, blob)
        if not used:
            await self.blobs.delete(blob)


async def sweep_later(tx: Tx, account_id: UUID, blob: str, at: datetime) -> None:
    """From `at` on the file goes, unless an asset has it then."""
    await enqueue(tx, [Job(kind=SWEEP_JOB, account_id=account_id, payload={"blob": blob}, run_at=at)])
