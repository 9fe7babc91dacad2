"""Inboxes (requests 76 and 80 to 82): made, named, given users, deleted; and who may see which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
from msgspec.structs import replace

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.inbox.errors import (
    DefaultInboxError,
    InboxExistsError,
    InboxNotFoundError,
    TooManyInboxesError,
)
from cordboard.domain.inbox.models import Inbox, InboxChanges, InboxSummary, LastUse, Viewer
from cordboard.domain.inbox.repository import entries, inboxes
from cordboard.infra.db import Tx
from cordboard.infra.db.partitions import MONTHS_KEPT
from cordboard.kit.clock import Clock
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import Ids, parse_uuid

MOST_INBOXES: Final = 200
MOST_USERS: Final = 1000
_LONGEST_DISPLAY_NAME: Final = 255
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}[A-Za-z0-9._-]|[A-Za-z0-9]")
_RESERVED: Final = frozenset({"create", "name"})
_RULE: Final = (
    "must be 1 to 64 of the letters A to Z, digits, spaces, dots, dashes and underscores,"
    " begin with a letter or a digit and not end with a space"
)


class InboxService:
    """The verbs of inboxes."""

    def __init__(self, clock: Clock, ids: Ids, accounts: AccountService) -> None:
        self._clock = clock
        self._ids = ids
        self._accounts = accounts

    async def visible(self, tx: Tx, viewer: Viewer, name: str | None) -> Inbox:
        """The inbox of that name, in any case of letters; the default one for None. Raises InboxNotFoundError, for
        inboxes that the viewer may not see too.
        """
        inbox = await self._named(tx, viewer.account_id, name)
        if inbox.is_default or viewer.sees_all:
            return inbox
        if not await inboxes.has_user(tx, viewer.account_id, inbox.id, viewer.client_id):
            raise InboxNotFoundError("inbox")
        return inbox

    async def may_follow(self, tx: Tx, viewer: Viewer, inbox_id: UUID) -> bool:
        """Whether an inbox that the viewer once saw is there and the viewer's to see."""
        if inbox_id == viewer.account_id:
            return True
        if viewer.sees_all:
            return await inboxes.by_id(tx, viewer.account_id, inbox_id) is not None
        return await inboxes.has_user(tx, viewer.account_id, inbox_id, viewer.client_id)

    async def summaries(self, tx: Tx, viewer: Viewer) -> list[InboxSummary]:
        """The inboxes that the viewer may see, the default one first."""
        account_id = viewer.account_id
        if viewer.sees_all:
            found = await inboxes.of_account(tx, account_id)
        else:
            found = await inboxes.of_user(tx, account_id, viewer.client_id)
        shown = [await self._default(tx, account_id), *(one for one in found if not one.is_default)]
        return await self._summed(tx, account_id, shown)

    async def create(self, tx: Tx, account_id: UUID, changes: InboxChanges) -> InboxSummary:
        """A new inbox. Raises InvalidInputError, InboxExistsError, TooManyInboxesError."""
        name = _checked_name(changes.name or "")
        users = await self._users(tx, account_id, changes.client_ids or [])
        if len(await inboxes.of_account(tx, account_id)) >= MOST_INBOXES:
            raise TooManyInboxesError(f"an account may have {MOST_INBOXES} inboxes")
        inbox = Inbox(
            account_id=account_id,
            id=self._ids.random_uuid(),
            name=name,
            display_name=_checked_display_name(changes.display_name or name),
            created_at=self._clock.now(),
        )
        if not await inboxes.insert(tx, inbox):
            raise InboxExistsError("name")
        await inboxes.set_users(tx, inbox, users)
        return InboxSummary(inbox=inbox, client_ids=users)

    async def update(self, tx: Tx, account_id: UUID, name: str, changes: InboxChanges) -> InboxSummary:
        """Changes what is given; its conversations stay in it under a new name too. Raises InboxNotFoundError,
        InvalidInputError, InboxExistsError.
        """
        inbox = await self._named(tx, account_id, name)
        changed = replace(
            inbox,
            name=inbox.name if changes.name is None else _new_name(inbox, changes.name),
            display_name=_checked_display_name(changes.display_name or inbox.display_name),
        )
        if inbox.is_default and changes.client_ids:
            raise InvalidInputError.of("clientIds", "must be empty: everybody who may see inboxes sees the default one")
        users = await self._users(tx, account_id, changes.client_ids or [])
        if inbox.is_default:
            await inboxes.insert(tx, inbox)
        try:
            async with tx.transaction():
                await inboxes.update(tx, changed)
        except asyncpg.UniqueViolationError as error:
            raise InboxExistsError("name") from error
        if changes.client_ids is not None:
            await inboxes.set_users(tx, inbox, users)
        (summary,) = await self._summed(tx, account_id, [changed])
        return summary

    async def delete(self, tx: Tx, account_id: UUID, name: str) -> Inbox:
        """Removes an inbox; its conversations go to the default one. Raises InboxNotFoundError, DefaultInboxError."""
        inbox = await self._named(tx, account_id, name, lock=True)
        if inbox.is_default:
            raise DefaultInboxError
        await entries.move_all(tx, account_id, inbox.id, account_id)
        await inboxes.delete(tx, inbox)
        return inbox

    async def inboxes_of(self, tx: Tx, account_id: UUID, client_id: UUID) -> list[str]:
        """The names of the inboxes that somebody is a user of; the default one, which is everybody's, is not among
        them.
        """
        return (await self.inboxes_of_users(tx, account_id, [client_id])).get(client_id, [])

    async def inboxes_of_users(self, tx: Tx, account_id: UUID, client_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
        """The same for several users; those without any are left out."""
        return await inboxes.names_of_users(tx, account_id, client_ids) if client_ids else {}

    async def last_uses(self, tx: Tx, account_id: UUID, contact_ids: Sequence[UUID]) -> dict[UUID, LastUse]:
        """When, how and in which inbox contacts were shown last; who never was is left out."""
        return await entries.last_uses(tx, account_id, contact_ids) if contact_ids else {}

    async def forget_old(self, tx: Tx) -> None:
        """Removes entries whose events are past their retention; for the upkeep."""
        now = self._clock.now()
        months = now.year * 12 + now.month - 1 - MONTHS_KEPT
        await entries.forget_before(tx, datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC))

    async def _named(self, tx: Tx, account_id: UUID, name: str | None, *, lock: bool = False) -> Inbox:
        if not name or parse_uuid(name) == account_id:
            return await self._default(tx, account_id)
        inbox = await inboxes.by_name(tx, account_id, name, lock=lock)
        if inbox is None:
            raise InboxNotFoundError("inbox")
        return inbox

    async def _default(self, tx: Tx, account_id: UUID) -> Inbox:
        """The account's own inbox, whether it was ever given a name to show or not."""
        return await inboxes.by_id(tx, account_id, account_id) or Inbox(
            account_id=account_id,
            id=account_id,
            name=str(account_id),
            display_name="Inbox",
            created_at=self._clock.now(),
        )

    async def _summed(self, tx: Tx, account_id: UUID, shown: Sequence[Inbox]) -> list[InboxSummary]:
        ids = [inbox.id for inbox in shown]
        users, counts = await inboxes.users_of(tx, account_id, ids), await entries.counts(tx, account_id, ids)
        return [
            InboxSummary(
                inbox=inbox, client_ids=users.get(inbox.id, []), unread=counts[inbox.id][0], open=counts[inbox.id][1]
            )
            for inbox in shown
        ]

    async def _users(self, tx: Tx, account_id: UUID, client_ids: Sequence[UUID]) -> list[UUID]:
        """The ids, once it is sure that all are users of the account. Raises InvalidInputError."""
        wanted = list(dict.fromkeys(client_ids))
        if len(wanted) > MOST_USERS:
            raise InvalidInputError.of("clientIds", f"may name {MOST_USERS} users")
        strangers = set(wanted) - (await self._accounts.usernames(tx, account_id, wanted)).keys()
        if strangers:
            raise InvalidInputError.of("clientIds", f"{min(strangers)} is no user of the account")
        return wanted


def _new_name(inbox: Inbox, name: str) -> str:
    if name.lower() == inbox.name.lower() and inbox.is_default:
        return inbox.name
    if inbox.is_default:
        raise InvalidInputError.of("name", "of the default inbox stays; change its displayName")
    return _checked_name(name)


def _checked_name(name: str) -> str:
    """Raises InvalidInputError for what could be no name, or could be taken for something else."""
    if not name:
        raise InvalidInputError.of("name", "is required")
    if not _NAME.fullmatch(name):
        raise InvalidInputError.of("name", _RULE)
    if parse_uuid(name):
        raise InvalidInputError.of("name", "must not be a UUID: those name the default inboxes of accounts")
    if name.lower() in _RESERVED:
        raise InvalidInputError.of("name", f"must not be {name.lower()}")
    return name


def _checked_display_name(name: str) -> str:
    if len(name) > _LONGEST_DISPLAY_NAME:
        raise InvalidInputError.of("displayName", f"may have {_LONGEST_DISPLAY_NAME} characters")
    return name
