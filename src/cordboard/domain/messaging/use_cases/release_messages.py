"""Ending a message's wait: its scheduled time has come, or quiet hours are over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.compliance.models import Decision
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.messaging.folding import Conclusion
from cordboard.domain.messaging.gating import candidate_of
from cordboard.domain.messaging.queueing import queued_of, release_timer
from cordboard.domain.messaging.repository import messages, queue
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.messaging.use_cases.conclude_messages import ConcludeMessages
from cordboard.domain.numbers.service import NumberService, PaceRequest
from cordboard.infra.db import Tx
from cordboard.infra.jobs.timers import Timer, arm
from cordboard.kit.clock import Clock
from cordboard.kit.errors import NotFoundError
from cordboard.kit.ids import time_of

ALLOWED = Decision(verdict="allow")


@dataclass(frozen=True, slots=True)
class ReleaseMessages:
    """The verb, as a handler of timers."""

    clock: Clock
    accounts: AccountService
    numbers: NumberService
    compliance: ComplianceService
    conclude: ConcludeMessages

    async def __call__(self, tx: Tx, timers: Sequence[Timer]) -> None:
        """Asks the gate again and queues what it lets through; what has moved on since is left alone."""
        now = self.clock.now()
        keys = [(timer.account_id, UUID(timer.scope), time_of(UUID(timer.scope)) or now) for timer in timers]
        waiting = [record for record in await messages.lock(tx, keys) if record.state == "scheduled"]
        allowed: list[MessageRecord] = []
        deferred: list[tuple[MessageRecord, datetime]] = []
        ended: list[tuple[MessageRecord, Conclusion]] = []
        for record, decision in zip(waiting, await self._decide(tx, waiting, now), strict=True):
            if decision.verdict == "refuse":
                ended.append((record, Conclusion("failed", None, 0, 1, decision.code, decision.reason)))
            elif decision.verdict == "defer" and decision.defer_until:
                deferred.append((record, decision.defer_until))
            else:
                allowed.append(record)
        await self.conclude(tx, ended)
        await self._defer(tx, deferred)
        await self._queue(tx, allowed, now)

    async def _decide(self, tx: Tx, records: Sequence[MessageRecord], now: datetime) -> list[Decision]:
        """One decision a record: suspended accounts send nothing, nobody sends from a number that was given back,
        messages that the law asks for pass.
        """
        decisions: dict[UUID, Decision] = {}
        asked = []
        owned = await self.numbers.senders(tx, [(record.account_id, record.sender) for record in records])
        for record in records:
            if not await self._active(tx, record.account_id):
                decisions[record.id] = Decision(verdict="refuse", code="suspended", reason="the account is suspended")
            elif (record.account_id, record.sender) not in owned:
                reason = f"{record.sender} is no longer a number of this account"
                decisions[record.id] = Decision(verdict="refuse", code="not_owned", reason=reason)
            elif record.gated:
                asked.append(record)
        candidates = [
            candidate_of(record, await self.accounts.settings(tx, record.account_id), "release") for record in asked
        ]
        answers = await self.compliance.decide(tx, candidates, now)
        decisions.update((record.id, answer) for record, answer in zip(asked, answers, strict=True))
        return [decisions.get(record.id, ALLOWED) for record in records]

    async def _active(self, tx: Tx, account_id: UUID) -> bool:
        try:
            return (await self.accounts.get(tx, account_id)).active
        except NotFoundError:
            return False

    async def _defer(self, tx: Tx, deferred: Sequence[tuple[MessageRecord, datetime]]) -> None:
        later = [replace(record, scheduled_at=until) for record, until in deferred]
        await messages.conclude(tx, later)
        await arm(tx, [release_timer(record, until) for record, until in deferred])

    async def _queue(self, tx: Tx, records: Sequence[MessageRecord], now: datetime) -> None:
        """Places each in its sender's queue, however long that is: the message was accepted already."""
        owned = await self.numbers.senders(tx, [(record.account_id, record.sender) for record in records])
        requests = []
        for record in records:
            number = owned.get((record.account_id, record.sender))
            kind = number.number_type if number else 1
            requests.append(PaceRequest(record.account_id, record.sender, kind, record.segments, bounded=False))
        due = await self.numbers.reserve_pace(tx, requests, now)
        queued = [replace(record, state="queued") for record in records]
        await messages.conclude(tx, queued)
        await queue.put(tx, [queued_of(record, at or now) for record, at in zip(queued, due, strict=True)])
