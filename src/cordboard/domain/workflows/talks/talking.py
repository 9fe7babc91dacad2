"""What every part of a talk does: writing to the contact, waiting for it, and telling the run how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.assistants.conversation import MOST_VARIABLES, STOPPED, sendable, transcript
from cordboard.domain.assistants.models import Line
from cordboard.domain.assistants.service import LONGEST_PATIENCE
from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import run_action
from cordboard.domain.messaging.drafts import AcceptedMessage, SendRequest
from cordboard.domain.messaging.errors import NumberNotFoundError
from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.workflows.errors import CANNOT_WRITE
from cordboard.domain.workflows.models import Run, Sent
from cordboard.domain.workflows.repository import campaigns, runs, sends
from cordboard.domain.workflows.talks import repository
from cordboard.domain.workflows.talks.models import TALK_TIMER, Talk
from cordboard.engines.workflow.inputs import Answered
from cordboard.infra.db import Tx
from cordboard.infra.jobs.timers import Timer, arm, cancel
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, NotFoundError, RefusedError

LONGEST_TRANSCRIPT: Final = 16_000
"""Characters of the variable."""
_LONGEST_TALK: Final = timedelta(minutes=LONGEST_PATIENCE - 5)
"""The run is told how it went before it goes on by itself."""
_ACTION: Final = "aiAssist"
_NO_SENDER: Final = "the campaign has no number set to write from; give it one"
_SUSPENDED: Final = "the account is suspended or closed"


@dataclass(frozen=True, slots=True)
class Talking:
    """The verbs. They work in the caller's transaction, which has locked the run and the talk."""

    clock: Clock
    accounts: AccountService
    messaging: MessagingService

    async def write(self, tx: Tx, run: Run, talk: Talk, text: str) -> Talk:
        """Sends a text of the assistant. What is refused ends the talk."""
        result = await self._accepted(tx, run, sendable(text))
        if not isinstance(result, AcceptedMessage):
            return await self.end(tx, talk, STOPPED, error=str(result))
        await sends.insert(tx, [self._sent(run, talk, result)])
        if result.sender != run.sender:
            await runs.know_sender(tx, run.key, result.sender)
        await self.note(tx, talk, f"assistant: {result.text}")
        written = replace(
            talk,
            person=result.recipient,
            number=result.sender,
            lines=(*talk.lines, Line("assistant", result.text)),
            failures=0,
        )
        return await self.wait(tx, written, result.scheduled_at)

    async def wait(self, tx: Tx, talk: Talk, since: datetime | None = None) -> Talk:
        """Keeps a talk, and waits from now, or from `since`, for as long as a contact may be silent."""
        start = max(self.clock.now(), since or talk.created_at)
        until = start + timedelta(minutes=talk.briefing.timeout_minutes)
        waiting = replace(talk, waits_until=min(until, talk.created_at + _LONGEST_TALK))
        await repository.save(tx, waiting)
        timer = Timer(TALK_TIMER, talk.account_id, _scope(talk), waiting.waits_until, payload=talk.key.payload)
        await arm(tx, [timer])
        return waiting

    async def end(
        self, tx: Tx, talk: Talk, outcome: str, *, variables: Mapping[str, str] | None = None, error: str = ""
    ) -> Talk:
        """Tells the run how it went: `node<id>.outcome`, `.transcript`, `.turns`, `.error` and what was found out."""
        ended = replace(learned(talk, variables or {}), outcome=outcome)
        told = Answered(talk.token, _told(ended, error), outcome)
        await runs.tell(tx, [(talk.key.run_key, told, self.clock.now())])
        await self.note(tx, talk, f"ended: {outcome}" + (f" ({error})" if error else ""), success=not error)
        return await self.close(tx, ended)

    async def close(self, tx: Tx, talk: Talk) -> Talk:
        """Ends a talk of which nobody waits to hear."""
        closed = replace(talk, state="done")
        await repository.save(tx, closed)
        await cancel(tx, TALK_TIMER, talk.account_id, [_scope(talk)])
        return closed

    async def note(self, tx: Tx, talk: Talk, words: str, *, success: bool = True) -> None:
        """A line in the run's history."""
        now = self.clock.now()
        entry = run_action(talk.account_id, talk.run_id, now, _ACTION, talk.node, words, success=success)
        await debuglog.record(tx, [entry])

    async def _accepted(self, tx: Tx, run: Run, text: str) -> AcceptedMessage | CordboardError:
        try:
            account = await self.accounts.get(tx, run.account_id)
        except NotFoundError as error:
            return error
        if not account.active:
            return RefusedError(_SUSPENDED)
        found = await campaigns.by_keys(tx, [(run.account_id, run.campaign_id)])
        campaign = found[run.account_id, run.campaign_id]
        result: AcceptedMessage | CordboardError = NumberNotFoundError(_NO_SENDER)
        if run.sender:
            request = _request(run, account.parent_id, text, sender=run.sender)
            (result,) = await self.messaging.accept(tx, [request])
        if isinstance(result, CANNOT_WRITE) and campaign.number_set_id:
            request = _request(run, account.parent_id, text, number_set_id=campaign.number_set_id)
            (result,) = await self.messaging.accept(tx, [request])
        return result

    def _sent(self, run: Run, talk: Talk, message: AcceptedMessage) -> Sent:
        return Sent(
            account_id=run.account_id,
            person=message.recipient,
            number=message.sender,
            id=message.id,
            run_id=run.id,
            campaign_id=run.campaign_id,
            reply_to=f"assistant.{talk.token}",
            sent_at=self.clock.now(),
        )


def learned(talk: Talk, variables: Mapping[str, str]) -> Talk:
    """A talk that has found something out; what passes the limit is left out."""
    known = {**talk.variables, **variables}
    return replace(talk, variables=dict(list(known.items())[:MOST_VARIABLES]))


def _told(talk: Talk, error: str) -> dict[str, str]:
    """Under the node's name, so that nothing that a contact brings about takes the place of anything else."""
    told = {
        **talk.variables,
        "outcome": talk.outcome,
        "transcript": transcript(talk.lines, LONGEST_TRANSCRIPT),
        "turns": str(talk.turns),
        "error": error,
    }
    return {f"node{talk.node}.{name}": value for name, value in told.items()}


def _request(
    run: Run, parent_id: UUID, text: str, *, sender: str | None = None, number_set_id: UUID | None = None
) -> SendRequest:
    return SendRequest(
        account_id=run.account_id,
        parent_account_id=parent_id,
        contact_id=run.contact_id,
        sender=sender,
        number_set_id=number_set_id,
        text=text,
        message_class="marketing",
        campaign_id=run.campaign_id,
        metadata={"campaignRunId": str(run.id)},
        patient=True,
    )


def _scope(talk: Talk) -> str:
    return f"{talk.run_id}:{talk.token}"
