"""Adding a lead (request 243), with what comes with it: other numbers, custom fields, a place in line, a callback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from cordboard.domain.callcenter.leads import callbacks, repository
from cordboard.domain.callcenter.leads.callbacks import Callback
from cordboard.domain.callcenter.leads.lining_up import InLine, LineUp
from cordboard.domain.callcenter.leads.models import Lead
from cordboard.domain.callcenter.leads.screening import Refusal, Screen, ScreenLead
from cordboard.domain.callcenter.leads.zones import offset_of
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock


class OtherPhone(msgspec.Struct, frozen=True):
    """Another number of a lead, and whose it is."""

    phone_number: str
    phone_code: str
    note: str


class NewLead(msgspec.Struct, frozen=True, kw_only=True):
    """A lead to add: `lead` as it was given, without an id. `zone_method` is POSTAL, TZCODE or empty. `hopper` is the
    priority with which it is to stand in line, None if it is not; `in_hours` only while it may be called.
    """

    lead: Lead
    screen: Screen = Screen()
    zone_method: str = ""
    other_phones: tuple[OtherPhone, ...] = ()
    hopper: int | None = None
    in_hours: bool = False
    callback: Callback | None = None


class AddedLead(msgspec.Struct, frozen=True, kw_only=True):
    """A lead that was added, and where it stands in line, if it was to."""

    lead: Lead
    in_line: InLine | None = None


@dataclass(frozen=True, slots=True)
class AddLead:
    """The verb, in the caller's transaction."""

    clock: Clock
    screen: ScreenLead
    line_up: LineUp

    async def __call__(self, tx: Tx, new: NewLead) -> AddedLead | Refusal:
        """The lead, or why it is not let in."""
        now = self.clock.now()
        refusal = await self.screen(tx, new.lead, new.screen, now)
        if refusal is not None:
            return refusal
        lead = replace(
            new.lead,
            lead_id=await repository.next_lead_id(tx),
            gmt_offset_now=_offset(new, now),
            status=callbacks.HELD if new.callback else new.lead.status,
        )
        await repository.insert(tx, lead)
        await repository.add_phones(
            tx, lead, [(one.phone_code, one.phone_number, one.note) for one in new.other_phones]
        )
        if new.callback is not None:
            await callbacks.put(tx, replace(new.callback, lead_id=lead.lead_id))
        in_line = None
        if new.hopper is not None:
            in_line = await self.line_up(tx, lead, new.hopper, in_hours=new.in_hours)
        return AddedLead(lead=lead, in_line=in_line)


def _offset(new: NewLead, now: datetime) -> Decimal:
    """Where the number or what else was named tells it; else as it was given."""
    lead = new.lead
    found = offset_of(new.zone_method, lead.phone_code, lead.phone_number, lead.postal_code, lead.owner, now)
    return lead.gmt_offset_now if found is None else found
