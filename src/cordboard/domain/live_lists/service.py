"""Live lists (requests 90 to 97): made for users by administrators, filled by workflows, worked off by agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.live_lists import signals
from cordboard.domain.live_lists.errors import LiveListExistsError, LiveListFullError, LiveListNotFoundError
from cordboard.domain.live_lists.events import status_changed
from cordboard.domain.live_lists.models import (
    AccessChange,
    Entry,
    Growth,
    LiveList,
    LiveListSummary,
    NewEntry,
    QueuedContact,
    Removal,
    Room,
    Signal,
    Viewer,
)
from cordboard.domain.live_lists.repository import entries, lists
from cordboard.infra.db import Tx
from cordboard.infra.events import append
from cordboard.kit.clock import Clock
from cordboard.kit.errors import CordboardError, InvalidInputError
from cordboard.kit.ids import Ids

MOST_LISTS: Final = 200
MOST_USERS: Final = 1000
MOST_ENTRIES: Final = 100_000
"""In a list."""
LONGEST_NAME: Final = 64
LARGEST_TOLD: Final = 9
"""The largest number in line that sockets are told of."""

_KEPT: Final = timedelta(days=7)
"""After a contact's time in line is over."""
_LOOKED_AT_ONCE: Final = 10
_NOT_IN_NAMES: Final = frozenset("/,\\")


