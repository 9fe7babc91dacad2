"""Live lists and who is in line in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cordboard.domain.contacts.models import Contact


class LiveList(msgspec.Struct, frozen=True, kw_only=True):
    """A list under a name that is its own in the account."""

    account_id: UUID
    id: UUID
    name: str
    created_at: datetime


class LiveListSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A list, who may work it off besides administrators, and how many are in line, expired ones among them."""

    live_list: LiveList
    client_ids: list[UUID]
    length: int


class Viewer(msgspec.Struct, frozen=True):
    """Who works lists off: an administrator all of the account, others those that they were given."""

    account_id: UUID
    client_id: UUID
    sees_all: bool


class NewEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that a campaign's run wants in line, until `expires_at` (None: for good). A `key` that is in line
    already adds nothing. `variables` are the run's.
    """

    account_id: UUID
    list_name: str
    key: str
    contact_id: UUID
    campaign_id: UUID
    run_id: UUID
    variables: dict[str, str]
    expires_at: datetime | None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A contact in line. The smallest `sequence` is the next."""

    account_id: UUID
    list_id: UUID
    sequence: int
    contact_id: UUID
    campaign_id: UUID
    run_id: UUID
    key: str
    variables: dict[str, Any]
    expires_at: datetime | None
    added_at: datetime


class QueuedContact(msgspec.Struct, frozen=True):
    """An entry with the list that it is of and the contact as it is now."""

    live_list: LiveList
    entry: Entry
    contact: Contact


class Room(msgspec.Struct, frozen=True):
    """A list as somebody finds it who adds to it: `length` are all in line, `waiting` those that have not expired, as
    far as it matters.
    """

    live_list: LiveList
    length: int
    waiting: int


class Removal(msgspec.Struct, frozen=True):
    """How many were taken out of a line, and whether anybody is left in it, expired or not."""

    count: int
    is_anybody_left: bool


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """That the contacts in line, expired ones aside, became more, one by one from `smallest` to `largest`."""

    account_id: UUID
    list_id: UUID
    list_name: str
    smallest: int
    largest: int


class AccessChange(msgspec.Struct, frozen=True):
    """That lists of an account are others, or others' to work off."""

    account_id: UUID


class Signal(msgspec.Struct, frozen=True):
    """What processes tell each other when a transaction has committed: one of both."""

    growth: Growth | None = None
    access: AccessChange | None = None
