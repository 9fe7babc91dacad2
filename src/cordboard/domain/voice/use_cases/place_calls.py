"""Placing calls (requests 29, 30, 45, 46, and the legs that calls dial): from what was asked to calls that a voice
process makes, in batches.

Each step looks at the whole batch and puts an error on the drafts that it refuses; what is left is stored with its hold
and its place among the account's live calls, in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.billing.service import BillingService, Usage
from cordboard.domain.compliance.models import Candidate
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.numbers.models import OwnedNumber
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.voice.admission import LONGEST_CALL, Admission, Wanted
from cordboard.domain.voice.errors import (
    CallRefusedError,
    InsufficientFundsError,
    NoFederalDncError,
    NoFederalListError,
    NotVoiceEnabledError,
)
from cordboard.domain.voice.events import PLACED
from cordboard.domain.voice.models import CallRecord, CallRequest, LiveCall, PlacedCall
from cordboard.domain.voice.pricing import usage_of
from cordboard.domain.voice.rendering import call_event
from cordboard.domain.voice.repository import calls, live
from cordboard.domain.voice.thresholds import Thresholds
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import insert_together
from cordboard.infra.events import append
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, InvalidInputError
from cordboard.kit.ids import Ids, time_of


@dataclass(slots=True)
class _Draft:
    request: CallRequest
    id: UUID
    created_at: datetime
    caller: str = ""
    callee: str = ""
    carrier: str = ""
    contact_id: UUID | None = None
    price: int = 0
    minute: int = 0
    prefix: str = ""
    error: CordboardError | None = None


@dataclass(frozen=True, slots=True)
class PlaceCalls:
    """The verb. Everything it needs is below voice on the ladder."""

    clock: Clock
    ids: Ids
    accounts: AccountService
    contacts: ContactService
    numbers: NumberService
    billing: BillingService
    compliance: ComplianceService
    admission: Admission
    thresholds: Thresholds

    async def __call__(self, tx: Tx, requests: Sequence[CallRequest]) -> list[PlacedCall | CordboardError]:
        """One result a request, in order: the accepted call, or why it was refused."""
        drafts = [self._draft(request) for request in requests]
        await self._address(tx, drafts)
        await self._choose_callers(tx, drafts)
        await self._pass_gate(tx, drafts)
        await self._price(tx, drafts)
        await self._admit(tx, drafts)
        await self._hold(tx, drafts)
        await self._store(tx, [draft for draft in drafts if draft.error is None])
        return [draft.error or _placed(draft) for draft in drafts]

    def _draft(self, request: CallRequest) -> _Draft:
        call_id = self.ids.time_uuid()
        return _Draft(request, call_id, time_of(call_id) or self.clock.now())

    async def _address(self, tx: Tx, drafts: Sequence[_Draft]) -> None:
        """Finds each callee: the number or address given, or the contact's number."""
        keys = [(d.request.account_id, d.request.contact_id) for d in drafts if d.request.contact_id]
        found = await self.contacts.reach(tx, keys)
        for draft in drafts:
            if contact_id := draft.request.contact_id:
                contact = found[draft.request.account_id, contact_id]
                if isinstance(contact, CordboardError):
                    draft.error = contact
                else:
                    draft.callee, draft.contact_id = contact.phone or "", contact.id
            draft.callee = draft.callee or draft.request.to or draft.request.address

    async def _choose_callers(self, tx: Tx, drafts: Sequence[_Draft]) -> None:
        """Finds each caller among the account's numbers, or picks one from the set."""
        named = [draft for draft in drafts if draft.error is None and draft.request.caller]
        owned = await self.numbers.senders(tx, [(d.request.account_id, d.request.caller or "") for d in named])
        for draft in named:
            self._use_caller(draft, owned.get((draft.request.account_id, draft.request.caller or "")))
        of_sets = [(d, d.request.number_set_id) for d in drafts if d.error is None and d.request.number_set_id]
        keys = [(draft.request.account_id, set_id) for draft, set_id in of_sets]
        picked = await self.numbers.pick_each(tx, keys, self.numbers.pick_callers)
        for (draft, _), number in zip(of_sets, picked, strict=True):
            if isinstance(number, CordboardError):
                draft.error = number
            else:
                self._use_caller(draft, number)

    @staticmethod
    def _use_caller(draft: _Draft, number: OwnedNumber | None) -> None:
        if number is None and (draft.request.trusted_caller or draft.request.address):
            draft.caller = draft.request.caller or ""
        elif number is None:
            draft.error = InvalidInputError.of("from", "is not a number of this account; use one that it owns")
        elif number.suspended:
            draft.error = NotVoiceEnabledError(f"{number.phone_number} is suspended: its month is not paid; add funds")
        elif not number.voice_enabled:
            draft.error = NotVoiceEnabledError(f"{number.phone_number} is not voice-enabled")
        else:
            draft.caller, draft.carrier = number.phone_number, number.carrier

    async def _pass_gate(self, tx: Tx, drafts: Sequence[_Draft]) -> None:
        """The compliance gate for what goes to the telephone network; calls inside the account are its own matter."""
        asked = []
        for draft in drafts:
            if draft.error is None and draft.request.check_federal_dnc:
                await self._require_federal_dnc(tx, draft)
            if draft.error is None and not draft.request.address:
                asked.append(draft)
        candidates = [
            Candidate(
                subject_id=draft.id,
                account_id=draft.request.account_id,
                channel="call",
                sender=draft.caller,
                recipient=draft.callee,
                message_class="transactional",
                quiet=None,  # a call is asked for now: it is refused or made, never put off
                at="accept",
                federal=draft.request.check_federal_dnc,
            )
            for draft in asked
        ]
        for draft, decision in zip(asked, await self.compliance.decide(tx, candidates, self.clock.now()), strict=True):
            if decision.verdict != "allow":
                draft.error = CallRefusedError(f"{decision.reason}; decision {draft.id}")

    async def _require_federal_dnc(self, tx: Tx, draft: _Draft) -> None:
        settings = await self.accounts.settings(tx, draft.request.account_id)
        if not settings.federal_dnc:
            draft.error = NoFederalDncError("checkFederalDnc: this account has no access to the federal DNC list")
        elif not await self.compliance.has_federal_list(tx):
            draft.error = NoFederalListError("checkFederalDnc: load a list with `cordboard dnc import`")

    async def _price(self, tx: Tx, drafts: Sequence[_Draft]) -> None:
        alive = [draft for draft in drafts if draft.error is None]
        for draft, quote in zip(alive, await self.billing.quote(tx, [(_usage(d), 1) for d in alive]), strict=True):
            draft.price, draft.minute = quote.price, quote.total

    async def _admit(self, tx: Tx, drafts: Sequence[_Draft]) -> None:
        alive = [draft for draft in drafts if draft.error is None]
        wanted = [
            Wanted(d.request.account_id, d.callee, d.price, paced=d.request.parent_call_id is None) for d in alive
        ]
        for draft, admitted in zip(alive, await self.admission.admit(tx, wanted, self.clock.now()), strict=True):
            draft.error, draft.prefix = admitted.error, admitted.prefix

    async def _hold(self, tx: Tx, drafts: Sequence[_Draft]) -> None:
        """Reserves the first minute; a prepaid balance must cover it."""
        alive = [draft for draft in drafts if draft.error is None]
        held = await self.billing.hold(tx, [(draft.request.account_id, draft.minute) for draft in alive])
        for draft, granted in zip(alive, held, strict=True):
            if not granted:
                draft.error = InsufficientFundsError("the balance does not cover a minute of this call; add funds")

    async def _store(self, tx: Tx, drafts: Sequence[_Draft]) -> None:
        if not drafts:
            return
        records = [_record(draft) for draft in drafts]
        await insert_together(
            tx,
            [
                (calls.ADDED, calls.rows_of(records)),
                (live.ADDED, live.rows_of([_live(draft) for draft in drafts])),
            ],
        )
        await append(tx, [call_event(PLACED, record, record.created_at) for record in records])
        if any(draft.request.node is None for draft in drafts):
            await tx.execute("select pg_notify('calls_waiting', '')")
        await self.thresholds.count(tx, [(d.request.account_id, d.caller) for d in drafts if d.carrier])


