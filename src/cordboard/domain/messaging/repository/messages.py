"""Message records (`messages`): written when a message is accepted or comes in, concluded as carriers tell, read as
logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.messaging.models import MessageClass
from cordboard.domain.messaging.repository.sends import MessageKey
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert, BulkRows
from cordboard.infra.db.rows import lock_rows


class MessageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the log. Amounts are micro-units: `price` is what the message costs or cost, `surcharge` what was added
    to it, `held` what is reserved for it.

    `state`, outbound: scheduled, queued, sent, delivered, undelivered, failed, expired or uncertain; inbound: receiving
    (media is being fetched) or received.
    """

    account_id: UUID
    id: UUID
    created_at: datetime
    parent_account_id: UUID
    direction: str
    state: str
    sender: str
    recipient: str
    body: str
    media_urls: list[str] = []
    encoding: str | None = None
    segments: int = 1
    message_class: MessageClass | None = None
    sms_type: str
    carrier: str | None = None
    contact_id: UUID | None = None
    number_set_id: UUID | None = None
    template_id: UUID | None = None
    metadata: dict[str, Any] | None = None
    status_callback: str | None = None
    delivery_status_enabled: bool | None = None
    gated: bool = True
    scheduled_at: datetime | None = None
    valid_until: datetime | None = None
    price: int = 0
    held: int = 0
    surcharge: int = 0
    charged: bool = False
    delivery_status: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    opt: str | None = None
    campaign_id: UUID | None = None
    sent_at: datetime | None = None
    finished_at: datetime | None = None
    request_id: str | None = None

    @property
    def key(self) -> MessageKey:
        """What finds the row."""
        return self.account_id, self.id, self.created_at


_FIELDS: Final = MessageRecord.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)
_TYPES: Final = {
    **dict.fromkeys(_FIELDS, "text"),
    **dict.fromkeys(
        ("account_id", "id", "parent_account_id", "contact_id", "number_set_id", "template_id", "campaign_id"),
        "uuid",
    ),
    **dict.fromkeys(("created_at", "scheduled_at", "valid_until", "sent_at", "finished_at"), "timestamptz"),
    **dict.fromkeys(("media_urls", "metadata"), "jsonb"),
    **dict.fromkeys(("delivery_status_enabled", "gated", "charged"), "boolean"),
    **dict.fromkeys(("price", "held", "surcharge"), "bigint"),
    "segments": "smallint",
}
ADDED: Final = BulkInsert("messages", {name: _TYPES[name] for name in _FIELDS})

_CONCLUDED: Final = (
    "state",
    "carrier",
    "price",
    "held",
    "surcharge",
    "charged",
    "delivery_status",
    "error_code",
    "error_message",
    "sent_at",
    "finished_at",
    "scheduled_at",
    "media_urls",
)
_changes = BulkRows({name: _TYPES[name] for name in ("account_id", "id", "created_at", *_CONCLUDED)}, alias="c")
_update = (
    f"update messages m set {', '.join(f'{name} = {_changes.values[name]}' for name in _CONCLUDED)}"
    f" from {_changes.source} where m.account_id = c.account_id and m.id = c.id and m.created_at = c.created_at"
)


async def insert(tx: Tx, records: Sequence[MessageRecord]) -> None:
    """Adds records."""
    await ADDED(tx, rows_of(records))


def rows_of(records: Sequence[MessageRecord]) -> list[list[Any]]:
    """Records as `ADDED` takes them."""
    return [[getattr(record, name) for name in _FIELDS] for record in records]


async def lock(tx: Tx, keys: Sequence[MessageKey]) -> list[MessageRecord]:
    """The records behind `keys`, locked until the transaction ends, in an order that all lockers share."""
    return await lock_rows(tx, "messages", MessageRecord, keys)


async def conclude(tx: Tx, records: Sequence[MessageRecord]) -> None:
    """Writes what may change of records after they were made."""
    if records:
        rows = [(*record.key, *(getattr(record, name) for name in _CONCLUDED)) for record in records]
        await tx.execute(_update, *_changes.parameters(rows))


async def find(tx: Tx, account_id: UUID, message_id: UUID, created_at: datetime) -> MessageRecord | None:
    """One record of the account."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from messages where account_id = $1 and id = $2 and created_at = $3",
        account_id,
        message_id,
        created_at,
    )
    return MessageRecord(**dict(row)) if row else None


async def states(tx: Tx, account_id: UUID, made: Sequence[tuple[UUID, datetime]]) -> dict[UUID, str]:
    """The states of messages, by id; `made` are ids and the moments inside them."""
    rows = await tx.fetch(
        "select m.id, m.state from unnest($2::uuid[], $3::timestamptz[]) as k (id, created_at)"
        " join messages m on m.account_id = $1 and m.id = k.id and m.created_at = k.created_at",
        account_id,
        [message_id for message_id, _ in made],
        [created_at for _, created_at in made],
    )
    return {row["id"]: row["state"] for row in rows}


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What request 102 filters by; None means any. Times are half open: `start` <= t < `end`."""

    start: datetime
    end: datetime
    limit: int
    offset: int = 0
    direction: str | None = None
    states: tuple[str, ...] | None = None
    sms_types: tuple[str, ...] | None = None
    sender: str | None = None
    recipient: str | None = None
    campaign_id: UUID | None = None


async def search(tx: Tx, account_id: UUID, wanted: LogFilter) -> list[MessageRecord]:
    """The account's messages that fit, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from messages where account_id = $1 and created_at >= $2 and created_at < $3"
        " and ($4::text is null or direction = $4) and ($5::text[] is null or state = any($5))"
        " and ($6::text[] is null or sms_type = any($6)) and ($7::text is null or sender = $7)"
        " and ($8::text is null or recipient = $8) and ($9::uuid is null or campaign_id = $9)"
        " order by created_at desc, id limit $10 offset $11",
        account_id,
        wanted.start,
        wanted.end,
        wanted.direction,
        list(wanted.states) if wanted.states else None,
        list(wanted.sms_types) if wanted.sms_types else None,
        wanted.sender,
        wanted.recipient,
        wanted.campaign_id,
        wanted.limit,
        wanted.offset,
    )
    return [MessageRecord(**dict(row)) for row in rows]


async def read_on(
    tx: Tx, account_id: UUID, start: datetime, end: datetime, after: tuple[datetime, UUID], limit: int
) -> list[MessageRecord]:
    """The account's messages made at `start` <= t < `end` that stand behind `after` (when made, id), the oldest
    first.
    """
    rows = await tx.fetch(
        f"select {_COLUMNS} from messages where account_id = $1 and created_at >= greatest($2, $4::timestamptz)"
        " and created_at < $3 and (created_at, id) > ($4, $5) order by created_at, id limit $6",
        account_id,
        start,
        end,
        *after,
        limit,
    )
    return [MessageRecord(**dict(row)) for row in rows]
