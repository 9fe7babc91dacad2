"""Starting campaigns for contacts (request 183): runs that begin now, or when the campaign's hours do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.contacts.models import Contact
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.workflows.definitions import Definitions
from cordboard.domain.workflows.errors import CampaignNotFoundError, NoWorkflowError
from cordboard.domain.workflows.models import Campaign, Run, StartedRun, StartRequest
from cordboard.domain.workflows.pacing import SendingPace
from cordboard.domain.workflows.repository import campaigns, runs
from cordboard.domain.workflows.repository.campaigns import CampaignKey
from cordboard.engines.workflow.engine import begin
from cordboard.engines.workflow.windows import opens_at
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, NotFoundError
from cordboard.kit.ids import Ids

_SECOND: Final = timedelta(seconds=1)


@dataclass(slots=True)
class _Draft:
    request: StartRequest
    campaign: Campaign
    contact: Contact
    opening: datetime | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StartRuns:
    """The verb, in the caller's transaction."""

    clock: Clock
    ids: Ids
    contacts: ContactService
    definitions: Definitions
    pace: SendingPace

    async def __call__(self, tx: Tx, requests: Sequence[StartRequest]) -> list[StartedRun | CordboardError]:
        """One result a request, in order: the run, or why there is none."""
        if not requests:
            return []
        now = self.clock.now()
        keys = list(dict.fromkeys((one.account_id, one.campaign_id) for one in requests))
        found = await campaigns.by_keys(tx, keys)
        people = await self.contacts.of_accounts(
            tx, list(dict.fromkeys((one.account_id, one.contact_id) for one in requests))
        )
        drafts = [_draft(one, found, people) for one in requests]
        alive = [draft for draft in drafts if isinstance(draft, _Draft)]
        await self._open(tx, alive, now)
        made = {id(draft): await self._run(tx, draft, now) for draft in alive}
        await runs.insert(tx, [made[id(draft)] for draft in alive], [draft.starts_at or now for draft in alive])
        return [_started(draft, made[id(draft)], now) if isinstance(draft, _Draft) else draft for draft in drafts]

    async def _open(self, tx: Tx, drafts: Sequence[_Draft], now: datetime) -> None:
        """Outside of a campaign's hours contacts wait for them, one after the other as fast as its numbers send."""
        waiting: dict[CampaignKey, list[_Draft]] = defaultdict(list)
        for draft in drafts:
            if (hours := draft.campaign.protection) is not None:
                opening = opens_at(hours, now, draft.contact.timezone)
                if opening > now:
                    draft.opening = opening
                    waiting[draft.campaign.account_id, draft.campaign.id].append(draft)
        for key, group in sorted(waiting.items()):
            counted = Counter(draft.opening for draft in group if draft.opening is not None)
            places = await campaigns.take_places(tx, *key, sorted(counted.items()))
            rate = await self.pace.rate(tx, key[0], group[0].campaign.number_set_id)
            for draft in group:
                if draft.opening is not None:
                    draft.starts_at = draft.opening + _SECOND * (places[draft.opening] / rate)
                    places[draft.opening] += 1

    async def _run(self, tx: Tx, draft: _Draft, now: datetime) -> Run:
        campaign, request = draft.campaign, draft.request
        key = (campaign.account_id, campaign.id, campaign.workflow_version)
        definition = await self.definitions.of(tx, key)
        return Run(
            account_id=campaign.account_id,
            id=self.ids.time_uuid(),
            campaign_id=campaign.id,
            version=campaign.workflow_version,
            contact_id=request.contact_id,
            batch_id=request.batch_id,
            depth=request.depth,
            sender=request.sender,
            state=begin(definition, request.variables),
            created_at=now,
        )


def _draft(
    request: StartRequest,
    found: Mapping[CampaignKey, Campaign],
    people: Mapping[tuple[UUID, UUID], Contact],
) -> _Draft | CordboardError:
    campaign = found.get((request.account_id, request.campaign_id))
    contact = people.get((request.account_id, request.contact_id))
    if campaign is None or campaign.archived:
        return CampaignNotFoundError("campaignId")
    if not campaign.workflow_version:
        return NoWorkflowError(f"campaign {campaign.id} has no workflow yet")
    if contact is None or contact.archived:
        return NotFoundError("contactId")
    return _Draft(request, campaign, contact)


def _started(draft: _Draft, run: Run, now: datetime) -> StartedRun:
    return StartedRun(
        id=run.id,
        campaign_id=run.campaign_id,
        version=run.version,
        contact_id=run.contact_id,
        starts_at=draft.starts_at or now,
    )
