"""Putting a lead in line by hand, while it may be called."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from cordboard.domain.callcenter.leads import hopper
from cordboard.domain.callcenter.leads.call_hours import is_open
from cordboard.domain.callcenter.leads.lists import LeadLists
from cordboard.domain.callcenter.leads.models import Lead
from cordboard.domain.callcenter.objects.call_time import ALWAYS, CallTime
from cordboard.domain.callcenter.objects.campaign import CenterCampaign
from cordboard.domain.callcenter.objects.service import ObjectService
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock


class InLine(msgspec.Struct, frozen=True):
    """Where a lead stands in line; None where it does not: it is late there, or it stood in line before."""

    hopper_id: int | None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class LineUp:
    """The verb, in the caller's transaction."""

    clock: Clock
    lists: LeadLists
    objects: ObjectService

    async def __call__(self, tx: Tx, lead: Lead, priority: int, *, in_hours: bool) -> InLine:
        """Puts a lead in its campaign's line, with `in_hours` only while it may be called."""
        own = await self.lists.find(tx, lead.account_id, lead.list_id)
        campaign_id = own.campaign_id if own else ""
        if in_hours:
            name = own.settings.local_call_time if own else "campaign"
            if not await self._is_time(tx, lead, name, campaign_id):
                return InLine(None, is_late=True)
        return InLine(await hopper.add(tx, lead, campaign_id, priority, "P"))

    async def _is_time(self, tx: Tx, lead: Lead, name: str, campaign_id: str) -> bool:
        """By the list's own hours, else by its campaign's."""
        if name == "campaign":
            campaign = await self.objects.find(tx, lead.account_id, CenterCampaign, campaign_id)
            name = campaign.local_call_time if campaign else ALWAYS
        hours = await self.objects.find(tx, lead.account_id, CallTime, name)
        return hours is None or is_open(hours, lead.gmt_offset_now, self.clock.now())
