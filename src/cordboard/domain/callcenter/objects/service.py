"""Reading and changing configuration objects, whatever their kind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from cordboard.domain.callcenter.objects import repository
from cordboard.domain.callcenter.objects.errors import BuiltInObjectError, ObjectExistsError, ObjectNotFoundError
from cordboard.domain.callcenter.objects.kind import CenterObject, Kind, changed
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock


class ObjectService:
    """The verbs. An account's own object hides the built-in one of its id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def find(self, tx: Tx, account_id: UUID, kind: type[Kind], key: str, *, lock: bool = False) -> Kind | None:
        """One, if the account has it."""
        return await repository.find(tx, account_id, kind, key, lock=lock) or _built_in(kind).get(key)

    async def get(self, tx: Tx, account_id: UUID, kind: type[Kind], key: str, *, lock: bool = False) -> Kind:
        """One. Raises ObjectNotFoundError."""
        found = await self.find(tx, account_id, kind, key, lock=lock)
        if found is None:
            raise ObjectNotFoundError(f"{kind.key_field} {key}")
        return found

    async def all_of(self, tx: Tx, account_id: UUID, kind: type[Kind]) -> list[Kind]:
        """All of the account, by id."""
        found = _built_in(kind) | {one.key: one for one in await repository.all_of(tx, account_id, kind)}
        return [found[key] for key in sorted(found)]

    async def add(self, tx: Tx, account_id: UUID, new: Kind) -> Kind:
        """A new one. Raises ObjectExistsError."""
        if new.key in _built_in(type(new)) or not await repository.add(tx, account_id, new, self._clock.now()):
            raise ObjectExistsError(f"{new.key_field} {new.key}")
        return new

    async def edit(self, tx: Tx, account_id: UUID, kind: type[Kind], key: str, changes: dict[str, Any]) -> Kind:
        """Changes fields, whose values are checked. Raises ObjectNotFoundError."""
        after = changed(await self.get(tx, account_id, kind, key, lock=True), changes)
        await repository.put(tx, account_id, after, self._clock.now())
        return after

    async def delete(self, tx: Tx, account_id: UUID, kind: type[CenterObject], key: str) -> None:
        """Removes one; of a built-in one its changes. Raises ObjectNotFoundError, BuiltInObjectError."""
        if await repository.delete(tx, account_id, kind, key):
            return
        if key in _built_in(kind):
            raise BuiltInObjectError(f"{kind.key_field} {key}")
        raise ObjectNotFoundError(f"{kind.key_field} {key}")


def _built_in(kind: type[Kind]) -> dict[str, Kind]:
    return {one.key: one for one in kind.built_in() if isinstance(one, kind)}
