"""IVRs (requests 85 to 89): kept by name, every change a version, and what callers chose."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.ivr import repository
from cordboard.domain.ivr.errors import IvrExistsError, IvrNotFoundError
from cordboard.domain.ivr.models import ChoiceFilter, Choices, Ivr
from cordboard.engines.ivr import IvrDefinition, validate
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import RefusedError
from cordboard.kit.paging import Page

MOST_IVRS: Final = 500
_NOT_FOUND: Final = "ivrName"


class IvrService:
    """The verbs of IVRs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def page(self, tx: Tx, account_id: UUID, places: Page) -> list[Ivr]:
        """The account's IVRs by name."""
        return await repository.page(tx, account_id, places)

    async def get(self, tx: Tx, account_id: UUID, name: str) -> Ivr:
        """The present version of an IVR. Raises IvrNotFoundError."""
        return _found(await repository.find(tx, account_id, name))

    async def create(self, tx: Tx, account_id: UUID, definition: IvrDefinition) -> Ivr:
        """A new IVR. Its version is 1, or follows those of a deleted one of its name, whose statistics stay apart.
        Raises InvalidInputError, IvrExistsError, RefusedError.
        """
        validate(definition)
        if await repository.count_ivrs(tx, account_id) >= MOST_IVRS:
            raise RefusedError(f"an account may have {MOST_IVRS} IVRs; delete one")
        version = await repository.last_version(tx, account_id, definition.ivr_name) + 1
        ivr = Ivr(account_id, replace(definition, version=version))
        if not await repository.insert(tx, ivr, self._clock.now()):
            raise IvrExistsError(f"change {definition.ivr_name!r} with PUT, or take another name")
        return ivr

    async def change(self, tx: Tx, account_id: UUID, definition: IvrDefinition) -> Ivr:
        """The next version of an IVR; the present one is archived. Raises IvrNotFoundError, InvalidInputError."""
        present = _found(await repository.find(tx, account_id, definition.ivr_name, lock=True))
        validate(definition)
        changed = Ivr(account_id, replace(definition, version=present.definition.version + 1))
        now = self._clock.now()
        await repository.archive(tx, present, now)
        await repository.update(tx, changed, now)
        return changed

    async def delete(self, tx: Tx, account_id: UUID, name: str) -> Ivr:
        """Removes an IVR and archives its last version. Raises IvrNotFoundError."""
        present = _found(await repository.find(tx, account_id, name, lock=True))
        await repository.archive(tx, present, self._clock.now())
        await repository.delete(tx, account_id, name)
        return present

    async def archived(self, tx: Tx, account_id: UUID, name: str, places: Page) -> list[Ivr]:
        """Earlier versions, the newest first, also of an IVR that was deleted. Raises IvrNotFoundError."""
        await self._require_known(tx, account_id, name)
        return await repository.archived(tx, account_id, name, places)

    async def count_choice(self, tx: Tx, account_id: UUID, *, name: str, version: int, menu: str, key: str) -> None:
        """Notes that a caller chose an option (an empty key: none that exists)."""
        day = self._clock.now().date()
        await repository.count_choice(tx, account_id, name, version, menu, key, day)

    async def statistics(self, tx: Tx, account_id: UUID, name: str, wanted: ChoiceFilter) -> list[Choices]:
        """How often each option was chosen, a row a day. Raises IvrNotFoundError."""
        await self._require_known(tx, account_id, name)
        return await repository.choices(tx, account_id, name, wanted)

    @staticmethod
    async def _require_known(tx: Tx, account_id: UUID, name: str) -> None:
        if await repository.find(tx, account_id, name) is None and not await repository.last_version(
            tx, account_id, name
        ):
            raise IvrNotFoundError(_NOT_FOUND)


def _found(ivr: Ivr | None) -> Ivr:
    if ivr is None:
        raise IvrNotFoundError(_NOT_FOUND)
    return ivr
