"""A user's new password (request 155)."""

from __future__ import annotations

from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.accounts import user_repository
from cordboard.domain.accounts.credentials import Credentials, invalid_proof
from cordboard.domain.accounts.errors import UserNotFoundError
from cordboard.domain.accounts.models import Tokens, User
from cordboard.domain.accounts.passwords import hash_password, require_good_password
from cordboard.domain.accounts.sign_in import SignIn
from cordboard.domain.accounts.tokens import first_second_after
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock
from cordboard.kit.errors import InvalidInputError


class PasswordChange:
    """Changes passwords. Opens its own transactions, as signing in does."""

    def __init__(self, *, database: Database, clock: Clock, credentials: Credentials, sign_in: SignIn) -> None:
        self._database = database
        self._clock = clock
        self._credentials = credentials
        self._sign_in = sign_in

    async def __call__(self, user_id: UUID, old: str, new: str, pincode: str) -> tuple[User, Tokens]:
        """Ends all sessions of the user and begins the one whose tokens are answered. Raises InvalidInputError,
        LockedOutError.
        """
        async with self._database.connection() as connection:
            user = await user_repository.by_id(connection, user_id)
        if user is None:
            raise UserNotFoundError("clientId")
        require_good_password("newPassword", new, user.username)
        if new == old:
            raise InvalidInputError.of("newPassword", "must be another than the old one")
        claim = await self._credentials.compare(user.username, user, old)
        password_hash = await hash_password(new) if claim.matches else ""
        async with self._database.transaction() as tx:
            judged = await self._credentials.judge(tx, claim, pincode)
            if isinstance(judged, User):
                now = self._clock.now()
                since = first_second_after(now)
                await user_repository.set_password(tx, user_id, password_hash)
                await user_repository.end_sessions(tx, user_id, now, since)
                return judged, await self._sign_in.begin(tx, replace(judged, tokens_since=since))
        raise invalid_proof(judged, "oldPassword")
