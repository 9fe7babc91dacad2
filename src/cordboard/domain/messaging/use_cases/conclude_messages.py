"""Writing down what became of messages: state, charge, events and log, together or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from cordboard.domain.billing.service import BillingService
from cordboard.domain.debuglog import service as debuglog
from cordboard.domain.debuglog.models import Entry, sms_action
from cordboard.domain.messaging import events
from cordboard.domain.messaging.announcing import event_of
from cordboard.domain.messaging.charging import outbound_settlement
from cordboard.domain.messaging.folding import HANDED_OVER, Conclusion
from cordboard.domain.messaging.repository import messages
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.infra.telemetry.metrics import MESSAGES
from cordboard.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class ConcludeMessages:
    """The verb. The records are locked by the caller."""

    clock: Clock
    billing: BillingService

    async def __call__(
        self, tx: Tx, outcomes: Sequence[tuple[MessageRecord, Conclusion]], steps: Sequence[Entry] = ()
    ) -> None:
        """Gives each message its new state. `steps` are what led to it: they go into the log with it."""
        if not outcomes:
            await debuglog.record(tx, steps)
            return
        now = self.clock.now()
        concluded = [(record, concluded_record(record, conclusion, now)) for record, conclusion in outcomes]
        concluded = await self._settled(tx, concluded, [conclusion for _, conclusion in outcomes])
        await messages.conclude(tx, [after for _, after in concluded])
        await append(tx, [event for before, after in concluded for event in _events(before, after, now)])
        await debuglog.record(tx, [*steps, *(_logged(after, now) for _, after in concluded if _is_news(after))])
        for _, after in concluded:
            MESSAGES.labels("outbound", after.state).inc()

    async def _settled(
        self, tx: Tx, concluded: Sequence[tuple[MessageRecord, MessageRecord]], conclusions: Sequence[Conclusion]
    ) -> list[tuple[MessageRecord, MessageRecord]]:
        """Ends holds and charges; each message with what was added to its price."""
        ended = [
            outbound_settlement(before, after, conclusion)
            for (before, after), conclusion in zip(concluded, conclusions, strict=True)
        ]
        quotes = iter(await self.billing.settle(tx, [settlement for settlement in ended if settlement]))
        booked = [next(quotes) if settlement else None for settlement in ended]
        return [
            (before, replace(after, surcharge=quote.surcharge) if quote and quote.surcharge else after)
            for (before, after), quote in zip(concluded, booked, strict=True)
        ]


def concluded_record(record: MessageRecord, conclusion: Conclusion, now: datetime) -> MessageRecord:
    """The record after a conclusion. What the carrier accepted is charged, once; an uncertain message is not charged
    until something proves that it was sent."""
    sent = conclusion.state in HANDED_OVER
    charged = record.charged or conclusion.accepted > 0
    price = record.price
    if not record.charged and conclusion.state != "uncertain":
        price = record.price * conclusion.accepted // max(conclusion.total, 1)
    return replace(
        record,
        state=conclusion.state,
        delivery_status=conclusion.delivery_status,
        error_code=conclusion.error_code,
        error_message=conclusion.error_message,
        price=price,
        held=0,
        charged=charged,
        sent_at=record.sent_at or (now if sent else None),
        finished_at=None if conclusion.state in ("sent", "uncertain") else now,
    )


def _events(before: MessageRecord, after: MessageRecord, now: datetime) -> list[Event]:
    found = []
    if before.state not in HANDED_OVER:
        found.append(event_of(after, events.SENT, now))
    if after.state in ("delivered", "undelivered"):
        found.append(event_of(after, events.DELIVERY_CHANGED, now))
    return found


def _is_news(record: MessageRecord) -> bool:
    """Whether a state says more than the answer or the receipt that led to it, which is in the log already."""
    return record.state not in ("sent", "delivered")


def _logged(record: MessageRecord, now: datetime) -> Entry:
    response = " ".join(filter(None, (record.state, record.delivery_status, record.error_code, record.error_message)))
    return sms_action(
        record.account_id, record.id, now, "conclude", f"carrier {record.carrier}", response, success=False
    )
