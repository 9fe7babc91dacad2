"""The SQL of accounts, users, tokens and keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.accounts.models import Account, Standing, User
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row

_SETUP_LOCK = 0x73657475  # "setu"
_ACCOUNT = "id, parent_id, name, email, domain, phone, source, first_name, last_name, status, created_at, modified_at"
_USER = ", ".join(User.__struct_fields__)


async def account(tx: Tx, account_id: UUID) -> Account | None:
    """The account itself."""
    row = await tx.fetchrow(f"select {_ACCOUNT} from accounts where id = $1", account_id)
    return Account(**dict(row)) if row else None


async def lock_setup(tx: Tx) -> None:
    """Waits for whoever sets the installation up, until this transaction ends."""
    await tx.execute("select pg_advisory_xact_lock($1)", _SETUP_LOCK)


async def any_account(tx: Tx) -> bool:
    """Whether the installation has been set up."""
    return bool(await tx.fetchval("select exists (select from accounts)"))


async def insert_account(tx: Tx, new: Account) -> None:
    """Adds an account."""
    await tx.execute(
        f"insert into accounts ({_ACCOUNT}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        *(getattr(new, name) for name in Account.__struct_fields__),
    )


async def set_status(tx: Tx, account_id: UUID, status: int, now: datetime) -> None:
    """Suspends (0) or activates (1)."""
    await tx.execute("update accounts set status = $2, modified_at = $3 where id = $1", account_id, status, now)


async def settings(tx: Tx, account_id: UUID) -> dict[str, str]:
    """The account's own settings."""
    rows = await tx.fetch("select key, value from account_settings where account_id = $1", account_id)
    return {row["key"]: row["value"] for row in rows}


async def put_setting(tx: Tx, account_id: UUID, key: str, value: str) -> None:
    """Sets one setting."""
    await tx.execute(
        "insert into account_settings (account_id, key, value) values ($1, $2, $3)"
        " on conflict (account_id, key) do update set value = excluded.value",
        account_id,
        key,
        value,
    )


async def user_by_name(tx: Tx, username: str) -> User | None:
    """The user who signs in under a name, in any case of letters. Names are unique in the installation."""
    row = await tx.fetchrow(f"select {_USER} from users where lower(username) = lower($1)", username)
    return User(**dict(row)) if row else None


async def user(tx: Tx, account_id: UUID, user_id: UUID) -> User | None:
    """A user of the account."""
    row = await tx.fetchrow(f"select {_USER} from users where account_id = $1 and id = $2", account_id, user_id)
    return User(**dict(row)) if row else None


async def lock_user(tx: Tx, user_id: UUID) -> User | None:
    """A user of any account, kept from changing until this transaction ends. Lock before anything else of the user:
    whoever ends sessions waits for whoever begins one, and the reverse.
    """
    row = await tx.fetchrow(f"select {_USER} from users where id = $1 for no key update", user_id)
    return User(**dict(row)) if row else None


