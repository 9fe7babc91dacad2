"""Users who may touch only the lists of the campaigns that their user group is allowed."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.callcenter.leads.lists import LeadLists
from cordboard.domain.callcenter.objects.service import ObjectService
from cordboard.domain.callcenter.objects.user_group import UserGroup
from cordboard.edge.api.x5.functions import TextCall


@dataclass(frozen=True, slots=True)
class ListRestriction:
    """Asks on behalf of a call."""

    objects: ObjectService
    lists: LeadLists

    async def allows(self, call: TextCall, list_id: int) -> bool:
        """Whether the user may touch a list; one that is in no campaign is nobody's who is restricted."""
        settings = call.user.settings
        if not settings.api_list_restrict:
            return True
        group = await self.objects.find(call.tx, call.account_id, UserGroup, settings.user_group)
        found = await self.lists.find(call.tx, call.account_id, list_id)
        return group is not None and found is not None and group.allows(found.campaign_id)
