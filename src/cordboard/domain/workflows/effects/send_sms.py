"""Send SMS: a message from a template, from the number that the contact knows, else from one of the campaign's set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cordboard.domain.messaging.drafts import AcceptedMessage, SendRequest
from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.workflows.errors import CANNOT_WRITE
from cordboard.domain.workflows.models import Outcome, Sent, Wanted
from cordboard.domain.workflows.repository import sends
from cordboard.engines.workflow.effects import SendSms
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, NotFoundError

_NO_SENDER = "the campaign has no number set to write from; give it one"


@dataclass(frozen=True, slots=True)
class SendSmsEffects:
    """The handler. The messages are accepted in the step's transaction, so that each is accepted once."""

    clock: Clock
    messaging: MessagingService

    async def __call__(self, tx: Tx, wanted: Sequence[Wanted]) -> list[Outcome]:
        """What is refused is told to the run as `node<id>.error`, and it goes on."""
        results = await self._accepted(tx, wanted)
        again = [
            place
            for place, one in enumerate(wanted)
            if isinstance(results[place], CANNOT_WRITE) and one.run.sender and one.campaign.number_set_id
        ]  # the number that the contact knows cannot write: another one of the set takes over
        if again:
            retried = await self._accepted(tx, [wanted[place] for place in again], afresh=True)
            results = [*results]
            for place, result in zip(again, retried, strict=True):
                results[place] = result
        taken = [
            _sent(one, result, self.clock)
            for one, result in zip(wanted, results, strict=True)
            if isinstance(result, AcceptedMessage)
        ]
        await sends.insert(tx, taken)
        return [_outcome(one, result) for one, result in zip(wanted, results, strict=True)]

    async def _accepted(
        self, tx: Tx, wanted: Sequence[Wanted], *, afresh: bool = False
    ) -> list[AcceptedMessage | CordboardError]:
        requests = [_request(one, afresh=afresh) for one in wanted]
        asked = [request for request in requests if isinstance(request, SendRequest)]
        results = iter(await self.messaging.accept(tx, asked)) if asked else iter(())
        return [next(results) if isinstance(request, SendRequest) else request for request in requests]


def _request(one: Wanted, *, afresh: bool) -> SendRequest | CordboardError:
    effect = one.of(SendSms)
    sender = "" if afresh else one.run.sender
    if not sender and one.campaign.number_set_id is None:
        return NotFoundError(_NO_SENDER)
    return SendRequest(
        account_id=one.run.account_id,
        parent_account_id=one.parent_account_id,
        contact_id=one.run.contact_id,
        sender=sender or None,
        number_set_id=None if sender else one.campaign.number_set_id,
        template_id=UUID(effect.template_id),
        ext_data=effect.variables,
        message_class="marketing",
        campaign_id=one.run.campaign_id,
        metadata={"campaignRunId": str(one.run.id)},
        patient=True,
    )


def _sent(one: Wanted, message: AcceptedMessage, clock: Clock) -> Sent:
    effect = one.of(SendSms)
    return Sent(
        account_id=one.run.account_id,
        person=message.recipient,
        number=message.sender,
        id=message.id,
        run_id=one.run.id,
        campaign_id=one.run.campaign_id,
        template_id=UUID(effect.template_id),
        reply_to=effect.reply_to,
        sent_at=clock.now(),
    )


def _outcome(one: Wanted, result: AcceptedMessage | CordboardError) -> Outcome:
    if isinstance(result, AcceptedMessage):
        return Outcome(sender=result.sender, notes=(f"message {result.id} from {result.sender}",))
    effect = one.of(SendSms)
    node = effect.reply_to.removesuffix(".reply")
    return Outcome(variables={f"{node}.error": str(result)}, notes=(f"not sent: {result}",))
