"""Inboxes, the events of conversations, how a conversation stands in an inbox, and what sockets are told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.contacts.models import Contact

EventType = Literal["sms", "call", "voicemail", "recording", "notes", "externalEvent"]
Direction = Literal["in", "out"]
ReadStatus = Literal["read", "unread"]
OpenState = Literal["open", "closed"]
OpenFilter = Literal["open", "closed", "all"]

UPLOAD: Final = "upload"
"""The kind of what sockets are told of an account's uploads."""


class Viewer(msgspec.Struct, frozen=True):
    """Who looks. `sees_all`: every inbox of the account, else those that the user is a user of, and the default one."""

    account_id: UUID
    client_id: UUID
    sees_all: bool


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """A place where published events of some kind of business arrive. An account's default inbox has the account's id,
    and its name too.
    """

    account_id: UUID
    id: UUID
    name: str
    display_name: str
    created_at: datetime

    @property
    def is_default(self) -> bool:
        """Whether it is the account's own, which everybody sees who may see inboxes."""
        return self.id == self.account_id


class InboxChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a request sets, unchecked; None leaves it as it is."""

    name: str | None = None
    display_name: str | None = None
    client_ids: list[UUID] | None = None


class InboxSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An inbox, its users, and how many of its conversations are open, and unread among those."""

    inbox: Inbox
    client_ids: list[UUID]
    unread: int = 0
    open: int = 0


class ConversationEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened. `time` is a time UUID and `happened_at` the moment inside it; `event` is what is shown.

    `thread_id` is a contact's id, or `thread_of` the number of somebody who is no contact.
    """

    account_id: UUID
    time: UUID
    happened_at: datetime
    thread_id: UUID
    type: EventType
    status: str
    event: dict[str, Any]


def is_news(event_type: str, event: Mapping[str, Any]) -> bool:
    """Whether an event that is published is for somebody to read: our own texts are not."""
    return event_type != "sms" or event.get("direction") != "out"


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a contact that an inbox is to show; `is_news` makes the conversation unread."""

    account_id: UUID
    contact_id: UUID
    inbox_id: UUID
    time: UUID
    happened_at: datetime
    type: str
    is_news: bool = True


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as it stands in an inbox, with the newest event that was published there."""

    account_id: UUID
    contact_id: UUID
    inbox_id: UUID
    time: UUID
    happened_at: datetime
    type: str
    is_unread: bool
    is_open: bool
    event: dict[str, Any]


class LastUse(msgspec.Struct, frozen=True):
    """The newest published event of a contact: its time UUID and type, and the name of its inbox."""

    time: UUID
    method: str
    inbox: str


class ShownEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with all that is shown beside it."""

    entry: Entry
    inbox: Inbox
    contact: Contact | None
    last_use: LastUse | None


class EntryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries; times are half open. `before`: only those older than the entry of this moment and time UUID."""

    start: datetime
    end: datetime
    limit: int
    open: OpenFilter = "open"
    before: tuple[datetime, UUID] | None = None


class FeedItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that sockets are told. `id` grows. `inbox_id` None: all sockets of the account, `payload` as it is;
    else `event` was published in the inbox named `inbox`.
    """

    id: int
    account_id: UUID
    inbox_id: UUID | None
    contact_id: UUID | None
    time: UUID | None
    happened_at: datetime | None
    kind: str
    payload: Any
    created_at: datetime
    event: dict[str, Any] | None
    inbox: str
    contact: Contact | None = None
