"""The SQL of users as records: found, changed, removed, and what their second factor needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.accounts.models import User
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row, update_row
from cordboard.kit.paging import Page

_COLUMNS: Final = ", ".join(User.__struct_fields__)
_EDITED: Final = (
    "roles",
    "first_name",
    "last_name",
    "display_name",
    "email",
    "phone",
    "source",
    "avatar",
    "ucaas_extension",
    "ucaas_code",
)


async def add(tx: Tx, new: User) -> bool:
    """Adds a user; False when somebody of the installation has the name."""
    return await insert_row(tx, "users", new, User.__struct_fields__, unless_there=True)


async def count(tx: Tx, account_id: UUID) -> int:
    """How many users the account has."""
    counted: int = await tx.fetchval("select count(*) from users where account_id = $1", account_id)
    return counted


async def page(tx: Tx, account_id: UUID, wanted: Page) -> list[User]:
    """The account's users, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from users where account_id = $1 order by created_at, id limit $2 offset $3",
        account_id,
        wanted.size,
        wanted.offset,
    )
    return [User(**dict(row)) for row in rows]


async def find(tx: Tx, account_id: UUID, user_id: UUID, *, lock: bool = False) -> User | None:
    """A user of the account."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from users where account_id = $1 and id = $2" + (" for no key update" if lock else ""),
        account_id,
        user_id,
    )
    return User(**dict(row)) if row else None


async def named(tx: Tx, account_id: UUID, username: str) -> User | None:
    """A user of the account by the user name, in any case of letters."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from users where account_id = $1 and lower(username) = lower($2)", account_id, username
    )
    return User(**dict(row)) if row else None


async def by_id(tx: Tx, user_id: UUID) -> User | None:
    """A user of any account: the bearer of a token, who may be acting for another account."""
    row = await tx.fetchrow(f"select {_COLUMNS} from users where id = $1", user_id)
    return User(**dict(row)) if row else None


async def lock_account(tx: Tx, account_id: UUID) -> None:
    """Lets one at a time change who administers an account, until this transaction ends."""
    await tx.execute("select from accounts where id = $1 for no key update", account_id)


async def active_except(tx: Tx, account_id: UUID, user_id: UUID, roles: Sequence[str]) -> bool:
    """Whether another active user of the account has one of `roles`."""
    return bool(
        await tx.fetchval(
            "select exists (select from users where account_id = $1 and id <> $2 and status = 1 and roles && $3)",
            account_id,
            user_id,
            list(roles),
        )
    )


async def update(tx: Tx, user: User) -> None:
    """Writes what an edit may change."""
    await update_row(tx, "users", user, _EDITED)


async def set_status(tx: Tx, account_id: UUID, user_id: UUID, status: int) -> None:
    """Deactivates (0) or activates (1)."""
    await tx.execute("update users set status = $3 where account_id = $1 and id = $2", account_id, user_id, status)


async def set_password(tx: Tx, user_id: UUID, password_hash: str) -> None:
    """Keeps the hash of a new password."""
    await tx.execute("update users set password_hash = $2 where id = $1", user_id, password_hash)


async def end_sessions(tx: Tx, user_id: UUID, now: datetime, tokens_since: datetime) -> None:
    """Revokes the user's refresh tokens, and the access tokens that were issued before `tokens_since`. The user is
    locked.
    """
    await tx.execute("update users set tokens_since = $2 where id = $1", user_id, tokens_since)
    await tx.execute(
        "update refresh_tokens set revoked_at = $2 where user_id = $1 and revoked_at is null and expires_at > $2",
        user_id,
        now,
    )


async def delete(tx: Tx, account_id: UUID, user_id: UUID) -> None:
    """Removes a user with keys, refresh tokens, recovery codes and places in work groups."""
    await tx.execute("delete from users where account_id = $1 and id = $2", account_id, user_id)


async def set_up_totp(tx: Tx, user_id: UUID, sealed: str) -> bool:
    """Keeps a second factor's secret until it is confirmed; False when one is in force."""
    kept = await tx.fetchval(
        "update users set totp_pending_sealed = $2 where id = $1 and totp_secret_sealed is null returning true",
        user_id,
        sealed,
    )
    return bool(kept)


async def confirm_totp(tx: Tx, user_id: UUID, step: int) -> None:
    """Puts the secret that was set up in force; the pincode of `step` is used up."""
    await tx.execute(
        "update users set totp_secret_sealed = totp_pending_sealed, totp_pending_sealed = null, totp_last_step = $2"
        " where id = $1",
        user_id,
        step,
    )


async def clear_totp(tx: Tx, user_id: UUID) -> None:
    """Removes the second factor with its recovery codes."""
    await tx.execute(
        "update users set totp_secret_sealed = null, totp_pending_sealed = null, totp_last_step = 0 where id = $1",
        user_id,
    )
    await tx.execute("delete from recovery_codes where user_id = $1", user_id)


async def keep_recovery_codes(tx: Tx, user_id: UUID, hashes: Sequence[bytes]) -> None:
    """Keeps recovery codes in place of those before."""
    await tx.execute("delete from recovery_codes where user_id = $1", user_id)
    await tx.execute(
        "insert into recovery_codes (user_id, code_hash) select $1, unnest($2::bytea[])", user_id, list(hashes)
    )


async def use_recovery_code(tx: Tx, user_id: UUID, code_hash: bytes) -> bool:
    """Spends a recovery code; False when there is no such one."""
    used = await tx.fetchval(
        "delete from recovery_codes where user_id = $1 and code_hash = $2 returning true", user_id, code_hash
    )
    return bool(used)
