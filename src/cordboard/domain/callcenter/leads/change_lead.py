"""Changing a lead that is there: its fields, what is scheduled for it, who may call it (request 244)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from msgspec.structs import replace

from cordboard.domain.callcenter.leads import callbacks, hopper, repository
from cordboard.domain.callcenter.leads.callbacks import Callback
from cordboard.domain.callcenter.leads.models import Lead
from cordboard.domain.compliance.models import GLOBAL_SELECTOR
from cordboard.domain.compliance.service import ComplianceService
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.phone import parse_number

DncTarget = Literal["INTERNAL", "CAMPAIGN", "BOTH"]
_FIXED: Final = frozenset({"account_id", "lead_id", "entry_date"})


@dataclass(frozen=True, slots=True)
class ChangeLead:
    """The verbs, in the caller's transaction."""

    clock: Clock
    compliance: ComplianceService

    async def edit(self, tx: Tx, lead: Lead, changes: dict[str, Any]) -> Lead:
        """Writes fields, whose values are checked. A lead that goes to another list leaves the line."""
        kept = {name: value for name, value in changes.items() if name not in _FIXED}
        after = replace(lead, **kept, modify_date=self.clock.now())
        await repository.update(tx, after, [*kept, "modify_date"])
        if after.list_id != lead.list_id:
            await hopper.remove_lead(tx, lead.account_id, lead.lead_id)
        return after

    async def delete(self, tx: Tx, lead: Lead) -> int:
        """Removes a lead with all that belongs to it; answers how many callbacks were scheduled."""
        removed = await callbacks.remove(tx, lead.account_id, lead.lead_id)
        await repository.delete(tx, lead.account_id, lead.lead_id)
        return removed

    async def schedule(self, tx: Tx, lead: Lead, callback: Callback) -> Lead:
        """Schedules a callback in the place of what was, and holds the lead until then."""
        await callbacks.put(tx, replace(callback, lead_id=lead.lead_id, list_id=lead.list_id))
        await hopper.remove_lead(tx, lead.account_id, lead.lead_id)
        return await self.edit(tx, lead, {"status": callbacks.HELD})

    async def unschedule(self, tx: Tx, lead: Lead) -> int:
        """Removes what is scheduled; answers how many."""
        return await callbacks.remove(tx, lead.account_id, lead.lead_id)

    async def do_not_call(self, tx: Tx, lead: Lead, target: DncTarget, campaign_id: str) -> None:
        """Puts the number on the account's list, a campaign's, or both, and takes the lead out of the line."""
        number = parse_number(f"+{lead.phone_code}{lead.phone_number}")
        if target != "CAMPAIGN" and number:
            await self.compliance.add(tx, lead.account_id, number, [GLOBAL_SELECTOR], ["call"])
        if target != "INTERNAL":
            await repository.add_campaign_dnc(tx, lead.account_id, campaign_id, lead.phone_number, self.clock.now())
        await hopper.remove_lead(tx, lead.account_id, lead.lead_id)
