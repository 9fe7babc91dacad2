"""Whether a program or an agent is who it says: name and password, with failures counted until they lock the user."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.accounts.passwords import verify_password
from cordboard.domain.callcenter.users import repository
from cordboard.domain.callcenter.users.errors import BadLoginError, LoginLockedError
from cordboard.domain.callcenter.users.models import CenterUser
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock

MOST_FAILURES: Final = 10
LOCK: Final = timedelta(minutes=15)
_MOST_NAMESAKES: Final = 20
_MOST_REMEMBERED: Final = 10_000


class SignIntoCenter:
    """Opens its own transactions: a password check takes long. What matched once is remembered by a digest, for
    programs send name and password with each of hundreds of requests a second; a changed password matches no more.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._matched: OrderedDict[bytes, None] = OrderedDict()

    async def __call__(self, user: str, password: str, account_id: UUID | None = None) -> CenterUser:
        """The active user of that name and password: of an account, else of the only one that has them. Raises
        BadLoginError, LoginLockedError.
        """
        async with self._database.connection() as connection:
            if account_id is None:
                namesakes = await repository.named(connection, user, _MOST_NAMESAKES)
            else:
                found = await repository.find(connection, account_id, user)
                namesakes = [found] if found else []
        now = self._clock.now()
        free = [one for one in namesakes if one.locked_until is None or one.locked_until <= now]
        if namesakes and not free:
            raise LoginLockedError(user)
        matching = [one for one in free if one.settings.active == "Y" and await self._matches(one, password)]
        if len(matching) == 1:
            if matching[0].failed_logins:
                async with self._database.transaction() as tx:
                    await repository.forget_failures(tx, matching[0].account_id, user)
            return matching[0]
        if not free:
            await verify_password(None, password)  # an unknown name takes as long
        elif not matching:
            async with self._database.transaction() as tx:
                await repository.count_failure(tx, [one.account_id for one in free], user, MOST_FAILURES, now + LOCK)
        raise BadLoginError(user)

    async def _matches(self, user: CenterUser, password: str) -> bool:
        digest = hashlib.sha256(f"{user.password_hash}\0{password}".encode()).digest()
        if digest in self._matched:
            self._matched.move_to_end(digest)
            return True
        if not await verify_password(user.password_hash, password):
            return False
        self._matched[digest] = None
        while len(self._matched) > _MOST_REMEMBERED:
            self._matched.popitem(last=False)
        return True
