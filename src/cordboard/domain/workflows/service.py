"""Campaigns: the verbs that the edge and other contexts call (requests 178 to 188)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.workflows.errors import CampaignNotFoundError, RunNotFoundError
from cordboard.domain.workflows.models import Campaign, EndedRun, Run, StartedRun, StartRequest
from cordboard.domain.workflows.repository import campaigns, runs, sends
from cordboard.domain.workflows.use_cases.start_runs import StartRuns
from cordboard.engines.workflow.inputs import Answered
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError
from cordboard.kit.paging import Page

_DAY: Final = timedelta(days=1)
_REPLIES_KNOWN_FOR: Final = timedelta(days=396)


class CampaignService:
    """One door. Every verb works in the caller's transaction."""

    def __init__(self, *, clock: Clock, start: StartRuns) -> None:
        self._clock = clock
        self._start = start

    async def page(self, tx: Tx, account_id: UUID, wanted: Page) -> list[Campaign]:
        """The account's campaigns (request 178)."""
        return await campaigns.page(tx, account_id, wanted)

    async def get(self, tx: Tx, account_id: UUID, campaign_id: UUID) -> Campaign:
        """One that is not archived (request 182). Raises CampaignNotFoundError."""
        campaign = await campaigns.find(tx, account_id, campaign_id)
        if campaign is None or campaign.archived:
            raise CampaignNotFoundError("campaignId")
        return campaign

    async def start(self, tx: Tx, requests: Sequence[StartRequest]) -> list[StartedRun | CordboardError]:
        """Starts campaigns for contacts (request 183): one result a request, in order."""
        return await self._start(tx, requests)

    async def answer(self, tx: Tx, account_id: UUID, run_id: UUID, answered: Answered) -> None:
        """Hands a run the answer that it waits for; one that has gone on meanwhile takes its variables only."""
        await runs.tell(tx, [((account_id, run_id), answered, self._clock.now())])

    async def forget_old(self, tx: Tx) -> None:
        """Removes what nobody needs any more; for the upkeep."""
        now = self._clock.now()
        await sends.forget(tx, now - _REPLIES_KNOWN_FOR)
        await campaigns.forget_openings(tx, now - _DAY)

    async def run(self, tx: Tx, account_id: UUID, run_id: UUID) -> Run | EndedRun:
        """A run, under way or over. Raises RunNotFoundError."""
        found = await runs.find(tx, account_id, run_id) or await runs.find_ended(tx, account_id, run_id)
        if found is None:
            raise RunNotFoundError("campaignRunId")
        return found
