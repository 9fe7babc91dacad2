"""Users of the contact centre: made, changed, removed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.accounts.passwords import hash_password
from cordboard.domain.callcenter.objects.service import ObjectService
from cordboard.domain.callcenter.objects.user_group import UserGroup
from cordboard.domain.callcenter.users import repository
from cordboard.domain.callcenter.users.errors import CenterUserExistsError, CenterUserNotFoundError
from cordboard.domain.callcenter.users.models import ALL_FLAGS, HIGHEST, CenterUser, UserSettings
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import InvalidInputError


class CenterUsers:
    """The verbs of users."""

    def __init__(self, clock: Clock, objects: ObjectService) -> None:
        self._clock = clock
        self._objects = objects

    async def add(self, tx: Tx, account_id: UUID, user: str, password: str, settings: UserSettings) -> CenterUser:
        """A new user; one of the highest level may do everything. Raises InvalidInputError, CenterUserExistsError."""
        await self._require_group(tx, account_id, settings.user_group)
        if settings.user_level == HIGHEST:
            settings = replace(settings, **ALL_FLAGS)
        now = self._clock.now()
        new = CenterUser(
            account_id=account_id,
            user=user,
            password_hash=await hash_password(password),
            settings=settings,
            created_at=now,
            modified_at=now,
        )
        if not await repository.insert(tx, new):
            raise CenterUserExistsError(f"user {user}")
        return new

    async def edit(
        self, tx: Tx, account_id: UUID, user: str, changes: dict[str, Any], password: str | None = None
    ) -> CenterUser:
        """Changes settings, whose values are checked, and the password if there is one. Raises InvalidInputError,
        CenterUserNotFoundError.
        """
        present = await repository.find(tx, account_id, user, lock=True)
        if present is None:
            raise CenterUserNotFoundError(f"user {user}")
        if "user_group" in changes:
            await self._require_group(tx, account_id, changes["user_group"])
        after = replace(
            present,
            settings=replace(present.settings, **changes),
            password_hash=await hash_password(password) if password is not None else present.password_hash,
            modified_at=self._clock.now(),
        )
        await repository.update(tx, after)
        return after

    async def find(self, tx: Tx, account_id: UUID, user: str) -> CenterUser | None:
        """One, if the account has it."""
        return await repository.find(tx, account_id, user)

    async def get(self, tx: Tx, account_id: UUID, user: str) -> CenterUser:
        """One. Raises CenterUserNotFoundError."""
        found = await repository.find(tx, account_id, user)
        if found is None:
            raise CenterUserNotFoundError(f"user {user}")
        return found

    async def all_of(self, tx: Tx, account_id: UUID) -> list[CenterUser]:
        """The account's, by name."""
        return await repository.all_of(tx, account_id)

    async def delete(self, tx: Tx, account_id: UUID, user: str) -> None:
        """Removes one. Raises CenterUserNotFoundError."""
        await self.get(tx, account_id, user)
        await repository.delete(tx, account_id, user)

    async def _require_group(self, tx: Tx, account_id: UUID, group: str) -> None:
        if await self._objects.find(tx, account_id, UserGroup, group) is None:
            raise InvalidInputError.of("user_group", f"{group} is none of the account's; make it, or use AGENTS")
