"""Message records as queue rows and timers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.messaging.repository.queue import PRIORITIES, QueuedMessage
from cordboard.infra.jobs.timers import Timer

RELEASE_TIMER: Final = "messaging.release"


def release_timer(record: MessageRecord, fire_at: datetime) -> Timer:
    """The timer that ends a message's wait for its scheduled time, or for quiet hours to end."""
    return Timer(RELEASE_TIMER, record.account_id, str(record.id), fire_at)


def queued_of(
    record: MessageRecord,
    due_at: datetime,
    *,
    carrier: str | None = None,
    attempt: int = 1,
    parts: Sequence[int] | None = None,
) -> QueuedMessage:
    """A record as it waits for its carrier, or for another try of some of its parts."""
    message_class = record.message_class or "transactional"
    return QueuedMessage(
        account_id=record.account_id,
        message_id=record.id,
        created_at=record.created_at,
        carrier=carrier or record.carrier or "",
        priority=PRIORITIES[message_class],
        due_at=due_at,
        attempt=attempt,
        parts=list(parts) if parts is not None else None,
        sender=record.sender,
        recipient=record.recipient,
        body=record.body,
        media_urls=record.media_urls,
        segments=record.segments,
        message_class=message_class,
        gated=record.gated,
        valid_until=record.valid_until,
        request_id=record.request_id,
    )
