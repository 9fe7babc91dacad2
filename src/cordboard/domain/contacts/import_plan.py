"""What rows of a table do to an account's contacts, worked off in their order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.contacts.columns import ContactRow
from cordboard.domain.contacts.errors import KeyTakenError
from cordboard.domain.contacts.ext_data import merge_ext_data, timezone_of
from cordboard.domain.contacts.models import ConflictMode, Contact
from cordboard.domain.contacts.service import remembered_keys, wanted_keys
from cordboard.kit.errors import InvalidInputError

_NAMED: Final = 3


class ImportPlan:
    """Rows added one after the other; afterwards it tells what is to be written.

    `owners` tells whose the keys of all rows are at the beginning, and `contacts` are those owners; no contacts are
    needed where the mode is REJECT. `new` makes the contact of a row whose keys are nobody's.
    """

    def __init__(
        self,
        mode: ConflictMode,
        owners: Mapping[str, UUID],
        contacts: Iterable[Contact],
        new: Callable[[ContactRow], Contact],
    ) -> None:
        self._mode = mode
        self._new = new
        self._contacts = {contact.id: contact for contact in contacts}
        self._before = {key: contact.id for contact in self._contacts.values() for key in contact.keys} | dict(owners)
        self._owners = dict(self._before)
        self._added: dict[UUID, None] = {}
        self._changed: dict[UUID, None] = {}

    def add(self, row: ContactRow) -> UUID | str:
        """The contact that the row made or changed, or why it did neither."""
        hit = dict.fromkeys(self._owners[key] for key in row.keys if key in self._owners)
        if not hit:
            return self._insert(row)
        if len(hit) > 1:
            named = ", ".join(str(one) for one in list(hit)[:_NAMED]) + ("…" if len(hit) > _NAMED else "")
            return f"the keys belong to several contacts: contactId {named}"
        (owner,) = hit
        return self._taken(row, owner) if self._mode == "REJECT" else self._merge(self._contacts[owner], row)

    @property
    def added(self) -> list[Contact]:
        """Contacts to be inserted."""
        return [self._contacts[one] for one in self._added]

    @property
    def changed(self) -> list[Contact]:
        """Contacts to be updated."""
        return [self._contacts[one] for one in self.leaving]

    @property
    def claimed(self) -> list[tuple[str, UUID]]:
        """Keys that become somebody's, or somebody else's."""
        return [(key, owner) for key, owner in self._owners.items() if self._before.get(key) != owner]

    @property
    def leaving(self) -> list[UUID]:
        """Contacts that were here at the beginning and may lose keys to others."""
        return [one for one in self._changed if one not in self._added]

    @property
    def released(self) -> list[tuple[str, UUID]]:
        """Keys that become nobody's, and whose they were."""
        return [(key, owner) for key, owner in self._before.items() if key not in self._owners]

    def _insert(self, row: ContactRow) -> UUID:
        contact = self._new(row)
        self._contacts[contact.id] = contact
        self._added[contact.id] = None
        self._owners.update(dict.fromkeys(row.keys, contact.id))
        return contact.id

    def _taken(self, row: ContactRow, owner: UUID) -> str:
        key = next(key for key in row.keys if self._owners.get(key) == owner)
        return str(KeyTakenError(key, owner).more_info)

    def _merge(self, contact: Contact, row: ContactRow) -> UUID | str:
        try:
            data = merge_ext_data(contact.ext_data, row.ext_data, self._mode)
            keys = wanted_keys(contact, data, row.keys, (), self._mode)
        except InvalidInputError as error:
            return " ".join((error.errors[0].field, error.errors[0].problem))
        self._contacts[contact.id] = replace(
            contact,
            ext_data=data,
            timezone=timezone_of(data),
            keys=keys,
            removed_keys=remembered_keys(contact, keys),
        )
        self._changed[contact.id] = None
        for key in contact.keys:
            self._owners.pop(key, None)
        self._owners.update(dict.fromkeys(keys, contact.id))
        return contact.id
