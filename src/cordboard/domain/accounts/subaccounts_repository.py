"""The SQL of the tree of accounts. What was deleted is in none of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.accounts.models import Account
from cordboard.infra.db import Tx
from cordboard.kit.paging import Page

_COLUMNS: Final = ", ".join(Account.__struct_fields__)


async def lock(tx: Tx, account_id: UUID) -> Account | None:
    """An account, for changing it or for counting what it has."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from accounts where id = $1 and deleted_at is null for no key update", account_id
    )
    return Account(**dict(row)) if row else None


async def subaccount(tx: Tx, parent_id: UUID, account_id: UUID, *, lock: bool = False) -> Account | None:
    """A subaccount; with `lock` even those wait who add something to it."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from accounts where id = $2 and parent_id = $1 and id <> $1 and deleted_at is null"
        + (" for update" if lock else ""),
        parent_id,
        account_id,
    )
    return Account(**dict(row)) if row else None


async def hold(tx: Tx, account_ids: Sequence[UUID]) -> dict[UUID, Account]:
    """Accounts, kept from being changed or deleted until the transaction ends."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from accounts where id = any($1) and deleted_at is null order by id for share",
        list(account_ids),
    )
    return {row["id"]: Account(**dict(row)) for row in rows}


async def subaccounts(tx: Tx, parent_id: UUID, wanted: Page) -> list[Account]:
    """The subaccounts, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from accounts where parent_id = $1 and id <> $1 and deleted_at is null"
        " order by created_at, id limit $2 offset $3",
        parent_id,
        wanted.size,
        wanted.offset,
    )
    return [Account(**dict(row)) for row in rows]


async def count_subaccounts(tx: Tx, parent_id: UUID) -> int:
    """How many subaccounts there are."""
    total: int = await tx.fetchval(
        "select count(*) from accounts where parent_id = $1 and id <> $1 and deleted_at is null", parent_id
    )
    return total


async def update(tx: Tx, changed: Account) -> None:
    """Writes what may change."""
    await tx.execute(
        "update accounts set name = $2, email = $3, domain = $4, phone = $5, source = $6, first_name = $7,"
        " last_name = $8, status = $9, modified_at = $10 where id = $1",
        changed.id,
        changed.name,
        changed.email,
        changed.domain,
        changed.phone,
        changed.source,
        changed.first_name,
        changed.last_name,
        changed.status,
        changed.modified_at,
    )


async def mark_deleted(tx: Tx, account_id: UUID, now: datetime) -> None:
    """Takes a closed account out of sight."""
    await tx.execute("update accounts set deleted_at = $2 where id = $1", account_id, now)


async def revoke_tokens(tx: Tx, account_id: UUID, now: datetime) -> None:
    """Ends the sessions of an account's users and revokes its long-lived keys. The users come first, as whoever ends or
    begins a session locks them.
    """
    await tx.execute("update users set tokens_since = $2 where account_id = $1", account_id, now)
    await tx.execute(
        "update refresh_tokens r set revoked_at = $2 from users u"
        " where u.id = r.user_id and u.account_id = $1 and r.revoked_at is null",
        account_id,
        now,
    )
    await tx.execute(
        "update api_keys set revoked_at = $2 where account_id = $1 and revoked_at is null", account_id, now
    )


async def delete_users(tx: Tx, account_id: UUID) -> list[UUID]:
    """Removes an account's users with their keys and sessions, so that their user names are free again; answers who
    they were.
    """
    rows = await tx.fetch("delete from users where account_id = $1 returning id", account_id)
    return [row["id"] for row in rows]


async def forget_deleted(tx: Tx, before: datetime) -> None:
    """Removes the settings of accounts that were deleted before a moment; their names stay, for the ledger."""
    for table in ("external_settings", "account_settings"):
        await tx.execute(
            f"delete from {table} t using accounts a where a.id = t.account_id and a.deleted_at < $1", before
        )
