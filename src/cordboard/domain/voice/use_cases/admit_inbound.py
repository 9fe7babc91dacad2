"""Calls that come in: recorded and admitted before anybody answers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from cordboard.domain.billing.models import Quote
from cordboard.domain.billing.service import BillingService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.voice.admission import LONGEST_CALL, Admission, Wanted
from cordboard.domain.voice.errors import InsufficientFundsError
from cordboard.domain.voice.events import PLACED
from cordboard.domain.voice.models import CallKind, CallRecord, Direction, LiveCall
from cordboard.domain.voice.pricing import usage_of
from cordboard.domain.voice.rendering import call_event
from cordboard.domain.voice.repository import calls, live
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import insert_together
from cordboard.infra.events import append
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError
from cordboard.kit.ids import Ids, time_of


class InboundCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that comes to a voice process: for a number of an account, or from a phone of one, which is an outbound
    call to whom it dials. `options`: who is told of it, by its number.
    """

    account_id: UUID
    parent_account_id: UUID
    caller: str
    callee: str
    node: str
    direction: Direction = "inbound"
    trunk: str | None = None
    kind: CallKind = "call"
    client_id: UUID | None = None
    options: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class AdmitInbound:
    """The verb."""

    clock: Clock
    ids: Ids
    contacts: ContactService
    billing: BillingService
    admission: Admission

    async def __call__(self, tx: Tx, inbound: Sequence[InboundCall]) -> list[CallRecord | CordboardError]:
        """One result a call, in order: its record, or why it cannot be taken. Inbound calls do not count against the
        calls a second: nobody chooses when they come.
        """
        minutes = [(usage_of(one.account_id, one.kind, one.direction, one.caller, one.callee), 1) for one in inbound]
        quotes = await self.billing.quote(tx, minutes)
        pairs = list(zip(inbound, quotes, strict=True))
        wanted = [Wanted(one.account_id, "", quote.price, paced=False) for one, quote in pairs]
        admitted = await self.admission.admit(tx, wanted, self.clock.now())
        contacts = await self._contacts_of(tx, inbound)
        results: list[CallRecord | CordboardError] = []
        for (one, quote), answer in zip(pairs, admitted, strict=True):
            results.append(answer.error or self._record(one, quote.price, contacts.get((one.account_id, one.caller))))
        await self._hold(tx, results, quotes)
        kept = zip(results, quotes, strict=True)
        await self._store(tx, [(result, quote) for result, quote in kept if isinstance(result, CallRecord)])
        return results

    async def _contacts_of(self, tx: Tx, inbound: Sequence[InboundCall]) -> dict[tuple[UUID, str], UUID]:
        """Who calls, among the contacts of whom they call; a number that is new becomes a contact."""
        people = {
            (one.account_id, one.caller)
            for one in inbound
            if one.direction == "inbound" and one.kind == "call" and one.caller.startswith("+")
        }
        return await self.contacts.find_or_create_by_phone(tx, sorted(people)) if people else {}

    async def _hold(self, tx: Tx, results: list[CallRecord | CordboardError], quotes: Sequence[Quote]) -> None:
        records = [(index, result) for index, result in enumerate(results) if isinstance(result, CallRecord)]
        held = await self.billing.hold(tx, [(record.account_id, quotes[index].total) for index, record in records])
        for (index, _), granted in zip(records, held, strict=True):
            if not granted:
                results[index] = InsufficientFundsError("the balance does not cover a minute of this call")

    async def _store(self, tx: Tx, admitted: Sequence[tuple[CallRecord, Quote]]) -> None:
        records = [record for record, _ in admitted]
        await insert_together(
            tx,
            [
                (calls.ADDED, calls.rows_of(records)),
                (live.ADDED, live.rows_of([_live(record, quote.total) for record, quote in admitted])),
            ],
        )
        placed = [record for record in records if record.direction == "outbound"]
        await append(tx, [call_event(PLACED, record, record.created_at) for record in placed])

    def _record(self, one: InboundCall, price: int, contact_id: UUID | None) -> CallRecord:
        call_id = self.ids.time_uuid()
        return CallRecord(
            account_id=one.account_id,
            id=call_id,
            created_at=time_of(call_id) or self.clock.now(),
            parent_account_id=one.parent_account_id,
            direction=one.direction,
            kind=one.kind,
            caller=one.caller,
            callee=one.callee,
            status="dialing",
            trunk=one.trunk,
            node=one.node,
            client_id=one.client_id,
            contact_id=contact_id,
            options=one.options,
            price=price,
        )


def _live(record: CallRecord, minute: int) -> LiveCall:
    return LiveCall(
        account_id=record.account_id,
        call_id=record.id,
        created_at=record.created_at,
        node=record.node,
        direction=record.direction,
        caller=record.caller,
        callee=record.callee,
        client_id=record.client_id,
        price=minute,
        held=minute,
        expires_at=record.created_at + LONGEST_CALL,
    )
