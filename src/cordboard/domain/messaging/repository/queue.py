"""The queue in front of the carriers (`sms_queue`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.messaging.models import MessageClass
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert

CHANNEL: Final = "sms_queue"
PRIORITIES: Final[dict[MessageClass, int]] = {"otp": 0, "transactional": 1, "marketing": 2}


class QueuedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that waits for `carrier` until `due_at`. `parts` None: all of its segments."""

    account_id: UUID
    message_id: UUID
    created_at: datetime
    carrier: str
    priority: int
    due_at: datetime
    attempt: int = 1
    parts: list[int] | None = None
    sender: str
    recipient: str
    body: str
    media_urls: list[str]
    segments: int
    message_class: MessageClass
    gated: bool = True
    valid_until: datetime | None = None
    request_id: str | None = None

    @property
    def id(self) -> UUID:
        """The message's id, under the name that records give it."""
        return self.message_id


_FIELDS: Final = QueuedMessage.__struct_fields__
QUEUED: Final = BulkInsert(
    "sms_queue",
    {
        "account_id": "uuid",
        "message_id": "uuid",
        "created_at": "timestamptz",
        "carrier": "text",
        "priority": "smallint",
        "due_at": "timestamptz",
        "attempt": "smallint",
        "parts": "jsonb",
        "sender": "text",
        "recipient": "text",
        "body": "text",
        "media_urls": "jsonb",
        "segments": "smallint",
        "message_class": "text",
        "gated": "boolean",
        "valid_until": "timestamptz",
        "request_id": "text",
    },
    "on conflict (account_id, message_id) do nothing returning pg_notify('sms_queue', carrier)",
)


async def put(tx: Tx, messages: Sequence[QueuedMessage]) -> None:
    """Adds messages and wakes their carriers' links once the transaction has committed."""
    await QUEUED(tx, rows_of(messages))


def rows_of(messages: Sequence[QueuedMessage]) -> list[list[Any]]:
    """Messages as `QUEUED` takes them."""
    return [[getattr(message, name) for name in _FIELDS] for message in messages]


async def claim(tx: Tx, carrier: str, now: datetime, limit: int) -> list[QueuedMessage]:
    """Takes up to `limit` due messages off the queue, one-time passwords before marketing, the longest due first.

    Each priority is read by itself, so that the index finds the due ones without passing those that are not.
    """
    rows = await tx.fetch(
        "delete from sms_queue where ctid = any(array(select due.ctid from (values (0), (1), (2)) as class (priority),"
        " lateral (select q.ctid from sms_queue q where q.carrier = $1 and q.priority = class.priority"
        " and q.due_at <= $2 order by q.due_at limit $3 for update skip locked) as due limit $3))"
        f" returning {', '.join(_FIELDS)}",
        carrier,
        now,
        limit,
    )
    messages = [QueuedMessage(**dict(row)) for row in rows]
    return sorted(messages, key=lambda message: (message.priority, message.due_at))


async def next_due(tx: Tx, carrier: str) -> datetime | None:
    """When the carrier's next message is due; None when nothing waits."""
    due: datetime | None = await tx.fetchval(
        "select min(due.due_at) from (values (0), (1), (2)) as class (priority),"
        " lateral (select q.due_at from sms_queue q where q.carrier = $1 and q.priority = class.priority"
        " order by q.due_at limit 1) as due",
        carrier,
    )
    return due
