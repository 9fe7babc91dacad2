"""Talk on: what the assistant says next is asked for, and said."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from cordboard.domain.assistants.conversation import FAILED, LIMIT
from cordboard.domain.assistants.errors import SilentError
from cordboard.domain.assistants.models import Said
from cordboard.domain.assistants.service import AssistantService
from cordboard.domain.workflows.models import Run
from cordboard.domain.workflows.repository import runs
from cordboard.domain.workflows.talks import repository
from cordboard.domain.workflows.talks.models import Talk, TalkKey
from cordboard.domain.workflows.talks.talking import Talking, learned
from cordboard.infra.db import Database, Tx
from cordboard.infra.jobs.queue import Job, RetryJob

RESTS: Final = (5.0, 30.0, 120.0, 600.0)
"""Seconds between one failure of the model and the next try; after the last one the talk has failed."""
AT_ONCE: Final = 32
"""Questions of one process; they leave room for other jobs while the model is slow."""
_MORE_WAS_SAID: Final = "more was said meanwhile"


@dataclass(frozen=True, slots=True)
class TalkOn:
    """Handler of `TALK_JOB`. Safe to repeat: what is said is written together with what it answers, or not at all."""

    database: Database
    assistants: AssistantService
    talking: Talking
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def __call__(self, job: Job) -> None:
        """One turn. Raises RetryJob where the model failed, or the contact wrote while it thought."""
        key = TalkKey.of(job.account_id, job.payload)
        async with self.database.connection() as connection:
            talk = await repository.find(connection, key)
            run = await runs.find(connection, *key.run_key)
        if talk is None or not talk.is_awaited:
            return
        if self.places.locked():
            raise RetryJob(1.0, f"{AT_ONCE} assistants are thinking already")
        said: Said | SilentError
        async with self.places:
            try:
                said = await self._said(talk, run)
            except SilentError as error:
                said = error
        async with self.database.transaction() as tx:
            rest = await self._went_on(tx, talk, said)
        if rest is not None:
            raise RetryJob(rest, str(said) if isinstance(said, SilentError) else _MORE_WAS_SAID)

    async def _said(self, talk: Talk, run: Run | None) -> Said:
        """Nothing is asked for a run that has gone on."""
        if not talk.is_waited_for(run):
            return Said()
        return await self.assistants.says(talk.briefing, talk.lines, last=talk.has_said_all)

    async def _went_on(self, tx: Tx, seen: Talk, said: Said | SilentError) -> float | None:
        """Takes the talk on if it still is as it was seen; answers after how many seconds to try again, if at all."""
        run = await runs.find(tx, *seen.key.run_key, lock=True)
        talk = await repository.find(tx, seen.key, lock=True)
        if talk is None or not talk.is_open:
            return None
        if run is None or not talk.is_waited_for(run):
            await self.talking.close(tx, talk)
            return None
        if talk.lines != seen.lines:
            return 0.0
        if isinstance(said, SilentError):
            return await self._failed(tx, talk, str(said))
        await self._take(tx, run, learned(talk, said.variables), said)
        return None

    async def _take(self, tx: Tx, run: Run, talk: Talk, said: Said) -> None:
        is_last = talk.has_said_all
        if said.text is not None and not is_last:
            talk = await self.talking.write(tx, run, talk, said.text)
        if talk.is_open and (said.done or is_last):
            await self.talking.end(tx, talk, said.outcome if said.done else LIMIT)

    async def _failed(self, tx: Tx, talk: Talk, reason: str) -> float | None:
        """Counts a failure of the model."""
        if talk.failures >= len(RESTS):
            await self.talking.end(tx, talk, FAILED, error=reason)
            return None
        await repository.save(tx, replace(talk, failures=talk.failures + 1))
        await self.talking.note(tx, talk, f"the assistant is silent: {reason}", success=False)
        return RESTS[talk.failures]
