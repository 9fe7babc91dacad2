"""Rehearsing a campaign (ours): what it would do, and what that would cost."""

from __future__ import annotations

from typing import Final

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.workflows.use_cases.rehearse_campaign import RehearseCampaign
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.edge.api.v4.campaigns import PATH, TAG
from cordboard.edge.api.v4.rehearsal_fields import RehearsalBody, read_rehearsal, render_rehearsal

_SHOWN: Final = {
    "people": 100,
    "ended": {"completed": 80, "stopped": 20, "failed": 0},
    "waiting": 0,
    "sends": {
        "total": 180,
        "refused": 4,
        "heldByQuietHours": 12,
        "lastAt": 1767682800000,
        "longestBacklogSeconds": 49.5,
        "segments": 180,
        "cost": 1.35,
        "surcharge": 0,
        "currency": "USD",
    },
}


class CampaignRehearsalResource:
    """`/v4/campaign/{campaignId}/rehearse`."""

    def __init__(self, rehearse: RehearseCampaign) -> None:
        self._rehearse = rehearse

    async def rehearse_campaign(self, call: Call) -> Reply:
        """Runs the workflow for some people on a clock of its own; nothing leaves and nothing is kept."""
        request = read_rehearsal(call.body)
        found = await self._rehearse(call.principal.account_id, uuid_in_path(call, "campaignId"), request)
        return Reply([render_rehearsal(found)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        body = {"size": 100, "replies": {"rate": 0.3, "delayMinutes": [1, 60], "texts": {"yes": 0.8, "STOP": 0.2}}}
        return (
            Endpoint(
                number="ours",
                method="POST",
                path="/v4/campaign/{campaignId}/rehearse",
                handler=self.rehearse_campaign,
                summary="Rehearse a campaign",
                privilege=Privilege.WORKFLOW_READ,
                body=RehearsalBody,
                own_transactions=True,
                tag=TAG,
                example=Example(path=PATH, body=body, response=_SHOWN),
            ),
        )
