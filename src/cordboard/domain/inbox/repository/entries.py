"""How conversations stand in inboxes (`inbox_entries`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordboard.domain.inbox.models import Entry, EntryFilter, LastUse, Publication
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkRows

_FIELDS: Final = tuple(name for name in Entry.__struct_fields__ if name != "event")
_COLUMNS: Final = ", ".join(_FIELDS)
_rows: Final = BulkRows(
    {
        "account_id": "uuid",
        "contact_id": "uuid",
        "inbox_id": "uuid",
        "time": "uuid",
        "happened_at": "timestamptz",
        "type": "text",
        "is_unread": "boolean",
    }
)
_NEWER: Final = "(excluded.happened_at, excluded.time) > (e.happened_at, e.time)"
_LATEST: Final = ", ".join(
    f"{name} = case when {_NEWER} then excluded.{name} else e.{name} end" for name in ("time", "happened_at", "type")
)
_PUT: Final = (
    f"insert into inbox_entries as e ({_COLUMNS}) select {', '.join(_rows.values.values())}, true"
    f" from {_rows.source} order by 1, 2, 3 on conflict (account_id, contact_id, inbox_id)"
    f" do update set {_LATEST}, is_open = true,"
    f" is_unread = excluded.is_unread or e.is_unread and not {_NEWER}"
)
_MERGE: Final = (
    f"with moved as (delete from inbox_entries where account_id = $1 and inbox_id = $2 returning {_COLUMNS})"
    f" insert into inbox_entries as e ({_COLUMNS})"
    " select account_id, contact_id, $3, time, happened_at, type, is_unread, is_open from moved order by contact_id"
    f" on conflict (account_id, contact_id, inbox_id) do update set {_LATEST},"
    " is_unread = e.is_unread or excluded.is_unread, is_open = e.is_open or excluded.is_open"
)
# The event is found by its key, one after the other: in the order of the listing, and no further than the limit.
_WITH_EVENT: Final = (
    "cross join lateral (select c.event from conversation_events c where c.account_id = e.account_id"
    " and c.time = e.time and c.happened_at = e.happened_at limit 1) c"
)
_OF_STATES: Final = {"open": [True], "closed": [False], "all": [True, False]}


async def put(tx: Tx, publications: Sequence[Publication]) -> None:
    """Makes or reopens the entries of published events; the newest event stands in each. News makes an entry unread, a
    text of ours that is the newest makes it read. Locked in one order, so that nobody who publishes in the same
    conversations waits in a circle.
    """
    newest: dict[tuple[UUID, UUID, UUID], Publication] = {}
    for one in publications:
        key = (one.account_id, one.contact_id, one.inbox_id)
        if key not in newest or _place(newest[key]) < _place(one):
            newest[key] = one
    rows = [[*key, one.time, one.happened_at, one.type, one.is_news] for key, one in newest.items()]
    await tx.execute(_PUT, *_rows.parameters(rows))


async def page(tx: Tx, account_id: UUID, inbox_id: UUID, wanted: EntryFilter) -> list[Entry]:
    """Entries of an inbox, the newest first."""
    before: tuple[Any, Any] | tuple[()] = wanted.before or ()
    older = " and (i.happened_at, i.time) < ($7::timestamptz, $8::uuid)" if before else ""
    rows = await tx.fetch(
        f"select e.*, c.event from (select o.* from unnest($3::boolean[]) as s (is_open)"
        f" cross join lateral (select {_COLUMNS} from inbox_entries i where i.account_id = $1 and i.inbox_id = $2"
        f" and i.is_open = s.is_open and i.happened_at >= $4 and i.happened_at < $5{older}"
        " order by i.happened_at desc, i.time desc limit $6) o"
        f" order by o.happened_at desc, o.time desc limit $6) e {_WITH_EVENT}"
        " order by e.happened_at desc, e.time desc",
        account_id,
        inbox_id,
        _OF_STATES[wanted.open],
        wanted.start,
        wanted.end,
        wanted.limit,
        *before,
    )
    return [Entry(**dict(row)) for row in rows]


async def lock(tx: Tx, account_id: UUID, inbox_id: UUID, time: UUID, happened_at: datetime) -> Entry | None:
    """The entry at a time, until the transaction ends."""
    row = await tx.fetchrow(
        f"select {', '.join(f'e.{name}' for name in _FIELDS)}, c.event from inbox_entries e {_WITH_EVENT}"
        " where e.account_id = $1 and e.inbox_id = $2 and e.time = $3 and e.happened_at = $4 for update of e",
        account_id,
        inbox_id,
        time,
        happened_at,
    )
    return Entry(**dict(row)) if row else None


async def time_in(tx: Tx, account_id: UUID, inbox_id: UUID, contact_id: UUID) -> UUID | None:
    """The time of a contact's entry in an inbox; None where there is none."""
    found: UUID | None = await tx.fetchval(
        "select time from inbox_entries where account_id = $1 and contact_id = $3 and inbox_id = $2",
        account_id,
        inbox_id,
        contact_id,
    )
    return found


