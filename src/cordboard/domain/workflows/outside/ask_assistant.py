"""AI assist: a talk begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cordboard.domain.assistants.conversation import FAILED
from cordboard.domain.assistants.errors import AssistantNotFoundError
from cordboard.domain.assistants.models import Briefing
from cordboard.domain.assistants.service import NO_PROVIDER, AssistantService
from cordboard.domain.workflows.models import Run
from cordboard.domain.workflows.outside.asking import asked_of
from cordboard.domain.workflows.repository import runs
from cordboard.domain.workflows.talks import repository
from cordboard.domain.workflows.talks.models import Talk, talk_job, waits_for_answer
from cordboard.domain.workflows.talks.talking import Talking
from cordboard.engines.workflow.effects import AskAssistant
from cordboard.infra.db import Database, Tx
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.kit.ids import parse_uuid

_GONE: Final = "there is no such assistant any more"


@dataclass(frozen=True, slots=True)
class BeginTalk:
    """The handler. The talk is stored together with what it begins with, so that a repeat finds it and does nothing."""

    database: Database
    assistants: AssistantService
    talking: Talking

    async def __call__(self, job: Job) -> None:
        """Writes the greeting, or has the model think of one. Without a provider or an assistant the run is told at
        once.
        """
        asked = asked_of(job)
        if not isinstance(asked.effect, AskAssistant):
            raise TypeError(f"{type(asked.effect).__name__} is no AskAssistant")
        async with self.database.transaction() as tx:
            run = await runs.find(tx, job.account_id, asked.run_id, lock=True)
            if run is None or not waits_for_answer(run, asked.effect.token):
                return
            briefing, problem = await self._briefing(tx, run, asked.effect)
            talk = _talk(run, asked.effect, briefing, self.talking.clock.now())
            if await repository.insert(tx, talk):
                await self._begin(tx, run, talk, problem)

    async def _begin(self, tx: Tx, run: Run, talk: Talk, problem: str) -> None:
        if problem:
            await self.talking.end(tx, talk, FAILED, error=problem)
        elif talk.briefing.greeting.strip():
            await self.talking.write(tx, run, talk, talk.briefing.greeting)
        else:
            await self.talking.wait(tx, talk)
            await enqueue(tx, [talk_job(talk.key, self.talking.clock.now())])

    async def _briefing(self, tx: Tx, run: Run, effect: AskAssistant) -> tuple[Briefing, str]:
        """What the assistant is to do, and what speaks against it."""
        if not self.assistants.can_talk:
            return Briefing(), NO_PROVIDER
        assistant_id = parse_uuid(effect.assistant_id)
        if assistant_id is None:
            return Briefing(), _GONE
        try:
            assistant = await self.assistants.get(tx, run.account_id, assistant_id)
        except AssistantNotFoundError:
            return Briefing(), _GONE
        return Briefing.of(assistant, effect.variables), ""


def _talk(run: Run, effect: AskAssistant, briefing: Briefing, now: datetime) -> Talk:
    return Talk(
        account_id=run.account_id,
        run_id=run.id,
        token=effect.token,
        node=run.state.at or 0,
        assistant_id=effect.assistant_id,
        briefing=briefing,
        waits_until=now,
        created_at=now,
    )
