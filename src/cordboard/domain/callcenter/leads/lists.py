"""Lists of leads: made, changed, reset, removed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.callcenter.leads import hopper, repository
from cordboard.domain.callcenter.leads.errors import ListExistsError, ListNotFoundError, ResetLimitError
from cordboard.domain.callcenter.leads.models import DEFAULT_LIST, MANUAL_LIST, LeadList, ListSettings
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock

_BUILT_IN = {DEFAULT_LIST: "Default inbound list", MANUAL_LIST: "Default manual list"}


class LeadLists:
    """The verbs of lists. Two are there from the start: 999 for leads that name none, 998 for those dialled by hand."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def find(self, tx: Tx, account_id: UUID, list_id: int, *, lock: bool = False) -> LeadList | None:
        """One, if the account has it."""
        found = await repository.find_list(tx, account_id, list_id, lock=lock)
        if found is None and list_id in _BUILT_IN:
            return self._new(account_id, list_id, "", ListSettings(list_name=_BUILT_IN[list_id]))
        return found

    async def get(self, tx: Tx, account_id: UUID, list_id: int, *, lock: bool = False) -> LeadList:
        """One. Raises ListNotFoundError."""
        found = await self.find(tx, account_id, list_id, lock=lock)
        if found is None:
            raise ListNotFoundError(f"list_id {list_id}")
        return found

    async def add(self, tx: Tx, account_id: UUID, list_id: int, campaign_id: str, settings: ListSettings) -> LeadList:
        """A new one, of checked settings. Raises ListExistsError."""
        new = self._new(account_id, list_id, campaign_id, settings)
        if not await repository.insert_list(tx, new):
            raise ListExistsError(f"list_id {list_id}")
        return new

    async def edit(
        self, tx: Tx, account_id: UUID, list_id: int, changes: dict[str, Any], campaign_id: str | None = None
    ) -> LeadList:
        """Changes settings, whose values are checked, and the campaign if one is given: its line is another one, so the
        leads leave the old one. Raises ListNotFoundError.
        """
        present = await self._stored(tx, account_id, list_id)
        after = replace(
            present,
            settings=replace(present.settings, **changes),
            campaign_id=present.campaign_id if campaign_id is None else campaign_id,
            modified_at=self._clock.now(),
        )
        await repository.update_list(tx, after)
        if after.campaign_id != present.campaign_id:
            await hopper.remove_list(tx, account_id, list_id)
        return after

    async def reset(self, tx: Tx, account_id: UUID, list_id: int) -> int:
        """Has all leads be called again; answers how many they are. Raises ListNotFoundError, ResetLimitError."""
        present = await self._stored(tx, account_id, list_id)
        now = self._clock.now()
        done = present.resets_today if present.resets_day == now.date() else 0
        most = present.settings.daily_reset_limit
        if 0 <= most <= done:
            raise ResetLimitError(f"{done} / {most}")
        await repository.update_list(
            tx, replace(present, resets_today=done + 1, resets_day=now.date(), modified_at=now)
        )
        return await repository.reset_leads(tx, account_id, list_id)

    async def delete(self, tx: Tx, account_id: UUID, list_id: int) -> int:
        """Removes one with its leads; answers how many they were. Raises ListNotFoundError."""
        await self.get(tx, account_id, list_id, lock=True)
        await repository.delete_list(tx, account_id, list_id)
        return await repository.delete_leads_of(tx, account_id, list_id)

    async def delete_leads(self, tx: Tx, account_id: UUID, list_id: int) -> int:
        """Removes its leads; answers how many they were. Raises ListNotFoundError."""
        await self.get(tx, account_id, list_id, lock=True)
        return await repository.delete_leads_of(tx, account_id, list_id)

    async def _stored(self, tx: Tx, account_id: UUID, list_id: int) -> LeadList:
        """One that is to be changed; a built-in one becomes the account's own."""
        found = await self.get(tx, account_id, list_id, lock=True)
        if list_id in _BUILT_IN:
            await repository.insert_list(tx, found)
        return found

    def _new(self, account_id: UUID, list_id: int, campaign_id: str, settings: ListSettings) -> LeadList:
        now = self._clock.now()
        return LeadList(
            account_id=account_id,
            list_id=list_id,
            campaign_id=campaign_id,
            settings=settings,
            created_at=now,
            modified_at=now,
        )
