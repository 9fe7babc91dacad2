"""Talks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from cordboard.domain.assistants.models import Briefing, Line
from cordboard.domain.workflows.models import Run, RunKey
from cordboard.infra.jobs.queue import Job


class TalkKey(msgspec.Struct, frozen=True):
    """What finds a talk: the wait of a run that it is to end."""

    account_id: UUID
    run_id: UUID
    token: int

    @classmethod
    def of(cls, account_id: UUID, payload: dict[str, Any]) -> TalkKey:
        """The key in the payload of a job or a timer."""
        return cls(account_id, UUID(payload["run"]), payload["token"])

    @property
    def payload(self) -> dict[str, Any]:
        """The key for jobs and timers."""
        return {"run": str(self.run_id), "token": self.token}

    @property
    def run_key(self) -> RunKey:
        """What finds the run."""
        return self.account_id, self.run_id


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation at a node of a run. `person` and `number` are who writes with each other, once something was
    written; `failures` counts those of the model in a row.
    """

    account_id: UUID
    run_id: UUID
    token: int
    node: int
    assistant_id: str
    person: str = ""
    number: str = ""
    briefing: Briefing = Briefing()
    lines: tuple[Line, ...] = ()
    variables: dict[str, str] = {}
    failures: int = 0
    state: Literal["open", "done"] = "open"
    outcome: str = ""
    waits_until: datetime
    created_at: datetime

    @property
    def key(self) -> TalkKey:
        """What finds it."""
        return TalkKey(self.account_id, self.run_id, self.token)

    @property
    def is_open(self) -> bool:
        """Whether anything more is said."""
        return self.state == "open"

    @property
    def turns(self) -> int:
        """How many texts the assistant has written."""
        return sum(line.by == "assistant" for line in self.lines)

    @property
    def has_said_all(self) -> bool:
        """Whether the assistant may write no more."""
        return self.turns >= self.briefing.max_turns

    @property
    def unanswered(self) -> int:
        """How many texts of the contact wait for an answer."""
        for count, line in enumerate(reversed(self.lines)):
            if line.by == "assistant":
                return count
        return len(self.lines)

    @property
    def is_awaited(self) -> bool:
        """Whether it is the assistant's turn."""
        return self.is_open and (not self.lines or self.unanswered > 0)

    def is_waited_for(self, run: Run | None) -> bool:
        """Whether its run still waits for how it ends."""
        return run is not None and waits_for_answer(run, self.token)


def waits_for_answer(run: Run, token: int) -> bool:
    """Whether a run waits for an answer under this token."""
    wait = run.state.wait
    return wait is not None and wait.kind == "answer" and wait.token == token


TALK_JOB = "workflows.talk_on"
TALK_TIMER = "workflows.talk_timeout"


def talk_job(key: TalkKey, now: datetime) -> Job:
    """The job that has the assistant say something."""
    return Job(TALK_JOB, key.account_id, key.payload, now)