class LiveListService:
    """The verbs of live lists."""

    def __init__(self, clock: Clock, ids: Ids, accounts: AccountService, contacts: ContactService) -> None:
        self._clock = clock
        self._ids = ids
        self._accounts = accounts
        self._contacts = contacts

    async def summaries(self, tx: Tx, viewer: Viewer) -> list[LiveListSummary]:
        """The lists that the viewer may work off, by name."""
        return await lists.summaries(tx, viewer)

    async def visible(self, tx: Tx, viewer: Viewer) -> list[LiveList]:
        """The same without their users and lengths, in no order."""
        return await lists.visible(tx, viewer)

    async def create(
        self, tx: Tx, account_id: UUID, *, name: str, client_ids: Sequence[UUID], made_by: UUID
    ) -> LiveListSummary:
        """A new list. Raises InvalidInputError, LiveListExistsError."""
        live_list = LiveList(
            account_id=account_id, id=self._ids.time_uuid(), name=_checked_name(name), created_at=self._clock.now()
        )
        users = await self._users(tx, account_id, client_ids)
        if not await lists.insert(tx, live_list):
            raise LiveListExistsError(live_list.name)
        if await lists.count(tx, account_id) > MOST_LISTS:
            raise InvalidInputError.of("listName", f"is one too many: an account has {MOST_LISTS} live lists at most")
        await lists.put_users(tx, live_list, users)
        await append(tx, [status_changed(live_list, "created", self._clock.now(), client_id=made_by)])
        await self._tell_of_access(tx, account_id)
        return LiveListSummary(live_list=live_list, client_ids=users, length=0)

    async def edit(self, tx: Tx, account_id: UUID, name: str, client_ids: Sequence[UUID]) -> LiveListSummary:
        """Makes these users the list's. Raises LiveListNotFoundError, InvalidInputError."""
        administrator = _administrator(account_id)
        live_list = await self._found(tx, administrator, name, lists.TAKING)
        await lists.put_users(tx, live_list, await self._users(tx, account_id, client_ids))
        await self._tell_of_access(tx, account_id)
        return next(one for one in await lists.summaries(tx, administrator) if one.live_list.id == live_list.id)

    async def delete(self, tx: Tx, account_id: UUID, name: str, *, deleted_by: UUID) -> LiveList:
        """Removes a list with all who are in line. Raises LiveListNotFoundError."""
        live_list = await self._found(tx, _administrator(account_id), name, lists.DELETING)
        length = await lists.delete(tx, live_list)
        now = self._clock.now()
        await append(tx, [status_changed(live_list, "deleted", now, length=length, client_id=deleted_by)])
        await self._tell_of_access(tx, account_id)
        return live_list

    async def preview(self, tx: Tx, viewer: Viewer, name: str, size: int) -> list[QueuedContact]:
        """The first in line, expired ones among them; archived contacts are left out. Raises LiveListNotFoundError."""
        live_list = await self._found(tx, viewer, name)
        return await self._with_contacts(tx, live_list, await entries.first(tx, live_list, size))

    async def take(self, tx: Tx, viewer: Viewer, name: str) -> QueuedContact | None:
        """Takes the next contact out whose time is not over, with all before it; None where there is none, and then
        nobody is left. Archived contacts are passed by. Commit it either way. Raises LiveListNotFoundError.
        """
        live_list = await self._found(tx, viewer, name, lists.TAKING)
        taken, removal = await self._take(tx, live_list)
        if removal.count and not removal.is_anybody_left:
            await append(tx, [status_changed(live_list, "empty", self._clock.now(), client_id=viewer.client_id)])
        return taken

    async def add(self, tx: Tx, wanted: Sequence[NewEntry]) -> list[CordboardError | None]:
        """Puts contacts in line: an answer each, in order, which says why one could not be added."""
        now = self._clock.now()
        names = sorted({(one.account_id, one.list_name) for one in wanted})
        rooms = await lists.rooms(tx, names, now, MOST_ENTRIES, LARGEST_TOLD + 1)
        taken: Counter[UUID] = Counter()
        answers: list[CordboardError | None] = []
        accepted: list[tuple[LiveList, NewEntry]] = []
        for one in wanted:
            room = rooms.get((one.account_id, one.list_name))
            refusal = _refusal(one.list_name, room, taken)
            answers.append(refusal)
            if room is not None and refusal is None:
                taken[room.live_list.id] += 1
                accepted.append((room.live_list, one))
        added = Counter(await entries.insert(tx, accepted, now))
        grown = [_growth(room, added[room.live_list.id]) for room in rooms.values()]
        await signals.send(tx, [Signal(growth=one) for one in grown if one.smallest <= one.largest])
        return answers

    async def unknown(self, tx: Tx, account_id: UUID, names: Sequence[str]) -> set[str]:
        """Those of the names that are no lists of the account."""
        known = await lists.known(tx, account_id, [name.strip() for name in names]) if names else set()
        return {name for name in names if name.strip() not in known}

    async def forget_old(self, tx: Tx) -> None:
        """Removes contacts whose time in line has been over for long; for the upkeep."""
        now = self._clock.now()
        touched = await entries.remove_expired(tx, now - _KEPT)
        emptied = await lists.empty_ones(tx, sorted(touched)) if touched else []
        await append(tx, [status_changed(live_list, "empty", now) for live_list in emptied])

    @staticmethod
    async def _found(tx: Tx, viewer: Viewer, name: str, lock: lists.Lock = "") -> LiveList:
        found = await lists.find(tx, viewer, name, lock)
        if found is None:
            raise LiveListNotFoundError("name")
        return found

    async def _take(self, tx: Tx, live_list: LiveList) -> tuple[QueuedContact | None, Removal]:
        now = self._clock.now()
        while waiting := await entries.first(tx, live_list, _LOOKED_AT_ONCE, now):
            present = await self._with_contacts(tx, live_list, waiting)
            last = present[0].entry if present else waiting[-1]
            passed = [one.sequence for one in waiting if one.sequence <= last.sequence]
            removal = await entries.remove(tx, live_list, passed, now)
            if present or not removal.is_anybody_left:
                return (present[0] if present else None), removal
        return None, await entries.remove(tx, live_list, [], now)

    async def _with_contacts(self, tx: Tx, live_list: LiveList, found: Sequence[Entry]) -> list[QueuedContact]:
        """Entries with their contacts; those whose contact is archived are left out."""
        keys = sorted({(one.account_id, one.contact_id) for one in found})
        people = await self._contacts.of_accounts(tx, keys)
        return [
            QueuedContact(live_list, one, contact)
            for one in found
            if (contact := people.get((one.account_id, one.contact_id))) and not contact.archived
        ]

    async def _users(self, tx: Tx, account_id: UUID, client_ids: Sequence[UUID]) -> list[UUID]:
        """The ids, each once, when all are users of the account. Raises InvalidInputError."""
        wanted = list(dict.fromkeys(client_ids))
        if len(wanted) > MOST_USERS:
            raise InvalidInputError.of("clientIds", f"may name {MOST_USERS} users")
        known = await self._accounts.usernames(tx, account_id, wanted)
        strangers = [str(one) for one in wanted if one not in known]
        if strangers:
            raise InvalidInputError.of(
                "clientIds", f"names users that the account does not have: {', '.join(strangers)}"
            )
        return wanted

    @staticmethod
    async def _tell_of_access(tx: Tx, account_id: UUID) -> None:
        await signals.send(tx, [Signal(access=AccessChange(account_id))])


def _administrator(account_id: UUID) -> Viewer:
    return Viewer(account_id, account_id, sees_all=True)


def _checked_name(given: str) -> str:
    """The name without blanks around it. Raises InvalidInputError."""
    name = given.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInputError.of("listName", f"must have 1 to {LONGEST_NAME} printable characters")
    if _NOT_IN_NAMES & set(name) or name in (".", ".."):
        raise InvalidInputError.of("listName", "must not hold a slash, a backslash or a comma, nor be . or ..")
    return name


def _growth(room: Room, added: int) -> Growth:
    """How the line grew, as far as sockets are told of it."""
    return Growth(
        account_id=room.live_list.account_id,
        list_id=room.live_list.id,
        list_name=room.live_list.name,
        smallest=room.waiting + 1,
        largest=min(room.waiting + added, LARGEST_TOLD),
    )


def _refusal(name: str, room: Room | None, taken: Counter[UUID]) -> CordboardError | None:
    if room is None:
        return LiveListNotFoundError(name)
    if room.length + taken[room.live_list.id] >= MOST_ENTRIES:
        return LiveListFullError(f"{name} holds {MOST_ENTRIES} contacts")
    return None
