"""The SQL of work groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from cordboard.domain.accounts.models import WorkGroup
from cordboard.infra.db import Tx
from cordboard.kit.paging import Page

_SHOWN: Final = (
    "select g.id, g.account_id, g.name, g.description, g.metadata, g.details, g.created_at,"
    " array(select m.user_id from work_group_members m where m.group_id = g.id order by m.place, m.user_id) as user_ids"
    " from work_groups g"
)


async def count(tx: Tx, account_id: UUID) -> int:
    """How many groups the account has."""
    counted: int = await tx.fetchval("select count(*) from work_groups where account_id = $1", account_id)
    return counted


async def insert(tx: Tx, new: WorkGroup) -> bool:
    """Adds a group without its members; False when there is one of its name."""
    added = await tx.fetchval(
        "insert into work_groups (id, account_id, name, description, metadata, details, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning true",
        new.id,
        new.account_id,
        new.name,
        new.description,
        new.metadata,
        new.details,
        new.created_at,
    )
    return bool(added)


async def update(tx: Tx, group: WorkGroup) -> None:
    """Writes what may change, but for the members."""
    await tx.execute(
        "update work_groups set description = $3, metadata = $4, details = $5 where account_id = $1 and id = $2",
        group.account_id,
        group.id,
        group.description,
        group.metadata,
        group.details,
    )


async def delete(tx: Tx, account_id: UUID, group_id: UUID) -> None:
    """Removes a group with its members."""
    await tx.execute("delete from work_groups where account_id = $1 and id = $2", account_id, group_id)


async def page(tx: Tx, account_id: UUID, wanted: Page) -> list[WorkGroup]:
    """The account's groups by name."""
    rows = await tx.fetch(
        f"{_SHOWN} where g.account_id = $1 order by lower(g.name) limit $2 offset $3",
        account_id,
        wanted.size,
        wanted.offset,
    )
    return [_group(row) for row in rows]


async def find(tx: Tx, account_id: UUID, name: str, *, lock: bool = False) -> WorkGroup | None:
    """A group of the account by its name, in any case of letters."""
    if lock:
        # Its members are read after the lock is held: whoever held it before may have changed them.
        await tx.execute(
            "select from work_groups where account_id = $1 and lower(name) = lower($2) for no key update",
            account_id,
            name,
        )
    row = await tx.fetchrow(f"{_SHOWN} where g.account_id = $1 and lower(g.name) = lower($2)", account_id, name)
    return _group(row) if row else None


async def of_user(tx: Tx, account_id: UUID, user_id: UUID) -> list[WorkGroup]:
    """The groups that a user is in, by name."""
    rows = await tx.fetch(
        f"{_SHOWN} where g.account_id = $1"
        " and g.id in (select group_id from work_group_members where user_id = $2) order by lower(g.name)",
        account_id,
        user_id,
    )
    return [_group(row) for row in rows]


async def put_members(tx: Tx, group_id: UUID, user_ids: Sequence[UUID]) -> None:
    """Makes these the group's members, in this order."""
    await tx.execute(
        "delete from work_group_members where group_id = $1 and not user_id = any($2)", group_id, list(user_ids)
    )
    await tx.execute(
        "insert into work_group_members (group_id, user_id, place)"
        " select $1, member, place from unnest($2::uuid[]) with ordinality as given (member, place)"
        " on conflict (group_id, user_id) do update set place = excluded.place",
        group_id,
        list(user_ids),
    )


def _group(row: Any) -> WorkGroup:
    return WorkGroup(**dict(row))
