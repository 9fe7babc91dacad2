"""Claiming due messages for a carrier's link: the last look before the wire."""

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
from cordboard.domain.messaging.models import Submission
from cordboard.domain.messaging.queueing import release_timer
from cordboard.domain.messaging.repository import messages, queue, sends
from cordboard.domain.messaging.repository.queue import QueuedMessage
from cordboard.domain.messaging.use_cases.conclude_messages import ConcludeMessages
from cordboard.infra.db import Tx
from cordboard.infra.jobs.timers import arm
from cordboard.kit.clock import Clock

_EXPIRED = Conclusion("expired", None, 0, 1, "expired", "its validity ended before a carrier could take it")


@dataclass(frozen=True, slots=True)
class ClaimMessages:
    """The verb. Once its transaction has committed, the caller hands every submission over and reports each part."""

    clock: Clock
    accounts: AccountService
    compliance: ComplianceService
    conclude: ConcludeMessages

    async def __call__(self, tx: Tx, carrier: str, bind: int, limit: int, *, whole: bool) -> list[Submission]:
        """Up to `limit` messages that may go now, entered into the send ledger; `whole`: the carrier does the
        segmenting.
        """
        now = self.clock.now()
        claimed = await queue.claim(tx, carrier, now, limit)
        if not claimed:
            return []
        expired = [message for message in claimed if message.valid_until and message.valid_until <= now]
        fresh = [message for message in claimed if not (message.valid_until and message.valid_until <= now)]
        refused, deferred = await self._ask_gate(tx, fresh, now)
        await self._end(tx, [(message, _EXPIRED) for message in expired] + refused)
        await self._defer(tx, deferred)
        stopped = {message.message_id for message, _ in (*refused, *deferred)}
        going = [_submission(m, whole=whole) for m in fresh if m.message_id not in stopped]
        await sends.open_parts(tx, going, bind, now)
        return going

    async def _ask_gate(
        self, tx: Tx, claimed: Sequence[QueuedMessage], now: datetime
    ) -> tuple[list[tuple[QueuedMessage, Conclusion]], list[tuple[QueuedMessage, datetime]]]:
        """Whom the gate stops at the last hop. A message of which a part is out already is finished in any case."""
        asked = [message for message in claimed if message.gated and message.attempt == 1]
        candidates = [
            candidate_of(message, await self.accounts.settings(tx, message.account_id), "submit") for message in asked
        ]
        refused: list[tuple[QueuedMessage, Conclusion]] = []
        deferred: list[tuple[QueuedMessage, datetime]] = []
        for message, decision in zip(asked, await self.compliance.decide(tx, candidates, now), strict=True):
            if decision.verdict == "refuse":
                refused.append((message, _refused(decision)))
            elif decision.verdict == "defer" and decision.defer_until:
                deferred.append((message, decision.defer_until))
        return refused, deferred

    async def _end(self, tx: Tx, ended: Sequence[tuple[QueuedMessage, Conclusion]]) -> None:
        if ended:
            how = {message.message_id: conclusion for message, conclusion in ended}
            records = await messages.lock(tx, [_key(message) for message, _ in ended])
            await self.conclude(tx, [(record, how[record.id]) for record in records])

    async def _defer(self, tx: Tx, deferred: Sequence[tuple[QueuedMessage, datetime]]) -> None:
        if deferred:
            until = {message.message_id: moment for message, moment in deferred}
            records = await messages.lock(tx, [_key(message) for message, _ in deferred])
            waiting = [replace(record, state="scheduled", scheduled_at=until[record.id]) for record in records]
            await messages.conclude(tx, waiting)
            await arm(tx, [release_timer(record, until[record.id]) for record in waiting])


def _key(message: QueuedMessage) -> tuple[UUID, UUID, datetime]:
    return message.account_id, message.message_id, message.created_at


def _refused(decision: Decision) -> Conclusion:
    return Conclusion("failed", None, 0, 1, decision.code, decision.reason)


def _submission(message: QueuedMessage, *, whole: bool) -> Submission:
    total = 1 if whole else message.segments
    return Submission(
        account_id=message.account_id,
        message_id=message.message_id,
        created_at=message.created_at,
        carrier=message.carrier,
        attempt=message.attempt,
        parts=tuple(message.parts) if message.parts and not whole else tuple(range(1, total + 1)),
        total_parts=total,
        sender=message.sender,
        recipient=message.recipient,
        text=message.body,
        media_urls=tuple(message.media_urls),
        message_class=message.message_class,
        valid_until=message.valid_until,
        request_id=message.request_id,
    )
