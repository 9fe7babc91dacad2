"""Taking in what handsets send: number, account, contact, opt-out words, keyword, then the customer's URL and
webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import structlog
from msgspec.structs import replace

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.billing.models import Quote
from cordboard.domain.billing.service import BillingService, Usage
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry, sms_action
from cordboard.domain.messaging import events
from cordboard.domain.messaging.announcing import event_of
from cordboard.domain.messaging.charging import inbound_settlement, inbound_usage
from cordboard.domain.messaging.events import KeywordEvent
from cordboard.domain.messaging.models import InboundPart
from cordboard.domain.messaging.optout_replies import OptOutReplies
from cordboard.domain.messaging.ports import Pair, RepliedCampaigns
from cordboard.domain.messaging.repository import inbound, messages
from cordboard.domain.messaging.repository.inbound import AssemblyKey
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.messaging.sms_types import sms_type_of
from cordboard.domain.numbers.models import OwnedNumber
from cordboard.domain.numbers.service import NumberService
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.infra.jobs.timers import Timer, arm, cancel
from cordboard.infra.telemetry.metrics import MESSAGES
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids, time_of
from cordboard.kit.phone import parse_number
from cordboard.wire.sms.reassembly import Part, assemble

ASSEMBLY_TIMER: Final = "messaging.assembly"
ANSWER_JOB: Final = "messaging.answer"
ROUTE_JOB: Final = "messaging.route"
MEDIA_JOB: Final = "messaging.keep_media"
ASSEMBLY_PATIENCE: Final = timedelta(minutes=10)
_MISSING_MARK: Final = " [...]"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A complete text for one of our numbers."""

    number: OwnedNumber
    part: InboundPart
    text: str


