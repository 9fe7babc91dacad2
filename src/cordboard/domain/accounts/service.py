"""Accounts and who may act for them."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.accounts import keys_repository, repository, subaccounts_repository, user_repository
from cordboard.domain.accounts.credentials import TOTP_PURPOSE
from cordboard.domain.accounts.errors import AccountSuspendedError
from cordboard.domain.accounts.models import Account, ApiKey, Principal, Standing, User
from cordboard.domain.accounts.passwords import hash_password, require_good_password
from cordboard.domain.accounts.privileges import mask_of_roles
from cordboard.domain.accounts.profile import ProfileChanges, changed_profile
from cordboard.domain.accounts.settings import AccountSettings, parse_settings
from cordboard.domain.accounts.tokens import TokenSigner, Verified
from cordboard.infra.db import Database, Tx
from cordboard.kit.clock import Clock, monotonic
from cordboard.kit.errors import ConflictError, InvalidInputError, NotFoundError, UnauthenticatedError
from cordboard.kit.ids import Ids
from cordboard.kit.secrets import KeyRing

_STANDING_SECONDS = 2.0
_MOST_CACHED = 10_000
_FORGOTTEN_AFTER = timedelta(days=1)
_LOGS_KEPT = timedelta(days=400)


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
        require_good_password("password", password, email)
        if "@" not in email:
            raise InvalidInputError.of("email", "must be an e-mail address")
        if parent_id and not (await self.get(tx, parent_id)).is_parent:
            raise InvalidInputError.of("parent", "is a subaccount itself, and has none")
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
        """Removes what sign-ins left behind a day after its use, and what deleted accounts left behind when their logs
        end; for the upkeep.
        """
        now = self._clock.now()
        await repository.forget_expired(tx, now - _FORGOTTEN_AFTER)
        await subaccounts_repository.forget_deleted(tx, now - _LOGS_KEPT)

    async def edit(self, tx: Tx, account_id: UUID, changes: ProfileChanges) -> Account:
        """Changes what an account says of itself (request 5). Raises InvalidInputError, NotFoundError."""
        present = await subaccounts_repository.lock(tx, account_id)
        if present is None:
            raise NotFoundError("account")
        changed = replace(changed_profile(present, changes), modified_at=self._clock.now())
        await subaccounts_repository.update(tx, changed)
        return changed

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

    def forget_settings(self, account_id: UUID) -> None:
        """Has the account's settings read anew, here; other processes follow within two seconds."""
        self._settings.pop(account_id, None)

    async def create_key(
        self, tx: Tx, user: User, account: Account, *, description: str, roles: list[str], days: int
    ) -> str:
        """A long-lived key as a bearer token. It is shown once; only its id is kept."""
        return (await self.issue_key(tx, user, account, description=description, roles=roles, days=days))[1]

    async def issue_key(
        self,
        tx: Tx,
        user: User,
        account: Account,
        *,
        description: str,
        roles: list[str],
        days: int,
        within: int | None = None,
    ) -> tuple[ApiKey, str]:
        """A long-lived key as it is recorded, and its bearer token. It may do what its roles and the user's allow, and
        `within`, a mask of privileges, if there is one.
        """
        now = self._clock.now()
        key = ApiKey(
            jti=self._ids.random_uuid(),
            account_id=account.id,
            user_id=user.id,
            description=description,
            roles=roles,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        await keys_repository.insert(tx, key)
        privileges = mask_of_roles(roles) & mask_of_roles(user.roles)
        privileges = privileges if within is None else privileges & within
        bearer = Principal(account.id, account.parent_id, user.id, privileges, "key", str(key.jti))
        return key, self._signer.sign(bearer, key.expires_at)

    async def enable_totp(self, tx: Tx, user: User, secret: str | None) -> None:
        """Asks the user for a pincode from now on (`secret` in base 32), or no longer (None)."""
        await user_repository.clear_totp(tx, user.id)
        if secret:
            await repository.set_totp(tx, user.account_id, user.id, self._keys.seal(secret, TOTP_PURPOSE))

    async def authenticate(self, token: str) -> Principal:
        """Who a bearer token belongs to. Raises UnauthenticatedError, AccountSuspendedError.

        A verified token is remembered by its hash; whether its account, user and key still stand, and what the user's
        roles give now, is asked again every two seconds.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        cached = self._verified.get(digest)
        if cached is None or cached.checked_at < monotonic() - _STANDING_SECONDS:
            said = self._signer.verify(token)
            cached = _Checked(await self._check_standing(said), said.expires_at, monotonic())
            self._verified[digest] = cached
            if len(self._verified) > _MOST_CACHED:
                self._verified.popitem(last=False)
        if self._clock.now().timestamp() >= cached.expires_at:
            raise UnauthenticatedError("Token expired")
        return cached.principal

    async def act_for(self, principal: Principal, account_id: UUID) -> Principal | None:
        """The principal acting for a subaccount of its own account; None when there is no such subaccount."""
        async with self._database.connection() as connection:
            account = await subaccounts_repository.subaccount(connection, principal.account_id, account_id)
        if account is None:
            return None
        if not account.active:
            raise AccountSuspendedError
        return Principal(
            account.id, account.parent_id, principal.client_id, principal.privileges, principal.kind, principal.token_id
        )

    async def _check_standing(self, said: Verified) -> Principal:
        """The token's principal with what the user's roles leave of its privileges. Raises UnauthenticatedError,
        AccountSuspendedError.
        """
        principal = said.principal
        jti = UUID(principal.token_id) if principal.kind == "key" else None
        async with self._database.connection() as connection:
            standing = await repository.standing(connection, principal.account_id, principal.client_id, jti)
        if standing is None or not standing.user_active or not standing.key_holds or _is_older(said, standing):
            raise UnauthenticatedError("Token revoked")
        if standing.account_status != 1:
            raise AccountSuspendedError
        rate = int(standing.rate) if standing.rate else None
        return Principal(
            principal.account_id,
            principal.parent_id,
            principal.client_id,
            principal.privileges & mask_of_roles(standing.roles or ()),
            principal.kind,
            principal.token_id,
            rate,
        )


def _is_older(said: Verified, standing: Standing) -> bool:
    """Whether a session began before the user's sessions were ended; keys end by themselves."""
    since = standing.tokens_since
    return said.principal.kind == "session" and since is not None and said.issued_at < since.timestamp()
