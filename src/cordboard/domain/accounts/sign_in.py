"""Signing in and staying signed in (request 1): password and refresh grants, lockout, two-factor pincode, rotation."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from uuid import UUID

import pyotp

from cordboard.domain.accounts import repository
from cordboard.domain.accounts.errors import AccountSuspendedError, BadCredentialsError, LockedOutError
from cordboard.domain.accounts.models import Principal, Tokens, User
from cordboard.domain.accounts.passwords import verify_password
from cordboard.domain.accounts.privileges import mask_of_roles
from cordboard.domain.accounts.service import TOTP_PURPOSE
from cordboard.domain.accounts.tokens import ACCESS_LIFETIME, TokenSigner
from cordboard.infra.db import Database, Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import UnauthenticatedError
from cordboard.kit.ids import Ids
from cordboard.kit.secrets import KeyRing

MOST_FAILURES = 10
LOCK = timedelta(minutes=15)
_TOTP_SECONDS = 30
_PIN_DIGITS = 6
# A check fills a core and 64 MiB for a while: a flood of sign-ins waits in line.
_CHECKS_AT_ONCE = 2


class SignIn:
    """Grants tokens. Opens its own transactions: a password check takes long, and a failure must be counted."""

    def __init__(self, *, database: Database, clock: Clock, ids: Ids, signer: TokenSigner, keys: KeyRing) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._signer = signer
        self._keys = keys
        self._checks = asyncio.Semaphore(_CHECKS_AT_ONCE)

    async def with_password(self, username: str, password: str, pincode: str, refresh_minutes: int) -> Tokens:
        """Tokens for a user name and password. Raises BadCredentialsError, LockedOutError, UnauthenticatedError."""
        async with self._database.connection() as connection:
            locked_until = await repository.locked_until(connection, username)
            user = await repository.user_by_name(connection, username)
        if locked_until and locked_until > self._clock.now():
            minutes = -(-(locked_until - self._clock.now()).total_seconds() // 60)
            raise LockedOutError(f"too many failed sign-ins; try again in {minutes:.0f} minutes")
        async with self._checks:
            matches = await verify_password(user.password_hash if user else None, password)
        async with self._database.transaction() as tx:
            if user is None or user.status != 1 or not matches:
                await self._count_failure(tx, username)
                refusal: UnauthenticatedError | None = BadCredentialsError("wrong username or password")
            else:
                refusal = await self._check_pincode(tx, user, pincode)
            if refusal is None and user is not None:
                await repository.forget_failures(tx, username)
                return await self._grant(tx, user, self._ids.random_uuid(), refresh_minutes)
        raise refusal or BadCredentialsError("wrong username or password")

    async def with_refresh_token(self, refresh_token: str) -> Tokens:
        """New tokens for a refresh token, which is used up. A second use revokes all that came from the same
        sign-in.
        """
        digest = hashlib.sha256(refresh_token.encode()).digest()
        async with self._database.transaction() as tx:
            now = self._clock.now()
            spent = await repository.spend_refresh(tx, digest, now)
            if spent is None:
                reused = await repository.revoke_family_of_used(tx, digest, now)
            else:
                user, family, minutes = spent
                if user.status != 1:
                    raise UnauthenticatedError("Token revoked")
                return await self._grant(tx, user, family, minutes)
        raise UnauthenticatedError("Refresh token was used before; sign in again" if reused else "Bad refresh token")

    async def _check_pincode(self, tx: Tx, user: User, pincode: str) -> UnauthenticatedError | None:
        """Why the second factor fails, or None. A pincode counts once (RFC 6238 section 5.2), one step of drift is
        forgiven.
        """
        if user.totp_secret_sealed is None:
            return None
        if not pincode:
            return UnauthenticatedError("2FA pincode required")
        totp = pyotp.TOTP(
            self._keys.open(user.totp_secret_sealed, TOTP_PURPOSE), digits=_PIN_DIGITS, interval=_TOTP_SECONDS
        )
        present = int(self._clock.now().timestamp()) // _TOTP_SECONDS
        for step in (present, present - 1, present + 1):
            if pyotp.utils.strings_equal(totp.generate_otp(step), pincode) and await repository.use_totp_step(
                tx, user.id, step
            ):
                return None
        await self._count_failure(tx, user.username)
        return UnauthenticatedError("2FA pincode is wrong")

    async def _count_failure(self, tx: Tx, username: str) -> None:
        now = self._clock.now()
        await repository.count_failure(tx, username, now, MOST_FAILURES, now + LOCK)

    async def _grant(self, tx: Tx, user: User, family: UUID, refresh_minutes: int) -> Tokens:
        account = await repository.account(tx, user.account_id)
        if account is None or not account.active:
            raise AccountSuspendedError
        now = self._clock.now()
        principal = Principal(
            account.id, account.parent_id, user.id, mask_of_roles(user.roles), "session", str(self._ids.random_uuid())
        )
        refresh_token = self._ids.token()
        digest = hashlib.sha256(refresh_token.encode()).digest()
        await repository.insert_refresh(
            tx, digest, family, user.id, now + timedelta(minutes=refresh_minutes), refresh_minutes
        )
        return Tokens(self._signer.sign(principal, now + ACCESS_LIFETIME), refresh_token)
