"""Runners: the verbs of requests 192 to 200, and the timer that lets contacts in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.contacts.service import ContactService
from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import run_action
from cordboard.domain.workflows.errors import CampaignNotFoundError, NoWorkflowError
from cordboard.domain.workflows.models import Campaign, StartedRun, StartRequest
from cordboard.domain.workflows.pacing import SendingPace
from cordboard.domain.workflows.repository import campaigns
from cordboard.domain.workflows.runners import pace, repository
from cordboard.domain.workflows.runners.errors import (
    ContactsGoneError,
    ManualError,
    NotManualError,
    RunnerEmptyError,
    RunnerNotFoundError,
    RunnerStartedError,
)
from cordboard.domain.workflows.runners.filling import FillRunners
from cordboard.domain.workflows.runners.models import AUTOMATIC, MANUAL, Runner, RunnerRequest
from cordboard.domain.workflows.runners.pace import Share
from cordboard.domain.workflows.use_cases.start_runs import StartRuns
from cordboard.infra.db import Tx
from cordboard.infra.jobs.timers import Timer, arm
from cordboard.kit.clock import Clock
from cordboard.kit.errors import ConflictError, CordboardError
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page

RUNNER_TIMER: Final = "workflows.runner"
_MOST_TICKS: Final = 8
"""Runners of one transaction, each of which may let some hundred contacts in."""
_MOST_PASSED_OVER: Final = 1000


class RunnerService:
    """The verbs, in the caller's transaction. A runner is locked before it changes: so each contact enters once."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        fill: FillRunners,
        start: StartRuns,
        sending: SendingPace,
        contacts: ContactService,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._fill = fill
        self._start = start
        self._sending = sending
        self._contacts = contacts

    async def add(
        self, tx: Tx, account_id: UUID, campaign_id: UUID, request: RunnerRequest, *, strict: bool = True
    ) -> Runner:
        """A new runner with its contacts (request 192); without `strict` those that are gone are passed over. Raises
        CampaignNotFoundError, NoWorkflowError, InvalidInputError.
        """
        await self._campaign(tx, account_id, campaign_id)
        runner = Runner(
            account_id=account_id,
            id=self._ids.time_uuid(),
            campaign_id=campaign_id,
            display_name=request.display_name or "",
            period_ms=request.period_ms or MANUAL,
            statements=list(request.statements),
            dnc=list(request.dnc),
            filling=True,
            created_at=self._clock.now(),
        )
        await repository.insert(tx, runner)
        runner = await self._fill.fill(tx, runner, request, strict=strict)
        if request.start and runner.period_ms != MANUAL:
            return await self._begun(tx, runner)
        await repository.update(tx, runner)
        return runner

    async def edit(
        self, tx: Tx, account_id: UUID, campaign_id: UUID, runner_id: UUID, request: RunnerRequest, start: bool | None
    ) -> Runner:
        """Changes what is given of a runner (request 193): its name always, its contacts and its period before it has
        begun. `start` starts or stops it. Raises RunnerNotFoundError, RunnerStartedError, NoWorkflowError,
        InvalidInputError.
        """
        runner = await self._locked(tx, account_id, campaign_id, runner_id)
        if request.display_name is not None:
            runner = replace(runner, display_name=request.display_name)
        if request.contact_ids or request.statements:
            runner = await self._refilled(tx, runner, request)
        if runner.state == "not_started" and request.period_ms is not None:
            runner = replace(runner, period_ms=request.period_ms)
        await repository.update(tx, runner)
        if start is False and runner.state == "in_progress":
            return await self._stopped(tx, runner)
        if start and runner.state in ("not_started", "stopped") and runner.period_ms != MANUAL:
            return await self._begun(tx, runner)
        return runner

    async def page(self, tx: Tx, account_id: UUID, campaign_id: UUID | None, wanted: Page) -> list[Runner]:
        """The account's runners (request 194), or a campaign's (195), the newest first. Raises
        CampaignNotFoundError.
        """
        if campaign_id is not None and await campaigns.find(tx, account_id, campaign_id) is None:
            raise CampaignNotFoundError("campaignId")
        return await repository.page(tx, account_id, campaign_id, wanted)

    async def get(self, tx: Tx, account_id: UUID, campaign_id: UUID, runner_id: UUID) -> Runner:
        """One of a campaign (request 196). Raises RunnerNotFoundError."""
        return _of(await repository.find(tx, account_id, runner_id), campaign_id)

    async def start(self, tx: Tx, account_id: UUID, campaign_id: UUID, runner_id: UUID) -> Runner:
        """Starts it, or lets it go on where it stopped (request 197). Raises RunnerNotFoundError, ManualError."""
        runner = await self._locked(tx, account_id, campaign_id, runner_id)
        if runner.period_ms == MANUAL:
            raise ManualError("periodMs is 0")
        if runner.state in ("in_progress", "completed"):
            return runner
        return await self._begun(tx, runner)

    async def stop(self, tx: Tx, account_id: UUID, campaign_id: UUID, runner_id: UUID) -> Runner:
        """Stops it (request 198); who has entered goes on. Raises RunnerNotFoundError."""
        runner = await self._locked(tx, account_id, campaign_id, runner_id)
        return runner if runner.state == "completed" else await self._stopped(tx, runner)

    async def next_contact(self, tx: Tx, account_id: UUID, campaign_id: UUID, runner_id: UUID) -> UUID:
        """Who enters next (request 199), of those who can. Raises RunnerNotFoundError, NotManualError,
        RunnerEmptyError, ContactsGoneError.
        """
        runner = await self.get(tx, account_id, campaign_id, runner_id)
        gone, following = await self._first(tx, runner)
        if following is None:
            raise _nobody(_advanced(runner, len(gone)), len(gone))
        return following

    async def send_next(
        self, tx: Tx, account_id: UUID, campaign_id: UUID, runner_id: UUID
    ) -> StartedRun | ConflictError:
        """Lets the next contact enter (request 200). Those before it who are gone are passed over for good: where
        nobody else is found the error is answered, so that the caller commits that. Raises RunnerNotFoundError,
        NotManualError, RunnerEmptyError, CampaignNotFoundError, NoWorkflowError.
        """
        runner = await self._locked(tx, account_id, campaign_id, runner_id)
        await self._campaign(tx, account_id, campaign_id)
        gone, following = await self._first(tx, runner)
        results = await self._enter(tx, runner, gone if following is None else [*gone, following])
        runner = _advanced(runner, len(results))
        await repository.update(tx, runner)
        return results[-1] if isinstance(results[-1], StartedRun) else _nobody(runner, len(results))

    async def tick(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Handler of timers: lets in whom the pace allows. A timer of an earlier start is ignored."""
        await arm(tx, timers[_MOST_TICKS:])  # the others are due still, and come first next time
        due = []
        for timer in timers[:_MOST_TICKS]:
            runner = await repository.find(tx, timer.account_id, UUID(timer.scope), lock=True)
            if runner is not None and runner.state == "in_progress" and runner.epoch == timer.step:
                due.append(runner)
        for runner in sorted(due, key=lambda one: (one.account_id, one.campaign_id)):  # as all lock openings
            await self._tick(tx, runner)

    async def _tick(self, tx: Tx, runner: Runner) -> None:
        campaign = await campaigns.find(tx, runner.account_id, runner.campaign_id)
        if campaign is None or campaign.archived:
            await self._stopped(tx, runner)
            return
        share = await self._share(tx, runner, campaign)
        entering = await repository.next_contacts(tx, runner, share.entering) if share.entering else []
        await self._enter(tx, runner, entering)
        runner = _advanced(runner, len(entering))
        runner = replace(
            runner,
            anchor=share.anchor,
            anchor_started=share.anchor_started if len(entering) == share.entering else runner.started,
        )
        if runner.state != "completed":
            await arm(tx, [_timer(runner, share)])
        await repository.update(tx, runner)

    async def _share(self, tx: Tx, runner: Runner, campaign: Campaign) -> Share:
        now = self._clock.now()
        if runner.period_ms == AUTOMATIC:
            rate = await self._sending.rate(tx, runner.account_id, campaign.number_set_id)
            backlog = await self._sending.backlog(tx, runner.account_id, campaign.number_set_id)
            anchor = runner.anchor or now
            return pace.automatic(rate, backlog, runner.started, anchor, runner.anchor_started, now)
        return pace.timed(runner.period_ms, runner.started, runner.anchor or now, runner.anchor_started, now)

    async def _enter(self, tx: Tx, runner: Runner, contact_ids: Sequence[UUID]) -> list[StartedRun | CordboardError]:
        """Starts the campaign for the first in line, who leave it. Who is refused is passed over, and the runner's
        debug log says why.
        """
        requests = [
            StartRequest(
                account_id=runner.account_id,
                campaign_id=runner.campaign_id,
                contact_id=one,
                batch_id=runner.id,
            )
            for one in contact_ids
        ]
        await repository.remove_first(tx, runner, len(requests))
        results = await self._start(tx, requests)
        now = self._clock.now()
        await debuglog.record(
            tx,
            [
                run_action(runner.account_id, runner.id, now, f"contact {one}", None, str(result), success=False)
                for one, result in zip(contact_ids, results, strict=True)
                if not isinstance(result, StartedRun)
            ],
        )
        return results

    async def _first(self, tx: Tx, runner: Runner) -> tuple[list[UUID], UUID | None]:
        """The next who are gone, and who comes after them; None: so many are gone that one is to ask again, or all."""
        if runner.period_ms != MANUAL:
            raise NotManualError(f"periodMs is {runner.period_ms}")
        line = await repository.next_contacts(tx, runner, _MOST_PASSED_OVER)
        if not line:
            raise RunnerEmptyError("no contact is left")
        present = await self._contacts.by_ids(tx, runner.account_id, line)
        gone = list(takewhile(lambda one: one not in present, line))
        return gone, line[len(gone)] if len(gone) < len(line) else None

    async def _begun(self, tx: Tx, runner: Runner) -> Runner:
        await self._campaign(tx, runner.account_id, runner.campaign_id)
        now = self._clock.now()
        runner = replace(runner, state="in_progress", epoch=runner.epoch + 1, anchor=now, anchor_started=runner.started)
        await repository.update(tx, runner)
        await arm(tx, [Timer(RUNNER_TIMER, runner.account_id, str(runner.id), now, runner.epoch)])
        return runner

    async def _stopped(self, tx: Tx, runner: Runner) -> Runner:
        runner = replace(runner, state="stopped", epoch=runner.epoch + 1)
        await repository.update(tx, runner)
        return runner

    async def _refilled(self, tx: Tx, runner: Runner, request: RunnerRequest) -> Runner:
        if runner.started or runner.state != "not_started":
            raise RunnerStartedError(f"{runner.started} contacts have entered")
        await repository.clear_contacts(tx, runner)
        runner = replace(
            runner,
            statements=list(request.statements),
            dnc=list(request.dnc),
            filling=True,
            scanned=None,
            queued=0,
        )
        return await self._fill.fill(tx, runner, request)

    async def _locked(self, tx: Tx, account_id: UUID, campaign_id: UUID, runner_id: UUID) -> Runner:
        return _of(await repository.find(tx, account_id, runner_id, lock=True), campaign_id)

    @staticmethod
    async def _campaign(tx: Tx, account_id: UUID, campaign_id: UUID) -> None:
        campaign = await campaigns.find(tx, account_id, campaign_id)
        if campaign is None or campaign.archived:
            raise CampaignNotFoundError("campaignId")
        if not campaign.workflow_version:
            raise NoWorkflowError(f"campaign {campaign_id} has no workflow yet")


def _of(runner: Runner | None, campaign_id: UUID) -> Runner:
    if runner is None or runner.campaign_id != campaign_id:
        raise RunnerNotFoundError("batchId")
    return runner


def _advanced(runner: Runner, count: int) -> Runner:
    """When `count` more have entered, or been passed over."""
    started = runner.started + count
    done = started >= runner.queued and not runner.filling
    return replace(runner, started=started, state="completed" if done else "in_progress")


def _nobody(runner: Runner, gone: int) -> ConflictError:
    """Why none of the next has entered."""
    if runner.state == "completed":
        return RunnerEmptyError("no contact is left")
    return ContactsGoneError(f"{gone} contacts are gone")


def _timer(runner: Runner, share: Share) -> Timer:
    return Timer(RUNNER_TIMER, runner.account_id, str(runner.id), share.again_at, runner.epoch)
