"""Stepping runs: those that have something to do are claimed, taken as far as they go, and written back with all that
they did in one transaction.

Runs are stepped in waves. A wave makes one step of each contact's first run and carries its effects out, those of one
kind together; a run whose effects are answered at once steps again in the next wave, and a contact's second run begins
when the first one has come to its wait: so runs of one contact never overlap, here or in another process.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from msgspec.structs import replace

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.contacts.models import Contact
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry
from cordboard.domain.workflows.definitions import Definitions
from cordboard.domain.workflows.effects.carrying import Effects
from cordboard.domain.workflows.history import failure_entry, note_entry, trace_entries
from cordboard.domain.workflows.models import Campaign, Outcome, Run, RunKey, Wanted
from cordboard.domain.workflows.ports import StatusListeners
from cordboard.domain.workflows.rendering import ended_run, person_of, world_of
from cordboard.domain.workflows.repository import campaigns, runs
from cordboard.domain.workflows.repository.campaigns import CampaignKey
from cordboard.domain.workflows.telling import tell_status
from cordboard.engines.workflow.definition import Definition
from cordboard.engines.workflow.effects import Effect
from cordboard.engines.workflow.engine import Step, step
from cordboard.engines.workflow.inputs import Answered, Due, Input, Started, Told
from cordboard.engines.workflow.world import Person, World
from cordboard.infra.db import Database, Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import NotFoundError

AT_ONCE: Final = 400
"""Runs of one transaction."""
_MOST_WAVES: Final = 100
"""Steps of a contact's runs in one transaction; what they have to see after that waits for the next one, so that a
circle of answers which come at once holds up nobody.
"""
_MOST_FAILURES: Final = 8
_LONGEST_REST: Final = timedelta(minutes=10)
_TOUCHED_EVERY: Final = timedelta(minutes=1)
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Going:
    """A run on its way through a transaction. `inputs` are what it still has to see."""

    run: Run
    definition: Definition
    campaign: Campaign
    person: Person
    parent_account_id: UUID
    inputs: deque[Input] = field(default_factory=deque)
    ended: str = ""


@dataclass(frozen=True, slots=True)
class StepRuns:
    """The verb. It opens its own transactions."""

    clock: Clock
    database: Database
    accounts: AccountService
    contacts: ContactService
    definitions: Definitions
    effects: Effects
    listeners: StatusListeners

    async def __call__(self) -> int:
        """Steps a batch; answers how many runs were stepped. After a failure each is stepped by itself, so that one
        that fails holds up no other.
        """
        try:
            async with self.database.transaction() as tx:
                claimed = await runs.claim(tx, self.clock.now(), AT_ONCE)
                await self._step(tx, claimed)
                return len(claimed)
        except Exception:  # noqa: BLE001  (logged, then stepped one by one)
            _log.exception("workflows.batch_failed")
            return await self._singly()

    async def _singly(self) -> int:
        async with self.database.connection() as connection:
            waiting = await runs.due(connection, self.clock.now(), AT_ONCE)
        for key in waiting:
            try:
                async with self.database.transaction() as tx:
                    claimed = await runs.claim_one(tx, key, self.clock.now())
                    await self._step(tx, [claimed] if claimed else [])
            except Exception as error:  # noqa: BLE001  (counted on the run, which ends at last)
                _log.exception("workflows.step_failed", run=key[1])
                await self._rest(key, error)
        return len(waiting)

    async def _rest(self, key: RunKey, error: Exception) -> None:
        """Lets a run rest whose step failed, longer each time; at last it ends, and its history says why."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            run = await runs.put_off(tx, key, now, _LONGEST_REST)
            if run is None or run.failures < _MOST_FAILURES:
                return
            reason = f"a step failed again and again: {type(error).__name__}"
            await debuglog.record(tx, [failure_entry(run, now, reason)])
            state = replace(run.state, at=None, wait=None, loops=(), ending="failed", reason=reason)
            await self._end(tx, [replace(run, state=state)], now)

    async def _step(self, tx: Tx, claimed: Sequence[Run]) -> None:
        if not claimed:
            return
        now = self.clock.now()
        going = await self._gather(tx, claimed, now)
        log: list[Entry] = []
        lanes: dict[tuple[UUID, UUID], deque[_Going]] = defaultdict(deque)
        for one in going:
            lanes[one.run.account_id, one.run.contact_id].append(one)
        for _ in range(_MOST_WAVES):
            if not lanes:
                break
            await self._wave(tx, list(lanes.values()), now, log)
            for key, lane in list(lanes.items()):
                while lane and not lane[0].inputs:
                    lane.popleft()
                if not lane:
                    del lanes[key]
        after = [one.run for one in going if Started() not in one.inputs]
        alive = [run for run in after if not run.state.is_over]
        await runs.save(tx, alive)
        await self._end(tx, [run for run in after if run.state.is_over], now)
        await runs.tell(
            tx, [(one.run.key, given, now) for lane in lanes.values() for one in lane for given in _kept(one)]
        )
        await debuglog.record(tx, log)
        await tell_status(tx, self.listeners, alive, now)

    async def _wave(self, tx: Tx, lanes: Sequence[deque[_Going]], now: datetime, log: list[Entry]) -> None:
        """One step of each lane's first run, and its effects in their order: the first of every run, then the
        second, which knows what came of the first.
        """
        wanted: list[deque[Effect]] = []
        for one in (lane[0] for lane in lanes):
            if not one.inputs:
                wanted.append(deque())
                continue
            result = self._stepped(one, one.inputs.popleft(), now)
            log += trace_entries(one.run, result.history, now)
            one.run = replace(one.run, state=result.state)
            wanted.append(deque(result.effects))
        while any(wanted):
            placed = [(place, _wanted(lanes[place][0], queue.popleft())) for place, queue in enumerate(wanted) if queue]
            outcomes = await self.effects(tx, [one for _, one in placed])
            for (place, effect), outcome in zip(placed, outcomes, strict=True):
                _take(lanes[place], outcome)
                log += [note_entry(effect.run, now, effect.effect, note) for note in outcome.notes]

    @staticmethod
    def _stepped(one: _Going, given: Input, now: datetime) -> Step:
        if one.ended and not one.run.state.is_over:
            state = replace(one.run.state, at=None, wait=None, loops=(), ending="stopped", reason=one.ended)
            return Step(state=state)
        return step(one.definition, one.run.state, given, _world(one, now))

    async def _gather(self, tx: Tx, claimed: Sequence[Run], now: datetime) -> list[_Going]:
        """What steps have to know, in a handful of queries."""
        given = await runs.take_inputs(tx, [run.key for run in claimed])
        people = await self.contacts.of_accounts(tx, list({(run.account_id, run.contact_id) for run in claimed}))
        found = await campaigns.by_keys(tx, list({(run.account_id, run.campaign_id) for run in claimed}))
        await campaigns.touch(tx, list(found), now, now - _TOUCHED_EVERY)
        parents = await self._parents(tx, {run.account_id for run in claimed})
        going = []
        for run in claimed:
            key = (run.account_id, run.campaign_id, run.version)
            one = _going(run, await self.definitions.of(tx, key), found, people, parents)
            one.inputs.extend(_inputs(run, given.get(run.key, ()), now))
            if one.ended:
                one.inputs = deque([Started()])
            going.append(one)
        return going

    async def _parents(self, tx: Tx, account_ids: set[UUID]) -> dict[UUID, UUID | None]:
        """Whose accounts these are; None for one that may not send."""
        parents: dict[UUID, UUID | None] = {}
        for account_id in account_ids:
            try:
                account = await self.accounts.get(tx, account_id)
            except NotFoundError:
                parents[account_id] = None
            else:
                parents[account_id] = account.parent_id if account.active else None
        return parents

    async def _end(self, tx: Tx, over: Sequence[Run], now: datetime) -> None:
        await runs.end(tx, [ended_run(run, now) for run in over])
        await tell_status(tx, self.listeners, over, now)


