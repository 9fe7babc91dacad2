"""Recording what a carrier says: answers to submits and receipts, in any order, folded into one state a message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cordboard.domain.debuglog.models import Entry, sms_action
from cordboard.domain.messaging.folding import Conclusion, Policy, Retry, fold
from cordboard.domain.messaging.models import PartResult, ReceiptReport, Submission
from cordboard.domain.messaging.queueing import queued_of
from cordboard.domain.messaging.repository import early, messages, queue, sends
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.messaging.repository.queue import QueuedMessage
from cordboard.domain.messaging.repository.sends import MessageKey, SendRow
from cordboard.domain.messaging.use_cases.conclude_messages import ConcludeMessages
from cordboard.domain.routing.service import RoutingService
from cordboard.infra.db import Tx
from cordboard.infra.telemetry.metrics import RECEIPTS, SUBMITS
from cordboard.kit.clock import Clock

_LOCK: Final = 0x736D73  # "sms"
LOST: Final = "the link was lost before the carrier answered"


@dataclass(frozen=True, slots=True)
class RecordResults:
    """The verb. `dearest` is what a segment may cost at a second carrier, in micro-units."""

    clock: Clock
    routing: RoutingService
    conclude: ConcludeMessages
    policy: Policy
    dearest: int

    async def __call__(
        self, tx: Tx, carrier: str, results: Sequence[PartResult], receipts: Sequence[ReceiptReport] = ()
    ) -> None:
        """Writes answers and receipts of one carrier and acts on what they mean. Repeats change nothing.

        Recorders of a carrier take turns, so that a receipt that overtakes its answer is either seen with it or kept
        for it.
        """
        await tx.execute("select pg_advisory_xact_lock($1, hashtext($2))", _LOCK, carrier)
        now = self.clock.now()
        steps: list[Entry] = []
        answers = _one_a_part(results)
        await self._answer(tx, answers, steps, now)
        overtook = await self._overtakers(tx, carrier, answers)
        owners = await self._note(tx, _one_an_id([*overtook, *receipts]), steps, now)
        keys = {_key(result.submission) for result in answers} | owners
        await self._fold(tx, sorted(keys), steps, now)

    async def recover(self, tx: Tx, carrier: str, bind: int) -> int:
        """Ends the uncertainty of a link that died: what it had open was, or may have been, handed over. Answers how
        many.
        """
        open_parts = await sends.left_open(tx, carrier, bind)
        results = [
            PartResult(submission=_lost(row, carrier), part=row["part"], outcome="unknown", error_message=LOST)
            for row in open_parts
        ]
        if results:
            await self(tx, carrier, results)
        return len(results)

    async def _answer(self, tx: Tx, answers: Sequence[PartResult], steps: list[Entry], now: datetime) -> None:
        if answers:
            await sends.answer_parts(tx, answers, now)
            steps += [_answer_logged(result, now) for result in answers]
            for result in answers:
                SUBMITS.labels(result.submission.carrier, result.outcome).inc()

    async def _overtakers(self, tx: Tx, carrier: str, answers: Sequence[PartResult]) -> list[ReceiptReport]:
        known = [result.remote_id for result in answers if result.remote_id]
        return await early.take(tx, carrier, known) if known else []

    async def _note(
        self, tx: Tx, reports: Sequence[ReceiptReport], steps: list[Entry], now: datetime
    ) -> set[MessageKey]:
        """Writes receipts on their parts, keeps those that nobody knows, answers whose messages they were about."""
        if not reports:
            return set()
        owners = await sends.write_receipts(tx, reports, now)
        told = list(zip(reports, owners, strict=True))
        await early.keep(tx, [report for report, owner in told if owner is None], now)
        steps += [_receipt_logged(report, owner, now) for report, owner in told if owner]
        for report in reports:
            RECEIPTS.labels(report.carrier, report.state).inc()
        return {owner for owner in owners if owner is not None}

    async def _fold(self, tx: Tx, keys: Sequence[MessageKey], steps: list[Entry], now: datetime) -> None:
        if not keys:
            return
        records = await messages.lock(tx, keys)
        rows: dict[UUID, list[SendRow]] = defaultdict(list)
        for row in await sends.of_messages(tx, keys):
            rows[row.message_id].append(row)
        ended: list[tuple[MessageRecord, Conclusion]] = []
        again: list[QueuedMessage] = []
        for record in records:
            step = fold(record, rows[record.id], self.policy, now)
            if isinstance(step, Retry):
                step = self._retry(record, step, again, now)
            if isinstance(step, Conclusion):
                ended.append((record, step))
        await queue.put(tx, again)
        steps += [_retry_logged(message, now) for message in again]
        await self.conclude(tx, ended, steps)

    def _retry(
        self, record: MessageRecord, step: Retry, again: list[QueuedMessage], now: datetime
    ) -> Conclusion | None:
        """Queues another try, or answers the conclusion when nobody is left to try."""
        own = record.carrier or ""
        if step.elsewhere:
            media = bool(record.media_urls)
            other = self.routing.alternative(own, record.recipient, media=media, tried=step.tried, dearest=self.dearest)
            if other is not None:
                again.append(queued_of(record, now, carrier=other, attempt=step.attempt))
                return None
            if step.otherwise is not None:
                return step.otherwise
        due_at = now + timedelta(seconds=step.delay)
        again.append(queued_of(record, due_at, carrier=step.carrier, attempt=step.attempt, parts=step.parts))
        return None


def _key(submission: Submission) -> MessageKey:
    return submission.account_id, submission.message_id, submission.created_at


def _one_a_part(results: Iterable[PartResult]) -> list[PartResult]:
    """The telling answer of each part: a late answer beats the giving up that came before it."""
    kept: dict[tuple[UUID, int, int], PartResult] = {}
    for result in results:
        place = (result.submission.message_id, result.submission.attempt, result.part)
        if place not in kept or kept[place].outcome == "unknown":
            kept[place] = result
    return list(kept.values())


def _one_an_id(reports: Iterable[ReceiptReport]) -> list[ReceiptReport]:
    """The telling receipt of each part: the first final one, else the last."""
    kept: dict[str, ReceiptReport] = {}
    for report in reports:
        before = kept.get(report.remote_id)
        if before is None or not before.final:
            kept[report.remote_id] = report
    return list(kept.values())


def _lost(row: Mapping[str, Any], carrier: str) -> Submission:
    """The little that is known of a part whose link died."""
    return Submission(
        account_id=row["account_id"],
        message_id=row["message_id"],
        created_at=row["created_at"],
        attempt=row["attempt"],
        carrier=carrier,
        sender="",
        recipient="",
        text="",
    )


def _answer_logged(result: PartResult, now: datetime) -> Entry:
    submission = result.submission
    parameter = f"carrier {submission.carrier}, attempt {submission.attempt}, part {result.part}"
    response = " ".join(filter(None, (result.outcome, result.remote_id, result.error_code, result.error_message)))
    success = result.outcome == "accepted"
    return sms_action(submission.account_id, submission.message_id, now, "submit", parameter, response, success=success)


def _receipt_logged(report: ReceiptReport, owner: MessageKey, now: datetime) -> Entry:
    parameter = f"carrier {report.carrier}, id {report.remote_id}"
    response = " ".join(filter(None, (report.state, report.error_code)))
    return sms_action(owner[0], owner[1], now, "receipt", parameter, response, success=report.state == "delivered")


def _retry_logged(message: QueuedMessage, now: datetime) -> Entry:
    parameter = f"carrier {message.carrier}, attempt {message.attempt}, due {message.due_at:%H:%M:%S}"
    return sms_action(message.account_id, message.message_id, now, "retry", parameter, "queued again", success=True)