@dataclass(frozen=True, slots=True)
class ReceiveMessages:
    """The verb."""

    clock: Clock
    ids: Ids
    accounts: AccountService
    contacts: ContactService
    numbers: NumberService
    billing: BillingService
    compliance: ComplianceService
    replies: OptOutReplies
    campaigns: RepliedCampaigns

    async def __call__(self, tx: Tx, parts: Sequence[InboundPart]) -> list[bool]:
        """Stores what came in; one answer a part, in order: False when the number is nobody's and it was dropped."""
        owners = await self.numbers.owners(tx, sorted({part.recipient for part in parts}))
        arrivals: list[_Arrival] = []
        for part in parts:
            number = owners.get(part.recipient)
            if number is None:
                _log.warning("inbound.unknown_number", carrier=part.carrier, recipient=part.recipient)
                MESSAGES.labels("inbound", "unknown_number").inc()
            elif part.text is None:
                arrivals += await self._assemble(tx, number, part)
            elif await inbound.first_sight(tx, number.account_id, part, self.clock.now()):
                arrivals.append(_Arrival(number, part, part.text))
        await self._take(tx, arrivals)
        return [part.recipient in owners for part in parts]

    async def give_up_waiting(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Handler of timers: delivers what came of long messages whose rest did not."""
        arrivals = []
        for timer in timers:
            place = timer.payload
            owners = await self.numbers.owners(tx, [place["recipient"]])
            if number := owners.get(place["recipient"]):
                key = (number.account_id, place["recipient"], place["sender"], place["reference"])
                await inbound.lock_assembly(tx, key)
                arrivals += await self._joined(tx, number, key, complete_only=False)
        await self._take(tx, arrivals)

    async def _assemble(self, tx: Tx, number: OwnedNumber, part: InboundPart) -> list[_Arrival]:
        """Keeps a part; answers the message when this was the last one missing."""
        key = (number.account_id, part.recipient, part.sender, part.reference)
        await inbound.lock_assembly(tx, key)
        now = self.clock.now()
        if part.total > 1:
            payload = {"recipient": part.recipient, "sender": part.sender, "reference": part.reference}
            await arm(tx, [Timer(ASSEMBLY_TIMER, key[0], _scope(key), now + ASSEMBLY_PATIENCE, payload=payload)])
        await inbound.keep_part(tx, number.account_id, part, now)
        return await self._joined(tx, number, key, complete_only=True)

    async def _joined(self, tx: Tx, number: OwnedNumber, key: AssemblyKey, *, complete_only: bool) -> list[_Arrival]:
        rows = await inbound.parts_of(tx, key)
        if not rows:
            return []
        parts = {row["part"]: Part(row["payload"], row["data_coding"]) for row in rows}
        assembly = assemble(rows[0]["parts"], parts)
        if complete_only and not assembly.complete:
            return []
        await inbound.forget_parts(tx, key)
        await cancel(tx, ASSEMBLY_TIMER, key[0], [_scope(key)])
        text = assembly.text if assembly.complete else assembly.text + _MISSING_MARK
        whole = InboundPart(carrier=rows[0]["carrier"], sender=key[2], recipient=key[1], text=text)
        return [_Arrival(number, whole, text)]

    async def _take(self, tx: Tx, arrivals: Sequence[_Arrival]) -> None:
        """Stores complete messages and sets off all that follows from them."""
        if not arrivals:
            return
        now = self.clock.now()
        people = [(a.number.account_id, a.part.sender) for a in arrivals if parse_number(a.part.sender)]
        contacts = await self.contacts.find_or_create_by_phone(tx, people)
        texts = [(a.number.account_id, a.text) for a in arrivals]
        kinds = await self.compliance.classify(tx, texts, senders=[a.part.sender for a in arrivals])
        quotes = await self.billing.quote(tx, [(_usage(arrival), 1) for arrival in arrivals])
        answered = await self.campaigns.campaigns_of(tx, [_pair(arrival) for arrival in arrivals])
        records = []
        for arrival, kind, quote in zip(arrivals, kinds, quotes, strict=True):
            contact_id = contacts.get((arrival.number.account_id, arrival.part.sender))
            campaign_id, template_id = answered.get(_pair(arrival), (None, None))
            record = await self._record(tx, arrival, contact_id, quote, kind)
            records.append(replace(record, campaign_id=campaign_id, template_id=template_id))
        await messages.insert(tx, records)
        await debuglog.record(
            tx,
            [
                sms_action(r.account_id, r.id, now, "receive", f"carrier {r.carrier}", r.state, success=True)
                for r in records
            ],
        )
        await self.billing.settle(tx, [inbound_settlement(record) for record in records])
        await self._announce(tx, list(zip(arrivals, records, strict=True)), now)
        for arrival, record, kind in zip(arrivals, records, kinds, strict=True):
            if kind is not None:
                await self.replies(tx, record, arrival.number, kind)
            MESSAGES.labels("inbound", "received").inc()

    async def _record(
        self, tx: Tx, arrival: _Arrival, contact_id: UUID | None, quote: Quote, kind: str | None
    ) -> MessageRecord:
        message_id = self.ids.time_uuid()
        account = await self.accounts.get(tx, arrival.number.account_id)
        media = list(arrival.part.media_urls)
        return MessageRecord(
            account_id=account.id,
            id=message_id,
            created_at=time_of(message_id) or self.clock.now(),
            parent_account_id=account.parent_id,
            direction="inbound",
            state="receiving" if media else "received",
            sender=arrival.part.sender,
            recipient=arrival.part.recipient,
            body=arrival.text,
            media_urls=media,
            sms_type=sms_type_of(arrival.part.recipient, "inbound"),
            carrier=arrival.part.carrier,
            contact_id=contact_id,
            number_set_id=arrival.number.number_set_id,
            price=quote.cost,
            surcharge=quote.surcharge,
            charged=True,
            opt={"stop": "out", "start": "in"}.get(kind or ""),
            finished_at=None if media else self.clock.now(),
        )

    async def _announce(self, tx: Tx, taken: Sequence[tuple[_Arrival, MessageRecord]], now: datetime) -> None:
        """Tells of messages; those with media are told of once the media is kept."""
        plain = [(arrival, record) for arrival, record in taken if record.state == "received"]
        numbers = {arrival.part.recipient: arrival.number for arrival, _ in plain}
        await announce(tx, [record for _, record in plain], numbers, now)
        await enqueue(
            tx,
            [job_of(MEDIA_JOB, record, now) for _, record in taken if record.state == "receiving"],
        )


async def announce(tx: Tx, records: Sequence[MessageRecord], numbers: Mapping[str, OwnedNumber], now: datetime) -> None:
    """Events and, where the number has a route tag or a URL, the job that routes the message or asks for an answer."""
    told: list[Event] = []
    jobs: list[Job] = []
    keyword_steps: list[Entry] = []
    for record in records:
        number = numbers.get(record.recipient)
        is_tagged = number is not None and bool(number.route_tag)
        told.append(event_of(record, events.RECEIVED, now, awaits_routing=is_tagged))
        if number is None:
            continue
        word = record.body.strip()
        if action := {key.lower(): value for key, value in number.keyword_actions.items()}.get(word.lower()):
            told.append(_keyword(record, word, action, now))
            keyword_steps.append(_keyword_logged(record, word, action, now))
        if number.route_tag:
            jobs.append(job_of(ROUTE_JOB, record, now))
        elif answers(number):
            jobs.append(job_of(ANSWER_JOB, record, now))
    await append(tx, told)
    await debuglog.record(tx, keyword_steps)
    await enqueue(tx, jobs)


def answers(number: OwnedNumber) -> bool:
    """Whether somebody is asked what to answer the number's texts."""
    return bool(number.urls.get("smsUrl") or number.urls.get("smsFallbackUrl"))


def job_of(kind: str, record: MessageRecord, now: datetime, **members: object) -> Job:
    """A job about a message, with what else it has to know."""
    return Job(kind, record.account_id, {"messageSid": str(record.id), **members}, now, record.request_id)


def finished(record: MessageRecord, media_urls: Sequence[str], now: datetime) -> MessageRecord:
    """The record once its media is where it stays."""
    return replace(record, state="received", media_urls=list(media_urls), finished_at=now)


def _scope(key: AssemblyKey) -> str:
    return "|".join(key[1:])


def _pair(arrival: _Arrival) -> Pair:
    return arrival.number.account_id, arrival.part.sender, arrival.number.phone_number


def _usage(arrival: _Arrival) -> Usage:
    part = arrival.part
    return inbound_usage(arrival.number.account_id, part.sender, part.recipient, media=bool(part.media_urls))


def _keyword_logged(record: MessageRecord, word: str, action: Mapping[str, object], now: datetime) -> Entry:
    parameter, response = f"keyword {word}", f"campaignId {action.get('campaignId')}"
    return sms_action(record.account_id, record.id, now, "keyword", parameter, response, success=True)


def _keyword(record: MessageRecord, word: str, action: dict[str, object], now: datetime) -> Event:
    keyword = KeywordEvent(
        account_sid=str(record.account_id),
        message_sid=str(record.id),
        contact_id=str(record.contact_id or ""),
        phone_number=record.recipient,
        sender=record.sender,
        keyword=word,
        action=action,
    )
    payload = msgspec.to_builtins(keyword)
    return Event(events.KEYWORD_RECEIVED, record.account_id, record.sender, payload, now, record.request_id)
