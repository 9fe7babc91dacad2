"""What contacts write, and that they write nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from msgspec.structs import replace

from cordboard.domain.assistants.conversation import STOPPED, TIMEOUT
from cordboard.domain.assistants.models import LONGEST_TEXT, Line
from cordboard.domain.workflows.models import RunKey
from cordboard.domain.workflows.repository import runs
from cordboard.domain.workflows.talks import repository
from cordboard.domain.workflows.talks.models import Talk, TalkKey, talk_job
from cordboard.domain.workflows.talks.talking import Talking
from cordboard.infra.db import Tx
from cordboard.infra.jobs.queue import enqueue
from cordboard.infra.jobs.timers import Timer

MOST_UNANSWERED: Final = 10
"""Texts in a row that an assistant is shown of a contact; those after them are lines in the history alone."""
_OPTED_OUT: Final = "the contact has unsubscribed"
_NO_WORDS: Final = "(a message without words)"


class Heard(NamedTuple):
    """A reply to a run. `opted_out`: it asks for silence."""

    run: RunKey
    text: str
    opted_out: bool


@dataclass(frozen=True, slots=True)
class Hearing:
    """The verbs. They work in the caller's transaction."""

    talking: Talking

    async def heard(self, tx: Tx, replies: Sequence[Heard]) -> None:
        """Replies, in order, to runs that the caller has locked: those whose run talks are for its assistant."""
        if not replies:
            return
        found = await repository.open_of(tx, sorted({one.run for one in replies}))
        talks = {talk.key.run_key: talk for talk in found}
        for one in replies:
            talk = talks.get(one.run)
            if talk is not None and talk.is_open:
                talks[one.run] = await self._took(tx, talk, one)

    async def gave_up(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Handler of `TALK_TIMER`: contacts that have been silent for too long."""
        for key in sorted((TalkKey.of(one.account_id, one.payload) for one in timers), key=lambda one: one.run_key):
            run = await runs.find(tx, *key.run_key, lock=True)
            talk = await repository.find(tx, key, lock=True)
            if talk is None or not talk.is_open:
                continue
            if not talk.is_waited_for(run):
                await self.talking.close(tx, talk)
            elif talk.waits_until <= self.talking.clock.now():
                await self.talking.end(tx, talk, TIMEOUT)

    async def _took(self, tx: Tx, talk: Talk, reply: Heard) -> Talk:
        text = reply.text[:LONGEST_TEXT].strip() or _NO_WORDS
        await self.talking.note(tx, talk, f"contact: {text}")
        if reply.opted_out:
            return await self.talking.end(tx, talk, STOPPED, error=_OPTED_OUT)
        if talk.unanswered >= MOST_UNANSWERED:
            return talk
        if not talk.is_awaited:
            await enqueue(tx, [talk_job(talk.key, self.talking.clock.now())])
        return await self.talking.wait(tx, replace(talk, lines=(*talk.lines, Line("contact", text))))
