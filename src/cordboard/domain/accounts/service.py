"""Accounts and who may act for them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from cordboard.domain.accounts import repository
from cordboard.domain.accounts.errors import AccountSuspendedError
from cordboard.domain.accounts.models import Account, Principal, User
from cordboard.domain.accounts.passwords import hash_password
from cordboard.domain.accounts.privileges import mask_of_roles
from cordboard.domain.accounts.settings import AccountSettings, parse_settings
from cordboard.domain.accounts.tokens import TokenSigner
from cordboard.infra.db import Database, Tx
from cordboard.kit.clock import Clock, monotonic
from cordboard.kit.errors import ConflictError, InvalidInputError, NotFoundError, UnauthenticatedError
from cordboard.kit.ids import Ids
from cordboard.kit.secrets import KeyRing

_STANDING_SECONDS = 2.0
_MOST_CACHED = 10_000
_FORGOTTEN_AFTER = timedelta(days=1)
_SHORTEST_PASSWORD = 10
TOTP_PURPOSE = "totp"


class _Checked(NamedTuple):
    principal: Principal
    expires_at: float
    checked_at: float


class AccountService:
    """Makes accounts and tells who a token belongs to."""

    def __init__(self, *, database: Database, clock: Clock, ids: Ids, signer: TokenSigner, keys: KeyRing) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._signer = signer
        self._keys = keys
        self._verified: OrderedDict[bytes, _Checked] = OrderedDict()
        self._settings: dict[UUID, tuple[float, AccountSettings]] = {}

    async def create(
        self,
        tx: Tx,
        *,
        name: str,
        email: str,
        password: str,
        parent_id: UUID | None = None,
        role: str = "account-owner",
    ) -> tuple[Account, User]:
        """A new account with its first user, who signs in with `email`. Raises InvalidInputError, ConflictError."""
        if len(password) < _SHORTEST_PASSWORD:
            raise InvalidInputError.of("password", f"must have at least {_SHORTEST_PASSWORD} characters")
        if "@" not in email:
            raise InvalidInputError.of("email", "must be an e-mail address")
        if await repository.user_by_name(tx, email):
            raise ConflictError(f"a user named {email} exists")
        now = self._clock.now()
        account_id = self._ids.random_uuid()
        account = Account(account_id, parent_id or account_id, name, email, "", "", "cordboard", "", "", 1, now, now)
        user = User(self._ids.random_uuid(), account_id, email, await hash_password(password), 1, [role], None, 0)
        await repository.insert_account(tx, account)
        await repository.insert_user(tx, user, now)
        return account, user

    async def any_exists(self, tx: Tx) -> bool:
        """Whether the installation has accounts; the first one is made by whoever holds the lock until its commit."""
        await repository.lock_setup(tx)
        return await repository.any_account(tx)

    async def user_named(self, tx: Tx, username: str) -> User:
        """The user of any account who signs in under `username`. Raises NotFoundError. For operators, not requests."""
        user = await repository.user_by_name(tx, username)
        if user is None:
            raise NotFoundError(f"no user is named {username}")
        return user

    async def usernames(self, tx: Tx, account_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, str]:
        """What users of the account sign in as, by id; those of others are left out."""
        return await repository.usernames(tx, account_id, user_ids) if user_ids else {}

    async def get(self, tx: Tx, account_id: UUID) -> Account:
        """The account. Raises NotFoundError."""
        account = await repository.account(tx, account_id)
        if account is None:
            raise NotFoundError("account")
        return account

    async def forget_old(self, tx: Tx) -> None:
        """Removes what sign-ins left behind a day after its use; for the upkeep."""
        await repository.forget_expired(tx, self._clock.now() - _FORGOTTEN_AFTER)

    async def set_status(self, tx: Tx, account_id: UUID, status: Literal[0, 1]) -> None:
        """Suspends or activates an account; tokens follow within two seconds."""
        await repository.set_status(tx, account_id, status, self._clock.now())

    async def settings(self, tx: Tx, account_id: UUID) -> AccountSettings:
        """The account's settings, at most two seconds old."""
        cached = self._settings.get(account_id)
        if cached and cached[0] > monotonic() - _STANDING_SECONDS:
            return cached[1]
        settings = parse_settings(await repository.settings(tx, account_id))
        if len(self._settings) > _MOST_CACHED:
            self._settings.clear()
        self._settings[account_id] = (monotonic(), settings)
        return settings

    async def change_setting(self, tx: Tx, account_id: UUID, key: str, value: str) -> None:
        """Sets one of the platform's settings of an account. Raises InvalidInputError."""
        if key not in AccountSettings.__struct_fields__:
            raise InvalidInputError.of("key", f"must be one of {', '.join(AccountSettings.__struct_fields__)}")
        parse_settings({key: value})
        await repository.put_setting(tx, account_id, key, value)
        self._settings.pop(account_id, None)

    async def create_key(
        self, tx: Tx, user: User, account: Account, *, description: str, roles: list[str], days: int
    ) -> str:
        """A long-lived key as a bearer token. It is shown once; only its id is kept."""
        jti = self._ids.random_uuid()
        now = self._clock.now()
        expires_at = now + timedelta(days=days)
        await repository.insert_key(tx, jti, account.id, user.id, description, roles, now, expires_at)
        privileges = mask_of_roles(roles) & mask_of_roles(user.roles)
        return self._signer.sign(
            Principal(account.id, account.parent_id, user.id, privileges, "key", str(jti)), expires_at
        )

    async def enable_totp(self, tx: Tx, user: User, secret: str | None) -> None:
        """Asks the user for a pincode from now on (`secret` in base 32), or no longer (None)."""
        sealed = self._keys.seal(secret, TOTP_PURPOSE) if secret else None
        await repository.set_totp(tx, user.account_id, user.id, sealed)

    async def authenticate(self, token: str) -> Principal:
        """Who a bearer token belongs to. Raises UnauthenticatedError, AccountSuspendedError.

        A verified token is remembered by its hash; whether its account, user and key still stand is asked again every
        two seconds.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        cached = self._verified.get(digest)
        if cached is None or cached.checked_at < monotonic() - _STANDING_SECONDS:
            principal, expires_at = self._signer.verify(token)
            cached = _Checked(await self._check_standing(principal), expires_at, monotonic())
            self._verified[digest] = cached
            if len(self._verified) > _MOST_CACHED:
                self._verified.popitem(last=False)
        if self._clock.now().timestamp() >= cached.expires_at:
            raise UnauthenticatedError("Token expired")
        return cached.principal

    async def act_for(self, principal: Principal, account_id: UUID) -> Principal | None:
        """The principal acting for a subaccount of its own account; None when there is no such subaccount."""
        async with self._database.connection() as connection:
            account = await repository.account(connection, account_id)
        if account is None or account.parent_id != principal.account_id:
            return None
        if not account.active:
            raise AccountSuspendedError
        return Principal(
            account.id, account.parent_id, principal.client_id, principal.privileges, principal.kind, principal.token_id
        )

    async def _check_standing(self, principal: Principal) -> Principal:
        jti = UUID(principal.token_id) if principal.kind == "key" else None
        async with self._database.connection() as connection:
            standing = await repository.standing(connection, principal.account_id, principal.client_id, jti)
        if standing is None or not standing[1] or not standing[2]:
            raise UnauthenticatedError("Token revoked")
        if standing[0] != 1:
            raise AccountSuspendedError
        rate = int(standing[3]) if standing[3] else None
        return Principal(
            principal.account_id,
            principal.parent_id,
            principal.client_id,
            principal.privileges,
            principal.kind,
            principal.token_id,
            rate,
        )
