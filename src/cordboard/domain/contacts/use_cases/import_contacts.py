"""Contacts from the rows of a table (requests 52 and 53).

Locks are taken in the order of the edits of single contacts: first contacts, by id, then keys, by key, and keys are
freed last; so an import and an edit may wait for each other, but never both at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.contacts import bulk_repository as repository
from cordboard.domain.contacts.columns import ContactRow
from cordboard.domain.contacts.errors import KeysInFluxError
from cordboard.domain.contacts.import_plan import ImportPlan
from cordboard.domain.contacts.models import ConflictMode, Contact
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids

_MOST_TRIES: Final = 5


class _OvertakenError(Exception):
    """Somebody else claimed or gave up one of the keys meanwhile."""


class ImportContacts:
    """The verb."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    async def __call__(
        self, tx: Tx, account_id: UUID, rows: Sequence[ContactRow], mode: ConflictMode
    ) -> list[UUID | str]:
        """The contact that each row made or changed, or why it did neither, as if they had come one by one.

        Raises KeysInFluxError.
        """
        keys = list(dict.fromkeys(key for row in rows for key in row.keys))
        for _ in range(_MOST_TRIES):
            try:
                async with tx.transaction():
                    plan = await self._plan(tx, account_id, keys, mode)
                    results = [plan.add(row) for row in rows]
                    await self._write(tx, account_id, plan)
                    return results
            except _OvertakenError:
                continue
        raise KeysInFluxError

    async def _plan(self, tx: Tx, account_id: UUID, keys: Sequence[str], mode: ConflictMode) -> ImportPlan:
        """A plan over those who own the keys now. Who is locked can lose no key any more."""
        owners = await repository.owners_of(tx, account_id, keys)
        contacts: list[Contact] = []
        if owners and mode != "REJECT":
            locked = await repository.lock_contacts(tx, account_id, sorted(set(owners.values())))
            owners = await repository.owners_of(tx, account_id, keys)
            # One that was archived meanwhile still names the keys that it had, but they are no longer its own.
            present = set(owners.values())
            contacts = [contact for contact in locked if contact.id in present]
            if len(contacts) < len(present):
                raise _OvertakenError

        def new(row: ContactRow) -> Contact:
            return Contact(
                account_id=account_id,
                id=self._ids.random_uuid(),
                created=self._ids.time_uuid(),
                dnc=0,
                timezone=row.timezone,
                ext_data=row.ext_data,
                keys=row.keys,
                removed_keys=[],
                archived=False,
                created_at=now,
            )

        now = self._clock.now()
        return ImportPlan(mode, owners, contacts, new)

    @staticmethod
    async def _write(tx: Tx, account_id: UUID, plan: ImportPlan) -> None:
        await repository.insert_contacts(tx, plan.added)
        await repository.update_contacts(tx, account_id, plan.changed)
        claimed = plan.claimed
        if claimed and await repository.claim_keys(tx, account_id, claimed, plan.leaving) != len(claimed):
            raise _OvertakenError
        await repository.release_keys(tx, account_id, plan.released)
