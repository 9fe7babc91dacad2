"""Inboxes and their users (`inboxes`, `inbox_users`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.inbox.models import Inbox
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row

_FIELDS: Final = Inbox.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)


async def insert(tx: Tx, inbox: Inbox) -> bool:
    """Adds an inbox; False when its name or its place is taken."""
    return await insert_row(tx, "inboxes", inbox, _FIELDS, unless_there=True)


async def update(tx: Tx, inbox: Inbox) -> None:
    """Writes the names. Raises asyncpg.UniqueViolationError where the name is another's."""
    await tx.execute(
        "update inboxes set name = $3, display_name = $4 where account_id = $1 and id = $2",
        inbox.account_id,
        inbox.id,
        inbox.name,
        inbox.display_name,
    )


async def delete(tx: Tx, inbox: Inbox) -> None:
    """Removes an inbox with its list of users."""
    await tx.execute("delete from inboxes where account_id = $1 and id = $2", inbox.account_id, inbox.id)


async def by_name(tx: Tx, account_id: UUID, name: str, *, lock: bool = False) -> Inbox | None:
    """The inbox of a name in any case of letters. A lock keeps it from being published in meanwhile."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from inboxes where account_id = $1 and lower(name) = lower($2)"
        + (" for update" if lock else ""),
        account_id,
        name,
    )
    return Inbox(**dict(row)) if row else None


async def by_id(tx: Tx, account_id: UUID, inbox_id: UUID) -> Inbox | None:
    """The inbox of an id."""
    row = await tx.fetchrow(f"select {_COLUMNS} from inboxes where account_id = $1 and id = $2", account_id, inbox_id)
    return Inbox(**dict(row)) if row else None


async def of_account(tx: Tx, account_id: UUID) -> list[Inbox]:
    """The account's inboxes, by name."""
    rows = await tx.fetch(f"select {_COLUMNS} from inboxes where account_id = $1 order by lower(name)", account_id)
    return [Inbox(**dict(row)) for row in rows]


async def of_user(tx: Tx, account_id: UUID, client_id: UUID) -> list[Inbox]:
    """The inboxes that somebody is a user of, by name."""
    columns = ", ".join(f"i.{name}" for name in _FIELDS)
    rows = await tx.fetch(
        f"select {columns} from inbox_users u join inboxes i on i.account_id = u.account_id and i.id = u.inbox_id"
        " where u.account_id = $1 and u.client_id = $2 order by lower(i.name)",
        account_id,
        client_id,
    )
    return [Inbox(**dict(row)) for row in rows]


async def has_user(tx: Tx, account_id: UUID, inbox_id: UUID, client_id: UUID) -> bool:
    """Whether somebody is a user of an inbox."""
    found: bool = await tx.fetchval(
        "select exists (select from inbox_users where account_id = $1 and client_id = $3 and inbox_id = $2)",
        account_id,
        inbox_id,
        client_id,
    )
    return found


async def users_of(tx: Tx, account_id: UUID, inbox_ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The users of inboxes."""
    rows = await tx.fetch(
        "select inbox_id, array_agg(client_id order by client_id) as users from inbox_users"
        " where account_id = $1 and inbox_id = any($2) group by 1",
        account_id,
        list(inbox_ids),
    )
    return {row["inbox_id"]: row["users"] for row in rows}


async def names_of_users(tx: Tx, account_id: UUID, client_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The names of the inboxes of users."""
    rows = await tx.fetch(
        "select u.client_id, array_agg(i.name order by lower(i.name)) as names from inbox_users u"
        " join inboxes i on i.account_id = u.account_id and i.id = u.inbox_id"
        " where u.account_id = $1 and u.client_id = any($2) group by 1",
        account_id,
        list(client_ids),
    )
    return {row["client_id"]: row["names"] for row in rows}


async def forget_users(tx: Tx, users: Sequence[tuple[UUID, UUID]]) -> None:
    """Takes users of accounts off every inbox."""
    await tx.execute(
        "delete from inbox_users u using unnest($1::uuid[], $2::uuid[]) as w (account_id, client_id)"
        " where u.account_id = w.account_id and u.client_id = w.client_id",
        [account_id for account_id, _ in users],
        [client_id for _, client_id in users],
    )


async def set_users(tx: Tx, inbox: Inbox, client_ids: Sequence[UUID]) -> None:
    """Makes `client_ids` the users of an inbox."""
    await tx.execute(
        "with gone as (delete from inbox_users where account_id = $1 and inbox_id = $2 and client_id <> all($3))"
        " insert into inbox_users (account_id, inbox_id, client_id) select $1, $2, client_id"
        " from unnest($3::uuid[]) as u (client_id) on conflict do nothing",
        inbox.account_id,
        inbox.id,
        list(client_ids),
    )


async def hold(tx: Tx, keys: Sequence[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Those of some accounts' inboxes that are there, and stay until the transaction ends."""
    rows = await tx.fetch(
        "select i.account_id, i.id from unnest($1::uuid[], $2::uuid[]) as w (account_id, id)"
        " join inboxes i using (account_id, id) order by 1, 2 for key share of i",
        [account_id for account_id, _ in keys],
        [inbox_id for _, inbox_id in keys],
    )
    return {(row["account_id"], row["id"]) for row in rows}


async def hold_by_name(tx: Tx, keys: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """The ids of some accounts' inboxes by lower-case name; those stay until the transaction ends."""
    rows = await tx.fetch(
        "select i.account_id, lower(i.name) as name, i.id from unnest($1::uuid[], $2::text[]) as w (account_id, name)"
        " join inboxes i on i.account_id = w.account_id and lower(i.name) = w.name order by 1, 3 for key share of i",
        [account_id for account_id, _ in keys],
        [name for _, name in keys],
    )
    return {(row["account_id"], row["name"]): row["id"] for row in rows}
