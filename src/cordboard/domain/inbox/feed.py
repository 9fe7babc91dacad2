"""What sockets are told, for the processes that hold them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.contacts.service import ContactService
from cordboard.domain.inbox.models import FeedItem
from cordboard.domain.inbox.repository import feed
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock

CHANNEL: Final = feed.CHANNEL
REPLAYED_FOR: Final = timedelta(hours=24)


class InboxFeed:
    """Reads the feed. Rows appear in the order of their ids, so that nothing is missed by reading on from the last."""

    def __init__(self, clock: Clock, contacts: ContactService) -> None:
        self._clock = clock
        self._contacts = contacts

    async def newest(self, tx: Tx) -> int:
        """The id of the last item; 0 where there is none."""
        return await feed.newest(tx)

    async def of_accounts(self, tx: Tx, accounts: Sequence[UUID], after: int, upto: int, limit: int) -> list[FeedItem]:
        """Items of some accounts with ids above `after` up to `upto`, in order."""
        return await self._with_contacts(tx, await feed.of_accounts(tx, accounts, after, upto, limit))

    async def of_inbox(
        self, tx: Tx, account_id: UUID, inbox_id: UUID, after: int, upto: int, limit: int
    ) -> list[FeedItem]:
        """The same for the sockets of one inbox, no older than a day."""
        since = self._clock.now() - REPLAYED_FOR
        found = await feed.of_inbox(tx, account_id, inbox_id, after, upto, since, limit)
        return await self._with_contacts(tx, found)

    async def forget_old(self, tx: Tx) -> None:
        """Removes what is not replayed any more; for the upkeep."""
        await feed.forget_before(tx, self._clock.now() - REPLAYED_FOR)

    async def _with_contacts(self, tx: Tx, items: list[FeedItem]) -> list[FeedItem]:
        keys = {(item.account_id, item.contact_id) for item in items if item.contact_id}
        found = await self._contacts.of_accounts(tx, sorted(keys))
        return [
            replace(item, contact=found.get((item.account_id, item.contact_id))) if item.contact_id else item
            for item in items
        ]
