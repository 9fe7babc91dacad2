"""Looking at inboxes and conversations (requests 75, 77 and 78)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.contacts.models import Contact
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.inbox.errors import EntryMovedError
from cordboard.domain.inbox.models import (
    ConversationEvent,
    Entry,
    EntryFilter,
    Inbox,
    OpenState,
    ReadStatus,
    ShownEntry,
    Viewer,
)
from cordboard.domain.inbox.repository import conversations, entries, inboxes
from cordboard.domain.inbox.service import InboxService
from cordboard.domain.inbox.shaping import thread_of
from cordboard.domain.messaging.service import MessagingService
from cordboard.infra.db import Tx
from cordboard.kit.errors import NotFoundError
from cordboard.kit.ids import time_of
from cordboard.kit.phone import is_short_code

_PHONE_NAME: Final = re.compile(r"phonenumber\d+", re.ASCII)


class ReadConversations:
    """The verbs."""

    def __init__(self, inboxes: InboxService, contacts: ContactService, messaging: MessagingService) -> None:
        self._inboxes = inboxes
        self._contacts = contacts
        self._messaging = messaging

    async def page(self, tx: Tx, viewer: Viewer, name: str | None, wanted: EntryFilter) -> list[ShownEntry]:
        """Conversations of an inbox by their newest published events, the newest first. Raises InboxNotFoundError."""
        inbox = await self._inboxes.visible(tx, viewer, name)
        return await self._shown(tx, inbox, await entries.page(tx, viewer.account_id, inbox.id, wanted))

    async def mark(
        self, tx: Tx, viewer: Viewer, name: str | None, time: UUID, status: ReadStatus | None, open_: OpenState | None
    ) -> ShownEntry:
        """Marks the conversation whose newest published event in an inbox is the one of `time`: for everybody, not the
        viewer alone. Raises InboxNotFoundError, NotFoundError, and EntryMovedError when there is a newer event, which
        nobody who marks by an older one can have seen.
        """
        inbox = await self._inboxes.visible(tx, viewer, name)
        happened_at = time_of(time)
        if happened_at is None:
            raise NotFoundError("time")
        entry = await entries.lock(tx, viewer.account_id, inbox.id, time, happened_at)
        if entry is None:
            raise await self._missing(tx, inbox, time, happened_at)
        marked = replace(
            entry,
            is_unread=entry.is_unread if status is None else status == "unread",
            is_open=entry.is_open if open_ is None else open_ == "open",
        )
        await entries.mark(tx, marked)
        (shown,) = await self._shown(tx, inbox, [marked])
        return shown

    async def conversation(
        self, tx: Tx, viewer: Viewer, contact_id: UUID, before: tuple[datetime, UUID] | None, limit: int
    ) -> list[ConversationEvent]:
        """What happened with a contact, the newest first; nothing for a contact that is not there, or that only
        inboxes know which the viewer may not see. Messages show how far they have come by now.
        """
        contact = await self.find_contact(tx, viewer, contact_id)
        if contact is None:
            return []
        threads = [contact.id, *(thread_of(viewer.account_id, number) for number in numbers_of(contact))]
        found = await conversations.page(tx, viewer.account_id, threads, before, limit)
        sent = [one for one in found if one.type == "sms" and one.event["direction"] == "out"]
        states = await self._messaging.states(tx, viewer.account_id, [UUID(one.event["messageId"]) for one in sent])
        return [replace(one, status=states.get(UUID(one.event["messageId"]), one.status)) for one in found]

    async def find_contact(self, tx: Tx, viewer: Viewer, contact_id: UUID) -> Contact | None:
        """A contact whose conversation the viewer may see: one that is in an inbox which the viewer sees, or in none
        yet. None for others.
        """
        key = (viewer.account_id, contact_id)
        contact = (await self._contacts.of_accounts(tx, [key])).get(key)
        if contact is None or viewer.sees_all:
            return contact
        shown_in = set(await entries.inboxes_of(tx, *key))
        if not shown_in or viewer.account_id in shown_in:
            return contact
        own = {inbox.id for inbox in await inboxes.of_user(tx, viewer.account_id, viewer.client_id)}
        return contact if shown_in & own else None

    async def _shown(self, tx: Tx, inbox: Inbox, found: Sequence[Entry]) -> list[ShownEntry]:
        people = [entry.contact_id for entry in found]
        contacts = await self._contacts.of_accounts(tx, [(inbox.account_id, one) for one in people])
        uses = await self._inboxes.last_uses(tx, inbox.account_id, people)
        return [
            ShownEntry(
                entry=entry,
                inbox=inbox,
                contact=contacts.get((inbox.account_id, entry.contact_id)),
                last_use=uses.get(entry.contact_id),
            )
            for entry in found
        ]

    @staticmethod
    async def _missing(tx: Tx, inbox: Inbox, time: UUID, happened_at: datetime) -> Exception:
        """Why no entry is at a time."""
        for event in await conversations.find_all(tx, [(inbox.account_id, time, happened_at)]):
            if moved_to := await entries.time_in(tx, inbox.account_id, inbox.id, event.thread_id):
                return EntryMovedError(moved_to)
        return NotFoundError("time")


def numbers_of(contact: Contact) -> list[str]:
    """The numbers that a contact is known by: its keys, and what its data names as phone numbers."""
    named = [value for name, value in contact.ext_data.items() if _PHONE_NAME.fullmatch(name)]
    candidates = dict.fromkeys([*contact.keys, *named])
    return [number for number in candidates if number.startswith("+") or is_short_code(number)]
