"""Campaigns: the verbs that the edge and other contexts call (requests 178 to 188)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.numbers.sets import NumberSetService
from cordboard.domain.workflows.errors import CampaignNotFoundError, RunNotFoundError
from cordboard.domain.workflows.history import ending_entry
from cordboard.domain.workflows.models import (
    FIXED_PROTECTION,
    NO_PROTECTION,
    Campaign,
    CampaignChanges,
    EndedRun,
    Run,
    StartedRun,
    StartRequest,
    WorkflowVersion,
)
from cordboard.domain.workflows.ports import StatusListeners
from cordboard.domain.workflows.rendering import ended_run
from cordboard.domain.workflows.repository import campaigns, runs, sends
from cordboard.domain.workflows.talks import repository as talks
from cordboard.domain.workflows.telling import tell_status
from cordboard.domain.workflows.use_cases.publish_workflow import PublishWorkflow, newest
from cordboard.domain.workflows.use_cases.start_runs import StartRuns
from cordboard.engines.workflow.inputs import Answered
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, FieldError, InvalidInputError, NotFoundError
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page
from cordboard.kit.timezones import zone_info

LONGEST_NAME: Final = 255
_DAY: Final = timedelta(days=1)
_REPLIES_KNOWN_FOR: Final = timedelta(days=396)
_TALKS_KEPT_FOR: Final = timedelta(days=30)


class CampaignService:
    """One door. Every verb works in the caller's transaction."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        sets: NumberSetService,
        start: StartRuns,
        publish: PublishWorkflow,
        listeners: StatusListeners,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._sets = sets
        self._start = start
        self.publish = publish
        self._listeners = listeners

    async def page(self, tx: Tx, account_id: UUID, wanted: Page) -> list[Campaign]:
        """The account's campaigns (request 178)."""
        return await campaigns.page(tx, account_id, wanted)

    async def get(self, tx: Tx, account_id: UUID, campaign_id: UUID) -> Campaign:
        """One that is not archived (request 182). Raises CampaignNotFoundError."""
        campaign = await campaigns.find(tx, account_id, campaign_id)
        if campaign is None or campaign.archived:
            raise CampaignNotFoundError("campaignId")
        return campaign

    async def add(self, tx: Tx, account_id: UUID, changes: CampaignChanges) -> Campaign:
        """A new one (request 179). Raises InvalidInputError."""
        now = self._clock.now()
        blank = Campaign(account_id=account_id, id=self._ids.time_uuid(), name="", created_at=now)
        campaign = replace(blank, **changes.given())
        await self._check(tx, campaign)
        await campaigns.insert(tx, campaign)
        return campaign

    async def edit(self, tx: Tx, account_id: UUID, campaign_id: UUID, changes: CampaignChanges) -> Campaign:
        """Changes what is given (request 181). Raises CampaignNotFoundError, InvalidInputError."""
        present = await campaigns.find(tx, account_id, campaign_id, lock=True)
        if present is None or present.archived:
            raise CampaignNotFoundError("campaignId")
        changed = replace(present, **changes.given())
        await self._check(tx, changed)
        await campaigns.update(tx, changed)
        return changed

    async def set_archived(self, tx: Tx, account_id: UUID, campaign_id: UUID, *, archived: bool) -> Campaign:
        """Archives (request 184) or brings back (185). Nobody enters an archived campaign any more; who is under way
        goes on. Raises CampaignNotFoundError.
        """
        present = await campaigns.find(tx, account_id, campaign_id, lock=True)
        if present is None or (archived and present.archived):
            raise CampaignNotFoundError("campaignId")
        changed = replace(present, archived=archived)
        await campaigns.update(tx, changed)
        return changed

    async def workflow(self, tx: Tx, account_id: UUID, campaign_id: UUID, version: int | None) -> WorkflowVersion:
        """A version of the workflow (request 186). Raises NotFoundError."""
        return await newest(tx, account_id, campaign_id, version)

    async def names(self, tx: Tx, account_id: UUID, campaign_ids: Sequence[UUID]) -> dict[UUID, str]:
        """The names of campaigns, archived ones too; those that are not there are left out."""
        found = await campaigns.by_keys(tx, [(account_id, one) for one in campaign_ids]) if campaign_ids else {}
        return {campaign_id: campaign.name for (_, campaign_id), campaign in found.items()}

    async def start(self, tx: Tx, requests: Sequence[StartRequest]) -> list[StartedRun | CordboardError]:
        """Starts campaigns for contacts (request 183): one result a request, in order."""
        return await self._start(tx, requests)

    async def answer(self, tx: Tx, account_id: UUID, run_id: UUID, answered: Answered) -> None:
        """Hands a run the answer that it waits for; one that has gone on meanwhile takes its variables only."""
        await runs.tell(tx, [((account_id, run_id), answered, self._clock.now())])

    async def run(self, tx: Tx, account_id: UUID, run_id: UUID) -> Run | EndedRun:
        """A run, under way or over. Raises RunNotFoundError."""
        found = await runs.find(tx, account_id, run_id) or await runs.find_ended(tx, account_id, run_id)
        if found is None:
            raise RunNotFoundError("campaignRunId")
        return found

    async def runs_of(
        self, tx: Tx, account_id: UUID, campaign_id: UUID, contact_id: UUID, limit: int
    ) -> list[Run | EndedRun]:
        """A contact's runs in a campaign, the newest first. Raises CampaignNotFoundError."""
        if await campaigns.find(tx, account_id, campaign_id) is None:
            raise CampaignNotFoundError("campaignId")
        live, over = await runs.of_contact(tx, account_id, campaign_id, contact_id, limit)
        both: list[Run | EndedRun] = [*live, *over]
        return sorted(both, key=lambda run: run.created_at, reverse=True)[:limit]

    async def stop(self, tx: Tx, account_id: UUID, run_id: UUID, reason: str) -> EndedRun:
        """Ends a run that is under way. Raises RunNotFoundError."""
        run = await runs.find(tx, account_id, run_id, lock=True)
        if run is None:
            raise RunNotFoundError("campaignRunId")
        now = self._clock.now()
        state = replace(run.state, at=None, wait=None, loops=(), ending="stopped", reason=reason)
        stopped = replace(run, state=state)
        over = ended_run(stopped, now)
        await runs.end(tx, [over])
        await debuglog.record(tx, [ending_entry(run, now, reason)])
        await tell_status(tx, self._listeners, [stopped], now)
        return over

    async def forget_old(self, tx: Tx) -> None:
        """Removes what nobody needs any more; for the upkeep."""
        now = self._clock.now()
        await sends.forget(tx, now - _REPLIES_KNOWN_FOR)
        await campaigns.forget_openings(tx, now - _DAY)
        await talks.forget(tx, now - _TALKS_KEPT_FOR)

    async def _check(self, tx: Tx, campaign: Campaign) -> None:
        """Raises InvalidInputError naming each bad field."""
        errors = []
        if not 1 <= len(campaign.name.strip()) <= LONGEST_NAME:
            errors.append(FieldError("campaignName", f"must have 1 to {LONGEST_NAME} characters"))
        if campaign.number_set_id is not None and not await self._has_set(
            tx, campaign.account_id, campaign.number_set_id
        ):
            errors.append(FieldError("numberSet", "is no number set of this account; GET /v4/numberset lists them"))
        zone = campaign.protection_timezone
        if zone is not None and zone_info(zone) is None:
            errors.append(
                FieldError(
                    "timezoneProtectionTimezoneFixed", "must be the id of a time zone; GET /v4/timezone lists them"
                )
            )
        if campaign.protection_type not in (NO_PROTECTION, 1, FIXED_PROTECTION):
            errors.append(FieldError("timezoneProtectionType", "must be 0 (none), 1 (recipient) or 2 (fixed)"))
        elif campaign.protection_type != NO_PROTECTION:
            errors += _hours(campaign)
        if errors:
            raise InvalidInputError(errors)

    async def _has_set(self, tx: Tx, account_id: UUID, set_id: UUID) -> bool:
        try:
            await self._sets.get(tx, account_id, set_id)
        except NotFoundError:
            return False
        return True


def _hours(campaign: Campaign) -> list[FieldError]:
    errors = [
        FieldError(name, "is required with this timezoneProtectionType: HH:MM:SS")
        for name, value in (
            ("timezoneProtectionStartTime", campaign.protection_start),
            ("timezoneProtectionEndTime", campaign.protection_end),
        )
        if value is None
    ]
    if campaign.protection_timezone is None and campaign.protection_type == FIXED_PROTECTION:
        errors.append(FieldError("timezoneProtectionTimezoneFixed", "is required with timezoneProtectionType 2"))
    return errors
