"""Call: a phone call to the contact, from the number that it knows if that one calls, else from one of the campaign's
set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cordboard.domain.numbers.models import OwnedNumber
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.voice.models import CallRequest, PlacedCall
from cordboard.domain.voice.service import VoiceService
from cordboard.domain.workflows.models import Outcome, Sent, Wanted
from cordboard.domain.workflows.ports import CallReader
from cordboard.domain.workflows.repository import sends
from cordboard.engines.workflow.effects import PlaceCall
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, NotFoundError

_NO_CALLER = "the campaign has no number set to call from; give it one"


@dataclass(frozen=True, slots=True)
class PlaceCallEffects:
    """The handler. The calls are accepted in the step's transaction, so that each is accepted once."""

    clock: Clock
    voice: VoiceService
    numbers: NumberService
    reader: CallReader

    async def __call__(self, tx: Tx, wanted: Sequence[Wanted]) -> list[Outcome]:
        """What is refused is told to the run as `node<id>.callstatus` failed, with `node<id>.error`; it goes on."""
        pairs = [(one.run.account_id, one.run.sender) for one in wanted if one.run.sender]
        known = await self.numbers.senders(tx, pairs)
        requests = [self._request(one, known.get((one.run.account_id, one.run.sender))) for one in wanted]
        asked = [request for request in requests if isinstance(request, CallRequest)]
        results = iter(await self.voice.place(tx, asked)) if asked else iter(())
        placed = [next(results) if isinstance(request, CallRequest) else request for request in requests]
        taken = [(one, call) for one, call in zip(wanted, placed, strict=True) if isinstance(call, PlacedCall)]
        await sends.insert(tx, [self._sent(one, call) for one, call in taken])
        callers = await self.numbers.senders(tx, [(one.run.account_id, call.caller) for one, call in taken])
        return [
            _made(one, result, callers.get((one.run.account_id, result.caller)))
            if isinstance(result, PlacedCall)
            else _refused(one, result)
            for one, result in zip(wanted, placed, strict=True)
        ]

    def _request(self, one: Wanted, known: OwnedNumber | None) -> CallRequest | CordboardError:
        sender = one.run.sender
        if one.campaign.number_set_id is not None and not _calls(known):
            sender = ""
        if not sender and one.campaign.number_set_id is None:
            return NotFoundError(_NO_CALLER)
        try:
            call = self.reader.read(one.of(PlaceCall).members)
        except CordboardError as error:
            return error
        return CallRequest(
            account_id=one.run.account_id,
            parent_account_id=one.parent_account_id,
            contact_id=one.run.contact_id,
            caller=sender or None,
            number_set_id=None if sender else one.campaign.number_set_id,
            options=call.options,
            check_federal_dnc=call.check_federal_dnc,
            metadata={**call.metadata, "campaignRunId": str(one.run.id)},
            campaign_id=one.run.campaign_id,
        )

    def _sent(self, one: Wanted, call: PlacedCall) -> Sent:
        return Sent(
            account_id=one.run.account_id,
            person=call.callee,
            number=call.caller,
            id=call.id,
            run_id=one.run.id,
            campaign_id=one.run.campaign_id,
            reply_to=_node(one),
            sent_at=self.clock.now(),
        )


def _node(one: Wanted) -> str:
    return f"node{one.of(PlaceCall).node}"


def _calls(number: OwnedNumber | None) -> bool:
    return number is not None and number.voice_enabled and not number.suspended


def _made(one: Wanted, call: PlacedCall, caller: OwnedNumber | None) -> Outcome:
    """A number that only calls does not take the place of the one that has written."""
    takes_over = not one.run.sender or (caller is not None and caller.sms_enabled)
    return Outcome(sender=call.caller if takes_over else "", notes=(f"call {call.id} from {call.caller}",))


def _refused(one: Wanted, error: CordboardError) -> Outcome:
    told = {f"{_node(one)}.callstatus": "failed", f"{_node(one)}.error": str(error)}
    return Outcome(variables=told, notes=(f"not called: {error}",))
