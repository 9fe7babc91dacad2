"""Meme nodes: a picture is drawn and kept for a while, and the run gets its address."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from cordboard.domain.assets.memes import Drawn, Text, UndrawableError, draw
from cordboard.domain.assets.models import AssetKey
from cordboard.domain.assets.service import AssetService
from cordboard.domain.assets.tasks import sweep_later
from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import run_action
from cordboard.domain.workflows.outside.answering import Answering
from cordboard.domain.workflows.outside.asking import asked_of
from cordboard.engines.workflow.effects import DrawMeme
from cordboard.engines.workflow.inputs import Answered
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database
from cordboard.infra.jobs.queue import Job
from cordboard.kit.clock import Clock

PICTURE_TYPE: Final = "meme-image"
KEPT_FOR: Final = timedelta(days=90)
_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class DrawMemeJob:
    """Handler of jobs. A repeat draws the same picture under the same name."""

    clock: Clock
    database: Database
    assets: AssetService
    blobs: Blobs
    answering: Answering
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def __call__(self, job: Job) -> None:
        """Draws a picture."""
        asked = asked_of(job)
        effect = asked.effect
        if not isinstance(effect, DrawMeme) or not await self.answering.waits(
            job.account_id, asked.run_id, effect.token
        ):
            return
        try:
            drawn = await self._drawn(job.account_id, effect)
        except UndrawableError as error:
            await self._note(job.account_id, asked.run_id, f"not drawn: {error}", success=False)
            answered = Answered(effect.token, {"meme.error": str(error)}, "failed")
        else:
            url = await self._kept(job, effect, drawn)
            await self._note(job.account_id, asked.run_id, "; ".join((url, *drawn.notes)), success=True)
            answered = Answered(effect.token, {effect.stored_as: url}, "success")
        await self.answering(job.account_id, asked.run_id, answered)

    async def _drawn(self, account_id: UUID, effect: DrawMeme) -> Drawn:
        """Raises UndrawableError."""
        async with self.database.connection() as connection:
            url = await self.assets.url_of(connection, account_id, AssetKey(PICTURE_TYPE, effect.file_name))
        name = self.blobs.name_of(url) if url else None
        picture = await self.blobs.get(name) if name else None
        if picture is None:
            raise UndrawableError(f"there is no asset {effect.file_name!r} of the type {PICTURE_TYPE}")
        async with self.room:
            return await asyncio.to_thread(draw, picture, Text.of(effect.text))

    async def _kept(self, job: Job, effect: DrawMeme, drawn: Drawn) -> str:
        """Under a name that nobody guesses and a repeat finds again."""
        name = f"{sha256(f'meme:{job.id}:{effect.key}:{job.account_id}'.encode()).hexdigest()[:48]}.{drawn.form}"
        async with self.database.transaction() as tx:
            await sweep_later(tx, job.account_id, name, self.clock.now() + KEPT_FOR)
        return await self.blobs.put(name, drawn.data)

    async def _note(self, account_id: UUID, run_id: UUID, words: str, *, success: bool) -> None:
        entry = run_action(account_id, run_id, self.clock.now(), "meme", None, words, success=success)
        async with self.database.transaction() as tx:
            await debuglog.record(tx, [entry])
