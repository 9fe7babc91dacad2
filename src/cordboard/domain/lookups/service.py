"""Carrier lookups (requests 36 and 105): asked, charged, kept, and used again for a month."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from cordboard.domain.lookups import repository
from cordboard.domain.lookups.errors import LookupNotFoundError, LookupNotPaidError
from cordboard.domain.lookups.models import CarrierLookup, LookupFilter, NumberFacts
from cordboard.domain.lookups.ports import CarrierDirectory, LookupCharges
from cordboard.infra.db import Database, Tx
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids

_KEPT_FOR: Final = timedelta(days=400)
_GOOD_FOR: Final = timedelta(days=30)
_NOT_PAID: Final = "a lookup costs more than the balance; add funds"


class LookupService:
    """The verbs of lookups. `directory` is asked by those who pay; `local` answers at once and for nothing."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        database: Database,
        directory: CarrierDirectory,
        local: CarrierDirectory,
        charges: LookupCharges,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._database = database
        self._directory = directory
        self._local = local
        self._charges = charges

    async def look_up(self, account_id: UUID, number: str) -> CarrierLookup:
        """The facts about a number, charged. Opens its own transactions: none is open while the directory is asked.
        Raises LookupNotPaidError, LookupUnavailableError.
        """
        async with self._database.transaction() as tx:
            if await self._charges.price(tx, account_id, number) is None:
                raise LookupNotPaidError(_NOT_PAID)
            kept = await repository.latest(tx, account_id, number, self._clock.now() - _GOOD_FOR)
        facts = kept.facts if kept else await self._directory.look_up(number)
        async with self._database.transaction() as tx:
            return await self._keep(tx, account_id, number, facts, kept)

    async def look_up_once(self, account_id: UUID, number: str, since: datetime) -> CarrierLookup:
        """The account's lookup of a number that was made since a moment, else a new one, as `look_up`: for those who
        may have to ask again after a crash.
        """
        async with self._database.connection() as connection:
            made = await repository.made_since(connection, account_id, number, since)
        return made or await self.look_up(account_id, number)

    async def known(self, tx: Tx, account_id: UUID, number: str) -> NumberFacts:
        """What is known of a number without asking or charging anybody: the account's last lookup, else what the plan
        tells.
        """
        kept = await repository.latest(tx, account_id, number, self._clock.now() - _GOOD_FOR)
        return kept.facts if kept else await self._local.look_up(number)

    async def page(self, tx: Tx, account_id: UUID, wanted: LookupFilter) -> list[CarrierLookup]:
        """The account's lookups, the newest first. Raises LookupNotFoundError for an unknown `last_id`."""
        if wanted.last_id and not await repository.exists(tx, account_id, wanted.last_id):
            raise LookupNotFoundError("lastId")
        return await repository.page(tx, account_id, wanted)

    async def forget_old(self, tx: Tx) -> None:
        """Removes lookups past the time that logs are kept; for the upkeep."""
        await repository.forget(tx, self._clock.now() - _KEPT_FOR)

    async def _keep(
        self, tx: Tx, account_id: UUID, number: str, facts: NumberFacts, kept: CarrierLookup | None
    ) -> CarrierLookup:
        lookup_id, now = self._ids.time_uuid(), self._clock.now()
        price = await self._charges.charge(tx, account_id, number, lookup_id)
        if price is None:
            raise LookupNotPaidError(_NOT_PAID)
        lookup = CarrierLookup(
            account_id=account_id,
            id=lookup_id,
            phone_number=number,
            **msgspec.structs.asdict(facts),
            price=price,
            updated_at=kept.updated_at if kept else now,
            created_at=now,
        )
        await repository.insert(tx, lookup)
        return lookup
