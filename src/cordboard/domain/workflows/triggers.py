"""What starts campaigns beside requests: keywords, routes, menus of IVRs and dispositions.

Subscribers write in the dispatcher's transaction, so that an event starts its campaign once. What refuses to start is a
line in the debug log of the call or the message, and nothing else.

A text that is a keyword, or that is routed to a campaign, may be a reply too: the run that waits for it gets it as any
other, and the campaign that it starts begins beside that, with the text as a variable. The new run has written to
nobody when the text is told, so that no text reaches the same run both ways.

A text from a number of the account itself starts nothing: two numbers whose campaigns answer each other would never
end.

An option of a script may name a campaign, but which of the options an agent takes is told to nobody: whoever shows the
script starts that campaign by request 183.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.contacts.service import ContactService
from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry, sms_action
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.workflows.errors import CampaignNotFoundError
from cordboard.domain.workflows.models import StartedRun, StartRequest
from cordboard.domain.workflows.use_cases.start_runs import StartRuns
from cordboard.infra.db import Tx
from cordboard.infra.events import Event
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, NotFoundError, RefusedError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.phone import parse_number, parse_sender

_NO_NUMBER = "who it is with has no phone number to find a contact by"
_OWN_NUMBER = "it is from a number of this account"
_CAMPAIGN = "campaign"


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """A call or a text (`subject_id`) that starts a campaign. `person` is the other party's number and `contact_id`
    whose it is, where that is known; `number` is ours, which the campaign writes from; `cause` is for people.
    `is_text`: nobody but the text itself asks for the campaign.
    """

    account_id: UUID
    subject_id: UUID
    is_call: bool
    is_text: bool = False
    campaign_id: str
    contact_id: UUID | None = None
    person: str
    number: str
    variables: dict[str, str]
    cause: str


@dataclass(frozen=True, slots=True)
class CampaignTriggers:
    """Subscribers for the outbox's dispatcher, one a topic, and the verb for others that know at once what came of
    it.
    """

    clock: Clock
    contacts: ContactService
    numbers: NumberService
    start: StartRuns

    async def keyword_received(self, tx: Tx, events: Sequence[Event]) -> None:
        """A keyword starts the campaign that its number names, which answers from that number. Variables: `keyword` and
        `text`, which are the text as it was written.
        """
        await self._follow(tx, [_of_keyword(event) for event in events])

    async def routed(self, tx: Tx, events: Sequence[Event]) -> None:
        """What is routed to a campaign starts it. Variables: `routetag`, and a text's `text`."""
        await self._follow(tx, [_of_route(event) for event in events if event.payload["destType"] == _CAMPAIGN])

    async def dispositions_assigned(self, tx: Tx, events: Sequence[Event]) -> None:
        """Each disposition starts its own campaign. Variable: `disposition`, its key."""
        triggers = [
            _of_disposition(event, key, campaign_id)
            for event in events
            for key, campaign_id in event.payload["triggeredCampaigns"].items()
        ]
        await self._follow(tx, triggers)

    async def __call__(self, tx: Tx, triggers: Sequence[Trigger]) -> list[StartedRun | CordboardError]:
        """Starts campaigns; one result a trigger, in order. A number that is no contact's becomes one."""
        unknown = [_pair(one) for one in triggers if one.contact_id is None and parse_number(one.person)]
        people = await self.contacts.find_or_create_by_phone(tx, unknown)
        own = await self._own(tx, triggers)
        requests = [
            RefusedError(_OWN_NUMBER) if one.is_text and _pair(one) in own else _request(one, people)
            for one in triggers
        ]
        started = iter(await self.start(tx, [one for one in requests if isinstance(one, StartRequest)]))
        return [next(started) if isinstance(one, StartRequest) else one for one in requests]

    async def _own(self, tx: Tx, triggers: Sequence[Trigger]) -> Collection[tuple[UUID, str]]:
        """The numbers that texts came from and that are the accounts' own."""
        return await self.numbers.senders(tx, sorted({_pair(one) for one in triggers if one.is_text}))

    async def _follow(self, tx: Tx, triggers: Sequence[Trigger]) -> None:
        results = await self(tx, triggers) if triggers else []
        await debuglog.record(tx, [self._entry(*pair) for pair in zip(triggers, results, strict=True)])

    def _entry(self, trigger: Trigger, result: StartedRun | CordboardError) -> Entry:
        is_started = isinstance(result, StartedRun)
        entry = sms_action(
            trigger.account_id,
            trigger.subject_id,
            self.clock.now(),
            _CAMPAIGN,
            trigger.cause,
            f"run {result.id} of campaign {trigger.campaign_id}" if isinstance(result, StartedRun) else str(result),
            success=is_started,
        )
        return replace(entry, type="callaction") if trigger.is_call else entry


def _of_keyword(event: Event) -> Trigger:
    payload = event.payload
    return Trigger(
        account_id=event.account_id,
        subject_id=UUID(payload["messageSid"]),
        is_call=False,
        is_text=True,
        campaign_id=str(payload["action"].get("campaignId")),
        contact_id=_uuid(payload["contactId"]),
        person=payload["from"],
        number=payload["phoneNumber"],
        variables={"keyword": payload["keyword"], "text": payload["keyword"]},
        cause=f"keyword {payload['keyword']}",
    )


def _of_route(event: Event) -> Trigger:
    payload, fields = event.payload, event.payload["fields"]
    is_call = payload["srcType"] == "call"
    return Trigger(
        account_id=event.account_id,
        subject_id=UUID(payload["subjectSid"]),
        is_call=is_call,
        is_text=not is_call,
        campaign_id=payload["dest"],
        contact_id=_uuid(payload["contactId"]),
        person=fields.get("from", ""),
        number=fields.get("to", ""),
        variables={"routetag": payload["routeTag"], **({} if is_call else {"text": fields.get("text", "")})},
        cause=f"routeTag {payload['routeTag']}",
    )


def _of_disposition(event: Event, key: str, campaign_id: str) -> Trigger:
    payload = event.payload
    is_inbound = payload["direction"] == "inbound"
    return Trigger(
        account_id=event.account_id,
        subject_id=UUID(payload["callSid"] or payload["smsSid"]),
        is_call=payload["callSid"] is not None,
        campaign_id=campaign_id,
        contact_id=_uuid(payload["contactId"]),
        person=payload["from" if is_inbound else "to"],
        number=payload["to" if is_inbound else "from"],
        variables={"disposition": key},
        cause=f"disposition {key}",
    )


def _pair(trigger: Trigger) -> tuple[UUID, str]:
    return trigger.account_id, parse_number(trigger.person) or trigger.person


def _request(trigger: Trigger, people: Mapping[tuple[UUID, str], UUID]) -> StartRequest | CordboardError:
    """What is asked for, or why it cannot be."""
    campaign_id = parse_uuid(trigger.campaign_id)
    contact_id = trigger.contact_id or people.get(_pair(trigger))
    if campaign_id is None:
        return CampaignNotFoundError("campaignId")
    if contact_id is None:
        return NotFoundError(_NO_NUMBER)
    return StartRequest(
        account_id=trigger.account_id,
        campaign_id=campaign_id,
        contact_id=contact_id,
        variables=trigger.variables,
        sender=parse_sender(trigger.number) or "",  # a phone of the account calls from its name
    )


def _uuid(given: Any) -> UUID | None:
    return parse_uuid(given) if given else None
