"""Messaging: the verbs that the edge and other contexts call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from cordboard.domain.messaging.drafts import AcceptedMessage, SendRequest
from cordboard.domain.messaging.models import InboundPart, PartResult, ReceiptReport, Submission
from cordboard.domain.messaging.repository import early, inbound, messages, queue
from cordboard.domain.messaging.repository.messages import LogFilter, MessageRecord
from cordboard.domain.messaging.use_cases.accept_messages import AcceptMessages
from cordboard.domain.messaging.use_cases.claim_messages import ClaimMessages
from cordboard.domain.messaging.use_cases.receive_messages import ReceiveMessages
from cordboard.domain.messaging.use_cases.record_results import RecordResults
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, NotFoundError
from cordboard.kit.ids import time_of


class MessagingService:
    """One door to the use cases. Every verb works in the caller's transaction."""

    def __init__(
        self,
        *,
        clock: Clock,
        accept: AcceptMessages,
        claim: ClaimMessages,
        record: RecordResults,
        receive: ReceiveMessages,
    ) -> None:
        self._clock = clock
        self._accept = accept
        self._claim = claim
        self._record = record
        self._receive = receive

    async def accept(self, tx: Tx, requests: Sequence[SendRequest]) -> list[AcceptedMessage | CordboardError]:
        """Accepts messages, or says why not; one result a request, in order (request 137)."""
        return await self._accept(tx, requests)

    async def claim(self, tx: Tx, carrier: str, bind: int, limit: int, *, whole: bool) -> list[Submission]:
        """Due messages for a carrier's link, entered into the send ledger. The caller holds the bind's lock."""
        return await self._claim(tx, carrier, bind, limit, whole=whole)

    async def seconds_to_next(self, tx: Tx, carrier: str) -> float | None:
        """How long until the carrier's next message is due, in business time; None when nothing waits."""
        due = await queue.next_due(tx, carrier)
        return None if due is None else max(0.0, (due - self._clock.now()).total_seconds())

    async def lateness(self, tx: Tx, carrier: str) -> timedelta:
        """For how long the carrier's oldest message has been due: what its rate, other traffic or an outage come
        to.
        """
        due = await queue.next_due(tx, carrier)
        return timedelta(0) if due is None else max(timedelta(0), self._clock.now() - due)

    async def record(
        self, tx: Tx, carrier: str, results: Sequence[PartResult], receipts: Sequence[ReceiptReport] = ()
    ) -> None:
        """Writes down what a carrier said and acts on it."""
        await self._record(tx, carrier, results, receipts)

    async def recover(self, tx: Tx, carrier: str, bind: int) -> int:
        """Settles what the last owner of a bind left open when it died; answers how many parts. For a new owner's
        start.
        """
        return await self._record.recover(tx, carrier, bind)

    async def receive(self, tx: Tx, parts: Sequence[InboundPart]) -> list[bool]:
        """Takes in what handsets sent; False where the number is nobody's."""
        return await self._receive(tx, parts)

    async def get(self, tx: Tx, account_id: UUID, message_id: UUID) -> MessageRecord:
        """A message of the account (request 103). Raises NotFoundError."""
        created_at = time_of(message_id)
        record = await messages.find(tx, account_id, message_id, created_at) if created_at else None
        if record is None:
            raise NotFoundError("smsSid")
        return record

    async def states(self, tx: Tx, account_id: UUID, message_ids: Sequence[UUID]) -> dict[UUID, str]:
        """How far messages of the account have come, by id; those that are not there are left out."""
        made = [(one, created_at) for one in message_ids if (created_at := time_of(one))]
        return await messages.states(tx, account_id, made) if made else {}

    async def search(self, tx: Tx, account_id: UUID, wanted: LogFilter) -> list[MessageRecord]:
        """The account's log (request 102), newest first."""
        return await messages.search(tx, account_id, wanted)

    async def read_on(
        self, tx: Tx, account_id: UUID, start: datetime, end: datetime, after: tuple[datetime, UUID], limit: int
    ) -> list[MessageRecord]:
        """The account's log from `after` (when made, id) on, oldest first: for reading it from end to end."""
        return await messages.read_on(tx, account_id, start, end, after, limit)

    async def forget_old(self, tx: Tx) -> None:
        """Removes what is only kept for a while; for a daily job."""
        now = self._clock.now()
        await early.forget_old(tx, now)
        await inbound.forget_old(tx, now)