async def usernames(tx: Tx, account_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What users of the account sign in as, by id; strangers are left out."""
    rows = await tx.fetch(
        "select id, username from users where account_id = $1 and id = any($2)", account_id, list(user_ids)
    )
    return {row["id"]: row["username"] for row in rows}


async def insert_user(tx: Tx, new: User, now: datetime) -> None:
    """Adds a user, whose notices go to the user name unless there is an address."""
    made = replace(new, email=new.email or new.username, created_at=now)
    await insert_row(tx, "users", made, User.__struct_fields__)


async def set_totp(tx: Tx, account_id: UUID, user_id: UUID, sealed: str) -> None:
    """Turns two-factor sign-in on with a sealed secret."""
    await tx.execute(
        "update users set totp_secret_sealed = $3, totp_last_step = 0 where account_id = $1 and id = $2",
        account_id,
        user_id,
        sealed,
    )


async def use_totp_step(tx: Tx, user_id: UUID, step: int) -> bool:
    """Spends a time step; False when it or a later one was used already."""
    used = await tx.fetchval(
        "update users set totp_last_step = $2 where id = $1 and totp_last_step < $2 returning true", user_id, step
    )
    return bool(used)


async def locked_until(tx: Tx, username: str) -> datetime | None:
    """Until when sign-ins under a name are refused."""
    until: datetime | None = await tx.fetchval(
        "select locked_until from login_attempts where username = lower($1)", username
    )
    return until


async def count_failure(tx: Tx, username: str, now: datetime, most: int, until: datetime) -> None:
    """Counts a failed sign-in; the count starts anew once a lock has run out, and `most` failures lock until
    `until`.
    """
    await tx.execute(
        "insert into login_attempts (username, failures, locked_until, last_at) values (lower($1), 1, null, $2)"
        " on conflict (username) do update set last_at = $2,"
        " failures = case when login_attempts.locked_until <= $2 then 1 else login_attempts.failures + 1 end,"
        " locked_until = case when login_attempts.locked_until <= $2 then null"
        " when login_attempts.failures + 1 >= $3 then $4 else login_attempts.locked_until end",
        username,
        now,
        most,
        until,
    )


async def forget_failures(tx: Tx, username: str) -> None:
    """Ends the count after a good sign-in."""
    await tx.execute("delete from login_attempts where username = lower($1)", username)


async def insert_refresh(
    tx: Tx, token_hash: bytes, family: UUID, user_id: UUID, expires_at: datetime, minutes: int
) -> None:
    """Keeps the hash of a refresh token."""
    await tx.execute(
        "insert into refresh_tokens (token_hash, family, user_id, expires_at, minutes) values ($1, $2, $3, $4, $5)",
        token_hash,
        family,
        user_id,
        expires_at,
        minutes,
    )


async def spend_refresh(tx: Tx, token_hash: bytes, now: datetime) -> tuple[User, UUID, int] | None:
    """Uses a refresh token up; answers its user, family and lifetime, or None when it cannot be used (again)."""
    user_id = await tx.fetchval("select user_id from refresh_tokens where token_hash = $1", token_hash)
    holder = await lock_user(tx, user_id) if user_id else None
    row = await tx.fetchrow(
        "update refresh_tokens set used_at = $2 where token_hash = $1 and used_at is null"
        " and revoked_at is null and expires_at > $2 returning family, minutes",
        token_hash,
        now,
    )
    return (holder, row["family"], row["minutes"]) if holder and row else None


async def revoke_family_of_used(tx: Tx, token_hash: bytes, now: datetime) -> bool:
    """Revokes every token of the family when `token_hash` was used before: somebody has a copy."""
    family = await tx.fetchval(
        "select family from refresh_tokens where token_hash = $1 and used_at is not null", token_hash
    )
    if family is None:
        return False
    await tx.execute("update refresh_tokens set revoked_at = $2 where family = $1 and revoked_at is null", family, now)
    return True


async def forget_expired(tx: Tx, before: datetime) -> None:
    """Removes refresh tokens that expired, and counts of failed sign-ins that ended, before a moment."""
    await tx.execute("delete from refresh_tokens where expires_at < $1", before)
    await tx.execute("delete from login_attempts where last_at < $1", before)


async def standing(tx: Tx, account_id: UUID, client_id: UUID, jti: UUID | None) -> Standing | None:
    """How a token's bearer stands; None when there is no such account."""
    row = await tx.fetchrow(
        "select a.status as account_status, coalesce(u.status = 1, false) as user_active, u.roles, u.tokens_since,"
        " ($3::uuid is null or exists (select from api_keys k"
        " where k.jti = $3 and k.account_id = a.id and k.revoked_at is null)) as key_holds,"
        " (select value from account_settings s where s.account_id = a.id and s.key = 'requests_per_second') as rate"
        " from accounts a left join users u on u.id = $2 and u.account_id = a.id"
        " where a.id = $1 and a.deleted_at is null",
        account_id,
        client_id,
        jti,
    )
    return Standing(**dict(row)) if row else None
