"""Accepting messages (request 137): from what was asked to rows that will be sent, in batches.

Each step looks at the whole batch with one statement or two and puts an error on the drafts that it refuses; what is
left at the end is stored with its hold, its place in the sender's queue and its decision, in the caller's transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.accounts.settings import AccountSettings
from cordboard.domain.billing.service import BillingService
from cordboard.domain.compliance.errors import OptedOutError
from cordboard.domain.compliance.models import Decision
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry, sms_action
from cordboard.domain.messaging.charging import usage_of
from cordboard.domain.messaging.composing import compose
from cordboard.domain.messaging.drafts import AcceptedMessage, Draft, SendRequest
from cordboard.domain.messaging.errors import (
    InsufficientFundsError,
    NoRouteError,
    NotEnabledError,
    NumberNotFoundError,
    QueueFullError,
)
from cordboard.domain.messaging.gating import candidate_of
from cordboard.domain.messaging.queueing import queued_of, release_timer
from cordboard.domain.messaging.repository import messages, queue
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.messaging.sms_types import sms_type_of
from cordboard.domain.numbers.models import OwnedNumber
from cordboard.domain.numbers.service import NumberService, PaceRequest
from cordboard.domain.routing.service import RoutingService
from cordboard.domain.templates.service import TemplateService
from cordboard.engines.templates.variables import render
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import insert_together
from cordboard.infra.jobs.timers import arm
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, InvalidInputError, NotFoundError
from cordboard.kit.ids import Ids, time_of


@dataclass(frozen=True, slots=True)
class AcceptMessages:
    """The verb. Everything it needs is below messaging on the ladder."""

    clock: Clock
    ids: Ids
    accounts: AccountService
    contacts: ContactService
    templates: TemplateService
    numbers: NumberService
    billing: BillingService
    compliance: ComplianceService
    routing: RoutingService

    async def __call__(self, tx: Tx, requests: Sequence[SendRequest]) -> list[AcceptedMessage | CordboardError]:
        """One result a request, in order: the accepted message, or why it was refused."""
        drafts = [self._draft(request) for request in requests]
        settings = {
            account_id: await self.accounts.settings(tx, account_id)
            for account_id in {request.account_id for request in requests}
        }
        await self._address(tx, drafts)
        await self._choose_senders(tx, drafts)
        await self._compose(tx, drafts, settings)
        self._route(drafts)
        await self._pass_gate(tx, drafts, settings)
        await self._hold(tx, drafts)
        await self._pace(tx, drafts)
        await self._store(tx, [draft for draft in drafts if draft.alive])
        return [draft.error or _accepted(draft) for draft in drafts]

    def _draft(self, request: SendRequest) -> Draft:
        message_id = self.ids.time_uuid()
        created_at = time_of(message_id) or self.clock.now()
        draft = Draft(request, message_id, created_at, media_urls=request.media_urls)
        if request.validity_minutes is not None:
            start = max(request.scheduled_at or created_at, created_at)
            draft.valid_until = start + timedelta(minutes=request.validity_minutes)
        return draft

    async def _address(self, tx: Tx, drafts: Sequence[Draft]) -> None:
        """Finds each recipient: the number given, or the contact's."""
        keys = [(d.request.account_id, d.request.contact_id) for d in drafts if d.request.contact_id]
        found = await self.contacts.reach(tx, keys)
        for draft in drafts:
            if contact_id := draft.request.contact_id:
                contact = found[draft.request.account_id, contact_id]
                if isinstance(contact, CordboardError):
                    draft.error = contact
                else:
                    draft.recipient, draft.contact_id = contact.phone or "", contact.id
                    draft.contact_data = contact.ext_data
            draft.recipient = draft.recipient or draft.request.to or ""

    async def _choose_senders(self, tx: Tx, drafts: Sequence[Draft]) -> None:
        """Finds each sender among the account's numbers, or picks one from the set."""
        named = [draft for draft in drafts if draft.alive and draft.request.sender]
        owned = await self.numbers.senders(tx, [(d.request.account_id, d.request.sender or "") for d in named])
        for draft in named:
            self._use_sender(draft, owned.get((draft.request.account_id, draft.request.sender or "")))
        of_sets = [(d, d.request.number_set_id) for d in drafts if d.alive and d.request.number_set_id]
        keys = [(draft.request.account_id, set_id) for draft, set_id in of_sets]
        picked = await self.numbers.pick_each(tx, keys, self.numbers.pick_from_set)
        for (draft, _), number in zip(of_sets, picked, strict=True):
            if isinstance(number, CordboardError):
                draft.error = number
            else:
                self._use_sender(draft, number)

    @staticmethod
    def _use_sender(draft: Draft, number: OwnedNumber | None) -> None:
        if number is None:
            draft.error = NumberNotFoundError("from")
        elif number.suspended:
            draft.error = NotEnabledError(f"{number.phone_number} is suspended: its month is not paid; add funds")
        elif not number.sms_enabled:
            draft.error = NotEnabledError(f"{number.phone_number} is not sms-enabled")
        else:
            draft.sender, draft.number_type, draft.carrier = number.phone_number, number.number_type, number.carrier
            draft.mms_enabled = number.mms_enabled

    async def _compose(self, tx: Tx, drafts: Sequence[Draft], settings: dict[UUID, AccountSettings]) -> None:
        """Expands templates, replaces variables, counts segments."""
        texts: dict[UUID, str] = {draft.id: draft.request.text or "" for draft in drafts}
        for account_id, group in _by_account(d for d in drafts if d.alive and d.request.template_id):
            wanted = {d.request.template_id for d in group if d.request.template_id}
            found = await self.templates.by_ids(tx, account_id, list(wanted))
            for draft in group:
                template = found.get(draft.request.template_id) if draft.request.template_id else None
                if template is None:
                    draft.error = NotFoundError("smsTemplateId")
                    continue
                texts[draft.id] = template.text
                if template.media_url and not draft.media_urls:
                    draft.media_urls = (template.media_url,)
            await self.templates.touch(tx, [(account_id, template_id) for template_id in found])
        for draft in drafts:
            if draft.alive:
                _fill(draft, texts[draft.id], settings[draft.request.account_id])

    def _route(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            media = bool(draft.media_urls)
            if draft.alive and media and not draft.mms_enabled:
                draft.error = NotEnabledError(f"{draft.sender} is not mms-enabled")
            elif draft.alive:
                draft.carrier = self.routing.first(draft.carrier, draft.recipient, media=media) or ""
                if not draft.carrier:
                    kind = "MMS" if media else "SMS"
                    draft.error = NoRouteError(f"no configured carrier takes {kind} from {draft.sender}")

    async def _pass_gate(self, tx: Tx, drafts: Sequence[Draft], settings: dict[UUID, AccountSettings]) -> None:
        now = self.clock.now()
        asked = [draft for draft in drafts if draft.alive and draft.request.gated]
        candidates = [candidate_of(draft, settings[draft.request.account_id], "accept") for draft in asked]
        for draft, decision in zip(asked, await self.compliance.decide(tx, candidates, now), strict=True):
            if decision.verdict == "refuse":
                draft.error = refusal(decision, draft.id)
            elif decision.verdict == "defer":
                draft.due_at = decision.defer_until
        for draft in drafts:
            planned = draft.request.scheduled_at
            if planned and planned > now and (draft.due_at is None or planned > draft.due_at):
                draft.due_at = planned
            if draft.due_at is not None and draft.due_at > now:
                draft.state = "scheduled"

    async def _hold(self, tx: Tx, drafts: Sequence[Draft]) -> None:
        """Reserves what each message comes to; a prepaid balance must cover it."""
        alive = [draft for draft in drafts if draft.alive]
        wanted = [(usage_of(draft, media=bool(draft.media_urls)), draft.segments) for draft in alive]
        for draft, quote in zip(alive, await self.billing.quote(tx, wanted), strict=True):
            draft.price, draft.held = quote.cost, quote.total
        held = await self.billing.hold(tx, [(draft.request.account_id, draft.held) for draft in alive])
        for draft, granted in zip(alive, held, strict=True):
            if not granted:
                draft.error = InsufficientFundsError("the balance does not cover this message; add funds")

    async def _pace(self, tx: Tx, drafts: Sequence[Draft]) -> None:
        """Gives each message that may go now its place in its sender's queue."""
        now = self.clock.now()
        ready = [draft for draft in drafts if draft.alive and draft.state == "queued"]
        requests = [
            PaceRequest(d.request.account_id, d.sender, d.number_type, d.segments, bounded=not d.request.patient)
            for d in ready
        ]
        full: list[Draft] = []
        for draft, due_at in zip(ready, await self.numbers.reserve_pace(tx, requests, now), strict=True):
            if due_at is None:
                draft.error = QueueFullError(f"more than 15 minutes of messages wait for {draft.sender}")
                full.append(draft)
            draft.due_at = due_at
        await self.billing.release(tx, [(draft.request.account_id, draft.held) for draft in full])

    async def _store(self, tx: Tx, drafts: Sequence[Draft]) -> None:
        records = [_record(draft) for draft in drafts]
        queued = [queued_of(one, one.scheduled_at or one.created_at) for one in records if one.state == "queued"]
        await insert_together(
            tx,
            [
                (messages.ADDED, messages.rows_of(records)),
                (queue.QUEUED, queue.rows_of(queued)),
                (debuglog.LOGGED, debuglog.rows_of([_logged(draft) for draft in drafts])),
            ],
        )
        waiting = [one for one in records if one.state == "scheduled"]
        await arm(tx, [release_timer(one, one.scheduled_at) for one in waiting if one.scheduled_at])


def refusal(decision: Decision, message_id: UUID) -> CordboardError:
    """The error for a message that the gate refuses; its decision can be read under the id that it names."""
    return OptedOutError(f"{decision.reason}; decision {message_id}")


def _by_account(drafts: Iterable[Draft]) -> Iterable[tuple[UUID, list[Draft]]]:
    groups: dict[UUID, list[Draft]] = defaultdict(list)
    for draft in drafts:
        groups[draft.request.account_id].append(draft)
    return groups.items()


def _fill(draft: Draft, text: str, settings: AccountSettings) -> None:
    request = draft.request
    expands = request.template_id or request.ext_data or draft.contact_data
    scopes = (request.ext_data, draft.contact_data) if expands else ()
    try:
        composed = compose(
            text,
            scopes,
            substitute=settings.substitute_look_alikes,
            media=bool(draft.media_urls),
            field="smsTemplateId" if request.template_id else "text",
        )
    except InvalidInputError as error:
        draft.error = error
    else:
        draft.text, draft.encoding, draft.segments = composed.text, composed.encoding, composed.segments
        if request.template_id:
            draft.media_urls = tuple(render(url, *scopes) if "%" in url else url for url in draft.media_urls)
            if not all(url.startswith(("https://", "http://")) for url in draft.media_urls):
                draft.error = InvalidInputError.of("templateMediaUrl", "is no URL once its variables are replaced")


def _record(draft: Draft) -> MessageRecord:
    request = draft.request
    return MessageRecord(
        account_id=request.account_id,
        id=draft.id,
        created_at=draft.created_at,
        parent_account_id=request.parent_account_id,
        direction="outbound",
        state=draft.state,
        sender=draft.sender,
        recipient=draft.recipient,
        body=draft.text,
        media_urls=list(draft.media_urls),
        encoding=draft.encoding,
        segments=draft.segments,
        message_class=request.message_class,
        sms_type=sms_type_of(draft.sender, "outbound"),
        carrier=draft.carrier,
        contact_id=draft.contact_id,
        number_set_id=request.number_set_id,
        template_id=request.template_id,
        campaign_id=request.campaign_id,
        metadata=request.metadata,
        status_callback=request.status_callback,
        delivery_status_enabled=request.delivery_status_enabled,
        gated=request.gated,
        scheduled_at=draft.due_at,
        valid_until=draft.valid_until,
        price=draft.price,
        held=draft.held,
        request_id=request.request_id,
    )


def _logged(draft: Draft) -> Entry:
    details = f"{draft.segments} segment(s), {draft.encoding}, {draft.state} for carrier {draft.carrier}"
    return sms_action(
        draft.request.account_id, draft.id, draft.created_at, "accept", f"from {draft.sender}", details, success=True
    )


def _accepted(draft: Draft) -> AcceptedMessage:
    return AcceptedMessage(
        id=draft.id,
        sender=draft.sender,
        recipient=draft.recipient,
        text=draft.text,
        media_urls=draft.media_urls,
        segments=draft.segments,
        status_callback=draft.request.status_callback,
        delivery_status_enabled=draft.request.delivery_status_enabled,
        scheduled_at=max(draft.due_at or draft.created_at, draft.created_at),
    )
