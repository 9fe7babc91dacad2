"""Contacts (requests 49, 50, 54 to 57): added, edited, archived, found by key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.contacts import repository
from cordboard.domain.contacts.errors import EditRejectedError, KeysInFluxError, KeyTakenError
from cordboard.domain.contacts.ext_data import (
    clean_ext_data,
    clean_keys,
    merge_ext_data,
    require_few_keys,
    timezone_of,
    with_computed_keys,
)
from cordboard.domain.contacts.models import PHONE_FIELD, ConflictMode, Contact
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, InvalidInputError, NotFoundError
from cordboard.kit.ids import Ids

_MOST_TRIES: Final = 5
_MOST_REMEMBERED: Final = 100


class ContactService:
    """The verbs of contacts."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    async def add(self, tx: Tx, account_id: UUID, ext_data: Mapping[str, Any], keys: Sequence[str]) -> Contact:
        """A new contact. Raises InvalidInputError, KeyTakenError."""
        data = clean_ext_data(ext_data)
        wanted = with_computed_keys(clean_keys(keys, "keys"), data)
        require_few_keys(wanted, "keys")
        if not data and not wanted:
            raise InvalidInputError.of("extData", "is required unless keys are given")
        contact = self._new(account_id, data, wanted)
        await repository.insert(tx, contact)
        await self._claim(tx, contact, wanted)
        return contact

    async def enter(
        self, tx: Tx, account_id: UUID, ext_data: Mapping[str, Any], keys: Sequence[str], mode: ConflictMode
    ) -> Contact:
        """The contact that has one of the keys, changed by `mode`; a new one where nobody has. Raises
        InvalidInputError, KeyTakenError, EditRejectedError.
        """
        data = clean_ext_data(ext_data)
        wanted = with_computed_keys(clean_keys(keys, "keys"), data)
        owners = await repository.owners_of_keys(tx, [(account_id, key) for key in wanted]) if wanted else {}
        if not owners:
            return await self.add(tx, account_id, ext_data, keys)
        contact_id = owners[min(owners, key=lambda pair: wanted.index(pair[1]))]
        return await self.edit(tx, account_id, contact_id, ext_data=data, keys=keys, removed=(), mode=mode)

    async def edit(
        self,
        tx: Tx,
        account_id: UUID,
        contact_id: UUID,
        *,
        ext_data: Mapping[str, Any] | None,
        keys: Sequence[str] | None,
        removed: Sequence[str],
        mode: ConflictMode,
    ) -> Contact:
        """Changes what is given; None leaves it alone. By REPLACE the given keys are all the keys, by APPEND and
        OVERWRITE they are added; `removed` go in any case. The phone's key follows the phone.

        Raises NotFoundError, InvalidInputError, KeyTakenError, EditRejectedError.
        """
        contact = await self._locked(tx, account_id, contact_id)
        given = clean_ext_data(ext_data or {})
        if mode == "REJECT":
            raise EditRejectedError(contact_id)
        data = contact.ext_data if ext_data is None else merge_ext_data(contact.ext_data, given, mode)
        return await self._changed(tx, contact, data, wanted_keys(contact, data, keys, removed, mode))

    async def assign(self, tx: Tx, account_id: UUID, contact_id: UUID, changes: Mapping[str, str | None]) -> Contact:
        """Sets fields, and takes away those whose value is None. Raises NotFoundError, InvalidInputError,
        KeyTakenError.
        """
        contact = await self._locked(tx, account_id, contact_id)
        kept = {name: value for name, value in contact.ext_data.items() if name.lower() not in changes}
        data = clean_ext_data({**kept, **{name: value for name, value in changes.items() if value is not None}})
        return await self._changed(tx, contact, data, wanted_keys(contact, data, None, (), "OVERWRITE"))

    async def _changed(self, tx: Tx, contact: Contact, data: dict[str, str], wanted: list[str]) -> Contact:
        account_id, contact_id = contact.account_id, contact.id
        changed = replace(
            contact,
            ext_data=data,
            timezone=timezone_of(data),
            keys=wanted,
            removed_keys=remembered_keys(contact, wanted),
        )
        await repository.update(tx, changed)
        await self._claim(tx, changed, [key for key in wanted if key not in contact.keys])
        # Released after the claims, which go in the order of the keys: so no two edits wait for each other.
        await repository.release_keys(tx, account_id, contact_id, [key for key in contact.keys if key not in wanted])
        return changed

    async def get(self, tx: Tx, account_id: UUID, contact_id: UUID) -> Contact:
        """A contact that is not archived. Raises NotFoundError."""
        contact = await repository.find(tx, account_id, contact_id)
        if contact is None or contact.archived:
            raise NotFoundError("contactId")
        return contact

    async def archive(self, tx: Tx, account_id: UUID, contact_id: UUID) -> Contact:
        """Hides a contact and frees its keys, which it remembers. Raises NotFoundError."""
        contact = replace(await self._locked(tx, account_id, contact_id), archived=True)
        await repository.update(tx, contact)
        await repository.release_keys(tx, account_id, contact_id, contact.keys)
        return contact

    async def unarchive(self, tx: Tx, account_id: UUID, contact_id: UUID) -> Contact:
        """Brings an archived contact back. Raises NotFoundError, KeyTakenError when a key has a new owner."""
        contact = await repository.find(tx, account_id, contact_id, lock=True)
        if contact is None:
            raise NotFoundError("contactId")
        contact = replace(contact, archived=False)
        await repository.update(tx, contact)
        await self._claim(tx, contact, contact.keys)
        return contact

    async def by_ids(self, tx: Tx, account_id: UUID, contact_ids: Sequence[UUID]) -> dict[UUID, Contact]:
        """Those of the account that are not archived, by id."""
        return {contact.id: contact for contact in await repository.by_ids(tx, account_id, contact_ids)}

    async def scan(self, tx: Tx, account_id: UUID, after: UUID | None, limit: int) -> list[Contact]:
        """The account's contacts that are not archived, in the order of their ids from `after` on: for looking at all
        of them.
        """
        return await repository.scan(tx, account_id, after, limit)

    async def of_accounts(self, tx: Tx, keys: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Contact]:
        """The contacts of several accounts, by account and id, archived ones too; for what tells of the past."""
        found = await repository.of_accounts(tx, keys) if keys else []
        return {(contact.account_id, contact.id): contact for contact in found}

    async def owners_of_numbers(self, tx: Tx, pairs: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
        """The contact of each account and number; who is not there is left out."""
        return await repository.owners_of_keys(tx, pairs) if pairs else {}

    async def reach(
        self, tx: Tx, wanted: Sequence[tuple[UUID, UUID]]
    ) -> dict[tuple[UUID, UUID], Contact | CordboardError]:
        """The contact of each account and id, with a number to reach it at; or what is wrong with it."""
        ids: dict[UUID, list[UUID]] = defaultdict(list)
        for account_id, contact_id in wanted:
            ids[account_id].append(contact_id)
        found: dict[tuple[UUID, UUID], Contact | CordboardError] = {}
        for account_id, asked in ids.items():
            present = await self.by_ids(tx, account_id, asked)
            found |= {(account_id, one): _reachable(present.get(one)) for one in asked}
        return found

    async def find_or_create_by_phone(self, tx: Tx, pairs: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
        """The contact of each account and E.164 number; who is not there is added. Raises KeysInFluxError."""
        wanted = list(dict.fromkeys(pairs))
        found: dict[tuple[UUID, str], UUID] = {}
        for _ in range(_MOST_TRIES):
            if missing := [pair for pair in wanted if pair not in found]:
                found |= await repository.owners_of_keys(tx, missing)
            if missing := [pair for pair in wanted if pair not in found]:
                new = [self._new(account_id, {PHONE_FIELD: number}, [number]) for account_id, number in missing]
                found |= await repository.add_by_key(tx, new)
            if len(found) == len(wanted):
                return found
        raise KeysInFluxError

    async def mark_dnc(self, tx: Tx, pairs: Sequence[tuple[UUID, str]], dnc: bool) -> None:
        """Sets or clears the do-not-contact mark of the contacts with these numbers."""
        await repository.mark_dnc(tx, pairs, int(dnc))

    def _new(self, account_id: UUID, data: dict[str, str], keys: list[str]) -> Contact:
        return Contact(
            account_id=account_id,
            id=self._ids.random_uuid(),
            created=self._ids.time_uuid(),
            dnc=0,
            timezone=timezone_of(data),
            ext_data=data,
            keys=keys,
            removed_keys=[],
            archived=False,
            created_at=self._clock.now(),
        )

    @staticmethod
    async def _claim(tx: Tx, contact: Contact, keys: Sequence[str]) -> None:
        """Raises KeyTakenError for the first of `keys` that is another contact's, KeysInFluxError."""
        if not keys:
            return
        for _ in range(_MOST_TRIES):
            owners = await repository.claim_keys(tx, contact.account_id, contact.id, keys)
            for key in keys:
                if owners.get(key, contact.id) != contact.id:
                    raise KeyTakenError(key, owners[key])
            if len(owners) == len(keys):
                return
        raise KeysInFluxError

    @staticmethod
    async def _locked(tx: Tx, account_id: UUID, contact_id: UUID) -> Contact:
        contact = await repository.find(tx, account_id, contact_id, lock=True)
        if contact is None or contact.archived:
            raise NotFoundError("contactId")
        return contact


def wanted_keys(
    contact: Contact,
    data: Mapping[str, str],
    keys: Sequence[str] | None,
    removed: Sequence[str],
    mode: ConflictMode,
) -> list[str]:
    """All keys of an edited contact, `data` being its data after the edit. Raises InvalidInputError."""
    unwanted = clean_keys(removed, "rmkeys")
    left_phone = contact.phone if contact.phone != data.get(PHONE_FIELD) else None
    replaced = keys is not None and mode == "REPLACE"
    kept = [] if replaced else [key for key in contact.keys if key != left_phone]
    left = [key for key in [*kept, *clean_keys(keys or [], "keys")] if key not in unwanted]
    wanted = with_computed_keys(left, data)
    require_few_keys(wanted, "keys")
    return wanted


def remembered_keys(contact: Contact, wanted: Sequence[str]) -> list[str]:
    """The keys that an edited contact had and has no more, the latest of them."""
    had = dict.fromkeys([*contact.removed_keys, *contact.keys])
    return [key for key in had if key not in wanted][-_MOST_REMEMBERED:]


def _reachable(contact: Contact | None) -> Contact | CordboardError:
    if contact is None:
        return NotFoundError("contactId")
    if not contact.phone:
        return InvalidInputError.of("contactId", "names a contact without phonenumber1; add one")
    return contact
