"""Schedules (requests 189 to 191): runners that are made at a time, once or again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from msgspec.structs import replace

from cordboard.domain.workflows.errors import CampaignNotFoundError
from cordboard.domain.workflows.repository import campaigns
from cordboard.domain.workflows.runners import schedule_repository as repository
from cordboard.domain.workflows.runners.errors import ScheduleNotFoundError
from cordboard.domain.workflows.runners.models import RunnerRequest, Schedule
from cordboard.domain.workflows.runners.service import RunnerService
from cordboard.engines.schedules.reading import read_schedule
from cordboard.engines.schedules.recurrence import next_run
from cordboard.infra.db import Tx
from cordboard.infra.jobs.timers import Timer, arm
from cordboard.kit.clock import Clock, epoch_ms
from cordboard.kit.errors import CordboardError
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page

SCHEDULE_TIMER: Final = "workflows.schedule"
_log = structlog.get_logger(__name__)


class ScheduleService:
    """The verbs, in the caller's transaction."""

    def __init__(self, clock: Clock, ids: Ids, runners: RunnerService) -> None:
        self._clock = clock
        self._ids = ids
        self._runners = runners

    async def add(
        self,
        tx: Tx,
        account_id: UUID,
        campaign_id: UUID,
        members: Mapping[str, Any],
        request: RunnerRequest,
        active: bool,
        first_run: object = None,
    ) -> Schedule:
        """A new schedule. `members` are the recurrence as it was written, and so is `first_run`, the time of the first
        runner; None: as it recurs. Raises InvalidInputError, CampaignNotFoundError.
        """
        campaign = await campaigns.find(tx, account_id, campaign_id)
        if campaign is None or campaign.archived:
            raise CampaignNotFoundError("campaignId")
        schedule = Schedule(
            account_id=account_id,
            id=self._ids.time_uuid(),
            campaign_id=campaign_id,
            members=dict(members),
            request=msgspec.to_builtins(request),
            active=active,
            created_at=self._clock.now(),
        )
        schedule = self._planned(schedule, first_run)
        await repository.insert(tx, schedule)
        await self._arm(tx, schedule)
        return schedule

    async def edit(
        self,
        tx: Tx,
        account_id: UUID,
        campaign_id: UUID,
        schedule_id: UUID,
        members: Mapping[str, Any],
        request: RunnerRequest | None,
        active: bool | None,
        first_run: object = None,
    ) -> Schedule:
        """Changes what is given; the time of the next runner is `first_run`, or found anew. One that comes back as it
        was shown says nothing where the recurrence is another, or that time has come. Raises ScheduleNotFoundError,
        InvalidInputError.
        """
        present = await self._find(tx, account_id, campaign_id, schedule_id, lock=True)
        changed = replace(
            present,
            members={**present.members, **members},
            request=msgspec.to_builtins(request) if request is not None else present.request,
            active=present.active if active is None else active,
            epoch=present.epoch + 1,
        )
        if present.next_at is not None and first_run == epoch_ms(present.next_at):
            before, after = (read_schedule(one.members, self._clock.now())[0] for one in (present, changed))
            first_run = None if after != before or present.next_at <= self._clock.now() else first_run
        changed = self._planned(changed, first_run)
        await repository.update(tx, changed)
        await self._arm(tx, changed)
        return changed

    async def page(self, tx: Tx, account_id: UUID, wanted: Page) -> list[Schedule]:
        """The account's schedules, the oldest first."""
        return await repository.page(tx, account_id, wanted)

    async def get(self, tx: Tx, account_id: UUID, campaign_id: UUID, schedule_id: UUID) -> Schedule:
        """One of a campaign. Raises ScheduleNotFoundError."""
        return await self._find(tx, account_id, campaign_id, schedule_id)

    async def delete(self, tx: Tx, account_id: UUID, campaign_id: UUID, schedule_id: UUID) -> Schedule:
        """Removes one; its runners stay. Raises ScheduleNotFoundError."""
        present = await self._find(tx, account_id, campaign_id, schedule_id, lock=True)
        await repository.delete(tx, account_id, schedule_id)
        return present

    async def fire(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Handler of timers: makes the runner, and plans the next one after now: what was missed runs once."""
        for timer in timers:
            schedule = await repository.find(tx, timer.account_id, UUID(timer.scope), lock=True)
            if schedule is not None and schedule.active and schedule.epoch == timer.step:
                await self._run(tx, schedule)

    async def _run(self, tx: Tx, schedule: Schedule) -> None:
        request = msgspec.convert(schedule.request, RunnerRequest)
        try:
            async with tx.transaction():
                await self._runners.add(tx, schedule.account_id, schedule.campaign_id, request, strict=False)
        except CordboardError as error:  # a contact that is gone, an archived campaign: the next time may be better
            _log.warning("workflows.schedule_refused", schedule=schedule.id, reason=str(error))
        changed = self._planned(replace(schedule, last_run=self._clock.now(), epoch=schedule.epoch + 1))
        await repository.update(tx, changed)
        await self._arm(tx, changed)

    def _planned(self, schedule: Schedule, first_run: object = None) -> Schedule:
        """With its next time: `first_run`, or as it recurs. Without any left it is inactive."""
        now = self._clock.now()
        recurrence, next_at = read_schedule({**schedule.members, "nextScheduled": first_run}, now)
        if not schedule.active:
            return replace(schedule, next_at=None)
        if next_at is None and (recurrence.recurring or schedule.last_run is None):
            next_at = next_run(recurrence, now, schedule.created_at)
        return replace(schedule, next_at=next_at, active=next_at is not None)

    @staticmethod
    async def _arm(tx: Tx, schedule: Schedule) -> None:
        if schedule.next_at is not None:
            await arm(
                tx, [Timer(SCHEDULE_TIMER, schedule.account_id, str(schedule.id), schedule.next_at, schedule.epoch)]
            )

    @staticmethod
    async def _find(tx: Tx, account_id: UUID, campaign_id: UUID, schedule_id: UUID, *, lock: bool = False) -> Schedule:
        found = await repository.find(tx, account_id, schedule_id, lock=lock)
        if found is None or found.campaign_id != campaign_id:
            raise ScheduleNotFoundError("scheduleId")
        return found