async def mark(tx: Tx, entry: Entry) -> None:
    """Writes whether an entry is unread and open."""
    await tx.execute(
        "update inbox_entries set is_unread = $4, is_open = $5"
        " where account_id = $1 and contact_id = $2 and inbox_id = $3",
        entry.account_id,
        entry.contact_id,
        entry.inbox_id,
        entry.is_unread,
        entry.is_open,
    )


async def counts(tx: Tx, account_id: UUID, inbox_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """How many entries are unread and open, and open, by inbox."""
    rows = await tx.fetch(
        "select w.inbox_id, (select count(*) from inbox_entries e where e.account_id = $1 and e.inbox_id = w.inbox_id"
        " and e.is_unread and e.is_open) as unread, (select count(*) from inbox_entries e where e.account_id = $1"
        " and e.inbox_id = w.inbox_id and e.is_open) as open from unnest($2::uuid[]) as w (inbox_id)",
        account_id,
        list(inbox_ids),
    )
    return {row["inbox_id"]: (row["unread"], row["open"]) for row in rows}


async def inboxes_of(tx: Tx, account_id: UUID, contact_id: UUID) -> list[UUID]:
    """Where a contact's conversation stands."""
    rows = await tx.fetch(
        "select inbox_id from inbox_entries where account_id = $1 and contact_id = $2", account_id, contact_id
    )
    return [row["inbox_id"] for row in rows]


async def last_inboxes(tx: Tx, contacts: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], UUID]:
    """The inbox that showed each contact last, by account and contact."""
    rows = await tx.fetch(
        "select distinct on (e.account_id, e.contact_id) e.account_id, e.contact_id, e.inbox_id"
        " from unnest($1::uuid[], $2::uuid[]) as w (account_id, contact_id)"
        " join inbox_entries e using (account_id, contact_id) order by 1, 2, e.happened_at desc, e.time desc",
        [account_id for account_id, _ in contacts],
        [contact_id for _, contact_id in contacts],
    )
    return {(row["account_id"], row["contact_id"]): row["inbox_id"] for row in rows}


async def last_uses(tx: Tx, account_id: UUID, contact_ids: Sequence[UUID]) -> dict[UUID, LastUse]:
    """The newest published event of contacts."""
    rows = await tx.fetch(
        "select distinct on (e.contact_id) e.contact_id, e.time, e.type as method,"
        " coalesce(i.name, e.account_id::text) as inbox from inbox_entries e"
        " left join inboxes i on i.account_id = e.account_id and i.id = e.inbox_id"
        " where e.account_id = $1 and e.contact_id = any($2) order by 1, e.happened_at desc, e.time desc",
        account_id,
        list(contact_ids),
    )
    return {row["contact_id"]: LastUse(row["time"], row["method"], row["inbox"]) for row in rows}


async def move_all(tx: Tx, account_id: UUID, inbox_id: UUID, to: UUID) -> None:
    """Hands an inbox's entries to another one. Where that has the contact too, the newer event stands, and what is
    unread or open in one of them is so.
    """
    await tx.execute(_MERGE, account_id, inbox_id, to)


async def forget_before(tx: Tx, moment: datetime) -> None:
    """Removes entries whose event is that old."""
    await tx.execute("delete from inbox_entries where happened_at < $1", moment)


def _place(one: Publication) -> tuple[datetime, UUID]:
    return one.happened_at, one.time