def _going(
    run: Run,
    definition: Definition,
    found: Mapping[CampaignKey, Campaign],
    people: Mapping[tuple[UUID, UUID], Contact],
    parents: Mapping[UUID, UUID | None],
) -> _Going:
    contact = people.get((run.account_id, run.contact_id))
    parent = parents.get(run.account_id)
    reason = ""
    if contact is None or contact.archived:
        reason = "the contact is archived"
    elif parent is None:
        reason = "the account is suspended or closed"
    return _Going(
        run=run,
        definition=definition,
        campaign=found[run.account_id, run.campaign_id],
        person=person_of(run, contact),
        parent_account_id=parent or run.account_id,
        ended=reason,
    )


def _inputs(run: Run, told: Sequence[tuple[datetime, Input]], now: datetime) -> list[Input]:
    """What a run has to see, in the order of time: its beginning, the end of its wait, what it was told of."""
    if run.state.moves == 0 and run.state.wait is None:
        return [Started(), *(given for _, given in told)]
    wait = run.state.wait
    if wait is None or wait.until is None or wait.until > now:
        return [given for _, given in told]
    due = Due(wait.token)
    until = wait.until
    return [*(given for at, given in told if at < until), due, *(given for at, given in told if at >= until)]


def _kept(one: _Going) -> list[Told | Answered]:
    """What a run has not seen, but for what its row says: that it begins, or that its time has come."""
    return [given for given in one.inputs if isinstance(given, Told | Answered)]


def _world(one: _Going, now: datetime) -> World:
    return world_of(one.run, one.campaign, one.person, now)


def _wanted(one: _Going, effect: Effect) -> Wanted:
    return Wanted(effect, one.run, one.campaign, one.person, one.definition, one.parent_account_id)


def _take(lane: deque[_Going], outcome: Outcome) -> None:
    """What came of an effect becomes what the run sees next, and what all of the contact's runs see of it."""
    one = lane[0]
    if outcome.person is not None:
        for other in lane:
            other.person = outcome.person
    if outcome.sender:
        one.run = replace(one.run, sender=outcome.sender)
    if outcome.variables:
        one.inputs.append(Told(outcome.variables))
    if outcome.answer is not None:
        one.inputs.append(outcome.answer)
