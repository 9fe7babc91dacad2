"""Events of conversations (`conversation_events`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordboard.domain.inbox.models import ConversationEvent
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkRows

_FIELDS: Final = ConversationEvent.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)
_rows: Final = BulkRows(
    {
        "account_id": "uuid",
        "time": "uuid",
        "happened_at": "timestamptz",
        "thread_id": "uuid",
        "type": "text",
        "status": "text",
        "event": "jsonb",
    }
)
# A voicemail is told of as a recording as well, under the same id.
_ADD: Final = (
    f"insert into conversation_events as e ({_COLUMNS}) select {', '.join(_rows.values.values())} from {_rows.source}"
    " on conflict (account_id, time, happened_at) do update set thread_id = excluded.thread_id, type = excluded.type,"
    " status = excluded.status, event = excluded.event where e.type = 'recording' and excluded.type = 'voicemail'"
    " returning account_id, time"
)
_tags: Final = BulkRows(
    {"account_id": "uuid", "time": "uuid", "happened_at": "timestamptz", "tags": "jsonb"}, alias="t"
)
_TAG: Final = (
    f"update conversation_events e set event = jsonb_set(e.event, '{{tags}}', {_tags.values['tags']})"
    f" from {_tags.source} where e.account_id = t.account_id and e.time = t.time and e.happened_at = t.happened_at"
)
EventKey = tuple[UUID, UUID, datetime]


async def add(tx: Tx, events: Sequence[ConversationEvent]) -> set[tuple[UUID, UUID]]:
    """Adds events; answers account and time of those that were not there."""
    rows = [[getattr(event, name) for name in _FIELDS] for event in events]
    return {(row["account_id"], row["time"]) for row in await tx.fetch(_ADD, *_rows.parameters(rows))}


async def find_all(tx: Tx, keys: Sequence[EventKey]) -> list[ConversationEvent]:
    """The events behind account, time and the moment inside it."""
    rows = await tx.fetch(
        f"select {', '.join(f'e.{name}' for name in _FIELDS)} from unnest($1::uuid[], $2::uuid[], $3::timestamptz[])"
        " as k (account_id, time, happened_at) join conversation_events e using (account_id, time, happened_at)",
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
    )
    return [ConversationEvent(**dict(row)) for row in rows]


async def tag(tx: Tx, tagged: Sequence[tuple[EventKey, list[str]]]) -> None:
    """Marks events with tags."""
    await tx.execute(_TAG, *_tags.parameters([[*key, tags] for key, tags in tagged]))


async def page(
    tx: Tx, account_id: UUID, threads: Sequence[UUID], before: tuple[datetime, UUID] | None, limit: int
) -> list[ConversationEvent]:
    """Events of some threads together, the newest first, older than `before`."""
    bound: tuple[Any, Any] = before or (None, None)
    rows = await tx.fetch(
        f"select e.* from unnest($2::uuid[]) as t (thread_id) cross join lateral (select {_COLUMNS}"
        " from conversation_events c where c.account_id = $1 and c.thread_id = t.thread_id"
        + (" and (c.happened_at, c.time) < ($4::timestamptz, $5::uuid)" if before else "")
        + " order by c.happened_at desc, c.time desc limit $3) e order by e.happened_at desc, e.time desc limit $3",
        account_id,
        list(threads),
        limit,
        *(bound if before else ()),
    )
    return [ConversationEvent(**dict(row)) for row in rows]