def _usage(draft: _Draft) -> Usage:
    request = draft.request
    return usage_of(request.account_id, request.kind, "outbound", draft.caller, draft.callee, request.campaign_id)


def _record(draft: _Draft) -> CallRecord:
    request = draft.request
    return CallRecord(
        account_id=request.account_id,
        id=draft.id,
        created_at=draft.created_at,
        parent_account_id=request.parent_account_id,
        parent_call_id=request.parent_call_id,
        direction="outbound",
        kind=request.kind,
        caller=draft.caller,
        callee=draft.callee,
        status="in-queue",
        node=request.node,
        trunk=draft.carrier or None,
        client_id=request.client_id,
        contact_id=draft.contact_id,
        number_set_id=request.number_set_id,
        campaign_id=request.campaign_id,
        metadata=request.metadata,
        options=msgspec.to_builtins(request.options),
        price=draft.price,
        request_id=request.request_id,
    )


def _live(draft: _Draft) -> LiveCall:
    return LiveCall(
        account_id=draft.request.account_id,
        call_id=draft.id,
        created_at=draft.created_at,
        node=draft.request.node,
        at_node=draft.request.at_node,
        direction="outbound",
        caller=draft.caller,
        callee=draft.callee,
        prefix=draft.prefix,
        client_id=draft.request.client_id,
        price=draft.minute,
        held=draft.minute,
        expires_at=draft.created_at + LONGEST_CALL,
    )


def _placed(draft: _Draft) -> PlacedCall:
    return PlacedCall(
        id=draft.id,
        created_at=draft.created_at,
        caller=draft.caller,
        callee=draft.callee,
        carrier=draft.carrier,
        price=draft.price,
    )
