"""Signing in and staying signed in (request 1): password and refresh grants, and the rotation of refresh tokens."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.accounts import repository
from cordboard.domain.accounts.credentials import Credentials, Flaw
from cordboard.domain.accounts.errors import AccountSuspendedError, BadCredentialsError
from cordboard.domain.accounts.models import Principal, Tokens, User
from cordboard.domain.accounts.tokens import ACCESS_LIFETIME, TokenSigner
from cordboard.infra.db import Database, Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import UnauthenticatedError
from cordboard.kit.ids import Ids

USUAL_REFRESH_MINUTES: Final = 1440


class SignIn:
    """Grants tokens. Opens its own transactions: a password check takes long, and a failure must be counted."""

    def __init__(
        self, *, database: Database, clock: Clock, ids: Ids, signer: TokenSigner, credentials: Credentials
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._signer = signer
        self._credentials = credentials

    async def with_password(self, username: str, password: str, pincode: str, refresh_minutes: int) -> Tokens:
        """Tokens for a user name and password; a recovery code may stand in place of the pincode. Raises
        BadCredentialsError, LockedOutError, UnauthenticatedError.
        """
        async with self._database.connection() as connection:
            user = await repository.user_by_name(connection, username)
        claim = await self._credentials.compare(username, user, password)
        async with self._database.transaction() as tx:
            judged = await self._credentials.judge(tx, claim, pincode)
            if isinstance(judged, User):
                return await self.begin(tx, judged, refresh_minutes)
        raise _refusal(judged)

    async def begin(self, tx: Tx, user: User, refresh_minutes: int = USUAL_REFRESH_MINUTES) -> Tokens:
        """A new session of a user who has been judged, and is locked. Raises AccountSuspendedError."""
        return await self._grant(tx, user, self._ids.random_uuid(), refresh_minutes)

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
                if not user.active:
                    raise UnauthenticatedError("Token revoked")
                return await self._grant(tx, user, family, minutes)
        raise UnauthenticatedError("Refresh token was used before; sign in again" if reused else "Bad refresh token")

    async def _grant(self, tx: Tx, user: User, family: UUID, refresh_minutes: int) -> Tokens:
        account = await repository.account(tx, user.account_id)
        if account is None or not account.active:
            raise AccountSuspendedError
        now = self._clock.now()
        principal = Principal(
            account.id, account.parent_id, user.id, user.privileges, "session", str(self._ids.random_uuid())
        )
        refresh_token = self._ids.token()
        digest = hashlib.sha256(refresh_token.encode()).digest()
        await repository.insert_refresh(
            tx, digest, family, user.id, now + timedelta(minutes=refresh_minutes), refresh_minutes
        )
        access_token = self._signer.sign(principal, now + ACCESS_LIFETIME, earliest=user.tokens_since)
        return Tokens(access_token, refresh_token)


def _refusal(flaw: Flaw) -> UnauthenticatedError:
    """How a sign-in is refused; names and passwords are not told apart."""
    match flaw:
        case Flaw.PASSWORD:
            return BadCredentialsError("wrong username or password")
        case Flaw.PINCODE_MISSING:
            return UnauthenticatedError("2FA pincode required")
        case Flaw.PINCODE_WRONG:
            return UnauthenticatedError("2FA pincode is wrong")
