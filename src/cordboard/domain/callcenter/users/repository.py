"""The SQL of users (`cc_users`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.callcenter.users.models import CenterUser, UserSettings
from cordboard.infra.db import Tx

_COLUMNS: Final = (
    "account_id, name, password_hash, settings, failed_logins, locked_until, last_login_at, last_ip, created_at,"
    " modified_at"
)


async def named(tx: Tx, user: str, limit: int) -> list[CenterUser]:
    """The users of a name, in whatever accounts they are, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from cc_users where name = $1 order by created_at, account_id limit $2", user, limit
    )
    return [_user(row) for row in rows]


async def find(tx: Tx, account_id: UUID, user: str, *, lock: bool = False) -> CenterUser | None:
    """One of an account."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from cc_users where account_id = $1 and name = $2" + (" for update" if lock else ""),
        account_id,
        user,
    )
    return _user(row) if row else None


async def all_of(tx: Tx, account_id: UUID) -> list[CenterUser]:
    """The account's, by name."""
    rows = await tx.fetch(f"select {_COLUMNS} from cc_users where account_id = $1 order by name", account_id)
    return [_user(row) for row in rows]


async def insert(tx: Tx, new: CenterUser) -> bool:
    """Adds one; False when its name is taken."""
    added = await tx.fetchval(
        "insert into cc_users (account_id, name, password_hash, settings, created_at, modified_at)"
        " values ($1, $2, $3, $4, $5, $5) on conflict do nothing returning true",
        new.account_id,
        new.user,
        new.password_hash,
        msgspec.to_builtins(new.settings),
        new.created_at,
    )
    return bool(added)


async def update(tx: Tx, changed: CenterUser) -> None:
    """Writes password and settings."""
    await tx.execute(
        "update cc_users set password_hash = $3, settings = $4, modified_at = $5 where account_id = $1 and name = $2",
        changed.account_id,
        changed.user,
        changed.password_hash,
        msgspec.to_builtins(changed.settings),
        changed.modified_at,
    )


async def delete(tx: Tx, account_id: UUID, user: str) -> None:
    """Removes one."""
    await tx.execute("delete from cc_users where account_id = $1 and name = $2", account_id, user)


async def count_failure(tx: Tx, account_ids: list[UUID], user: str, most: int, until: datetime) -> None:
    """Counts a wrong password; `most` of them lock the user until then, and the count begins anew."""
    await tx.execute(
        "update cc_users set failed_logins = case when failed_logins + 1 >= $3 then 0 else failed_logins + 1 end,"
        " locked_until = case when failed_logins + 1 >= $3 then $4 else locked_until end"
        " where account_id = any($1) and name = $2",
        account_ids,
        user,
        most,
        until,
    )


async def forget_failures(tx: Tx, account_id: UUID, user: str) -> None:
    """A right password was given."""
    await tx.execute(
        "update cc_users set failed_logins = 0 where account_id = $1 and name = $2 and failed_logins > 0",
        account_id,
        user,
    )


def _user(row: Any) -> CenterUser:
    return CenterUser(
        account_id=row["account_id"],
        user=row["name"],
        password_hash=row["password_hash"],
        settings=msgspec.convert(row["settings"], UserSettings),
        failed_logins=row["failed_logins"],
        locked_until=row["locked_until"],
        last_login_at=row["last_login_at"],
        last_ip=row["last_ip"],
        created_at=row["created_at"],
        modified_at=row["modified_at"],
    )
