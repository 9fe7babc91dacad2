"""Puts contacts that were added or changed into segments, where searches find them quickly."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from cordboard.domain.contacts.search.folding import SEGMENT_SIZE, segment_of
from cordboard.domain.contacts.search.repository import segments
from cordboard.infra.db import Database
from cordboard.kit.clock import monotonic

_SEGMENTS_AT_ONCE: Final = 16
_BATCHES_AT_ONCE: Final = 16
_PAUSE_SECONDS: Final = 1.0
_LONGEST_REST: Final = 3.0
_RENEWAL_SECONDS: Final = 3600.0
_log = structlog.get_logger(__name__)


class IndexContacts:
    """Works through the changes of each account once there are enough for a segment: what waits is found as well, by
    looking at each. Several processes may do it at once. `size` is how many contacts a segment holds.
    """

    def __init__(self, database: Database, *, size: int = SEGMENT_SIZE) -> None:
        self._database = database
        self._size = size
        self._unsettled = False

    async def run(self) -> None:
        """Works until cancelled. It rests as long as it works: contacts that come by the million are taken the sooner,
        and are found meanwhile as well.
        """
        renewed = monotonic()
        while True:
            began = monotonic()
            try:
                done = await self.once()
                if monotonic() - renewed > _RENEWAL_SECONDS:
                    renewed = monotonic()
                    await self.renew()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("contacts.index_waits", error=repr(error))
                done = False
            await asyncio.sleep(min(_LONGEST_REST, monotonic() - began) if done else _PAUSE_SECONDS)

    async def once(self) -> bool:
        """Some batches of each account that has enough; whether there was any."""
        async with self._database.connection() as connection:
            accounts = await segments.accounts_with_changes(connection, self._size)
            if not accounts and self._unsettled:
                await segments.settle_tokens(connection)
            self._unsettled = bool(accounts)
        for account_id in accounts:
            await self._index(account_id)
        return bool(accounts)

    async def renew(self) -> None:
        """Has the segments of those accounts made anew that hold mostly what contacts were before."""
        async with self._database.connection() as connection:
            worn = await segments.worn_accounts(connection, self._size)
        for account_id in worn:
            async with self._database.transaction() as tx:
                await segments.start_anew(tx, account_id)

    async def _index(self, account_id: UUID) -> None:
        """Goes on from the last number: what was before it is dead, and costs time to pass by."""
        most, after = self._size * _SEGMENTS_AT_ONCE, 0
        for _ in range(_BATCHES_AT_ONCE):
            async with self._database.transaction() as tx:
                ids, after = await segments.take_changes(tx, account_id, most, after)
                found = await segments.contents(tx, account_id, ids)
                made = [segment_of(account_id, found[at : at + self._size]) for at in range(0, len(found), self._size)]
                await segments.add(tx, account_id, made)
            if len(ids) < most:
                return
