"""Lists and who may work them off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import asyncpg

from cordboard.domain.live_lists.models import LiveList, LiveListSummary, Room, Viewer
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row

ListName = tuple[UUID, str]
"""Account and name."""
Lock = Literal["", " for no key update of l", " for update of l"]
TAKING: Final[Lock] = " for no key update of l"
"""For who takes contacts out: one at a time, while others go on adding."""
DELETING: Final[Lock] = " for update of l"

_COLUMNS: Final = "l.account_id, l.id, l.name, l.created_at"
_VISIBLE: Final = (
    "($2::uuid is null or exists (select from live_list_users u"
    " where u.account_id = l.account_id and u.list_id = l.id and u.client_id = $2))"
)


async def insert(tx: Tx, live_list: LiveList) -> bool:
    """Adds a list; False when its name is taken."""
    return await insert_row(tx, "live_lists", live_list, LiveList.__struct_fields__, unless_there=True)


async def count(tx: Tx, account_id: UUID) -> int:
    """How many the account has."""
    total: int = await tx.fetchval("select count(*) from live_lists where account_id = $1", account_id)
    return total


async def find(tx: Tx, viewer: Viewer, name: str, lock: Lock = "") -> LiveList | None:
    """The list, where it is the viewer's to work off."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from live_lists l where l.account_id = $1 and {_VISIBLE} and l.name = $3{lock}",
        *_keys(viewer),
        name,
    )
    return _list(row) if row else None


async def visible(tx: Tx, viewer: Viewer) -> list[LiveList]:
    """The lists that are the viewer's to work off."""
    rows = await tx.fetch(f"select {_COLUMNS} from live_lists l where l.account_id = $1 and {_VISIBLE}", *_keys(viewer))
    return [_list(row) for row in rows]


async def summaries(tx: Tx, viewer: Viewer) -> list[LiveListSummary]:
    """The same by name, with their users and lengths."""
    rows = await tx.fetch(
        f"select {_COLUMNS},"
        " array(select u.client_id from live_list_users u"
        " where u.account_id = l.account_id and u.list_id = l.id order by u.place) as client_ids,"
        " (select count(*) from live_list_entries e where e.account_id = l.account_id and e.list_id = l.id) as length"
        f" from live_lists l where l.account_id = $1 and {_VISIBLE} order by l.name",
        *_keys(viewer),
    )
    return [LiveListSummary(live_list=_list(row), client_ids=row["client_ids"], length=row["length"]) for row in rows]


async def put_users(tx: Tx, live_list: LiveList, client_ids: Sequence[UUID]) -> None:
    """Makes these the users of the list."""
    await tx.execute(
        "delete from live_list_users where account_id = $1 and list_id = $2", live_list.account_id, live_list.id
    )
    await tx.execute(
        "insert into live_list_users (account_id, list_id, client_id, place)"
        " select $1, $2, u.client_id, u.place from unnest($3::uuid[]) with ordinality as u (client_id, place)",
        live_list.account_id,
        live_list.id,
        list(client_ids),
    )


async def forget_user(tx: Tx, account_id: UUID, client_id: UUID) -> bool:
    """Takes a user out of all lists; whether there was any."""
    gone: int = await tx.fetchval(
        "with gone as (delete from live_list_users where account_id = $1 and client_id = $2 returning 1)"
        " select count(*) from gone",
        account_id,
        client_id,
    )
    return gone > 0


async def delete(tx: Tx, live_list: LiveList) -> int:
    """Removes a list with all in line; answers how many those were."""
    length: int = await tx.fetchval(
        "with gone as (delete from live_list_entries where account_id = $1 and list_id = $2 returning 1)"
        " select count(*) from gone",
        live_list.account_id,
        live_list.id,
    )
    await tx.execute("delete from live_lists where account_id = $1 and id = $2", live_list.account_id, live_list.id)
    return length


async def known(tx: Tx, account_id: UUID, names: Sequence[str]) -> set[str]:
    """Those of the names that are lists of the account."""
    rows = await tx.fetch(
        "select name from live_lists where account_id = $1 and name = any($2)", account_id, list(names)
    )
    return {row["name"] for row in rows}


async def rooms(tx: Tx, names: Sequence[ListName], now: datetime, most: int, most_waiting: int) -> dict[ListName, Room]:
    """The lists behind names, held against being deleted; `most` and `most_waiting` end the counting."""
    rows = await tx.fetch(
        f"select {_COLUMNS}, (select count(*) from (select from live_list_entries e"
        " where e.account_id = l.account_id and e.list_id = l.id limit $4) counted) as length,"
        " (select count(*) from (select from live_list_entries e where e.account_id = l.account_id"
        " and e.list_id = l.id and (e.expires_at is null or e.expires_at > $3) limit $5) counted) as waiting"
        " from live_lists l join unnest($1::uuid[], $2::text[]) as w (account_id, name)"
        " on l.account_id = w.account_id and l.name = w.name order by l.account_id, l.id for key share of l",
        [account_id for account_id, _ in names],
        [name for _, name in names],
        now,
        most,
        most_waiting,
    )
    return {
        (row["account_id"], row["name"]): Room(live_list=_list(row), length=row["length"], waiting=row["waiting"])
        for row in rows
    }


async def empty_ones(tx: Tx, keys: Sequence[tuple[UUID, UUID]]) -> list[LiveList]:
    """Those of the lists, by account and id, where nobody is in line."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from live_lists l join unnest($1::uuid[], $2::uuid[]) as k (account_id, id)"
        " using (account_id, id) where not exists (select from live_list_entries e"
        " where e.account_id = l.account_id and e.list_id = l.id) order by l.account_id, l.id",
        [account_id for account_id, _ in keys],
        [list_id for _, list_id in keys],
    )
    return [_list(row) for row in rows]


def _keys(viewer: Viewer) -> tuple[UUID, UUID | None]:
    return viewer.account_id, None if viewer.sees_all else viewer.client_id


def _list(row: asyncpg.Record) -> LiveList:
    return LiveList(**{name: row[name] for name in LiveList.__struct_fields__})
