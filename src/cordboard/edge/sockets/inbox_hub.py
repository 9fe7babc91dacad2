"""What inboxes tell, from the feed to the sockets of this process: read once, encoded once, handed to many."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.inbox.feed import InboxFeed
from cordboard.domain.inbox.models import FeedItem, LastUse, is_news
from cordboard.domain.inbox.shaping import day_of
from cordboard.edge.api.v4.inbox_fields import render_snapshot
from cordboard.edge.sockets.sessions import TooSlowError
from cordboard.infra.db import Database
from cordboard.infra.db.pool import wait_for_work
from cordboard.kit.clock import Clock

MOST_WAITING: Final = 256
"""Frames that wait for a socket; one that needs more is too slow."""

_PAGE: Final = 500
_POLL_SECONDS: Final = 2.0
_TIME: Final = "%Y-%m-%d %H:%M:%S"


class Listener:
    """A socket's place among the others: what it is to be told, in order."""

    __slots__ = ("_frames", "_is_lost", "_news", "account_id", "after", "inbox_id")

    def __init__(self, account_id: UUID, inbox_id: UUID) -> None:
        self.account_id = account_id
        self.inbox_id = inbox_id
        self.after = 0
        self._frames: deque[str] = deque()
        self._news = asyncio.Event()
        self._is_lost = False

    def offer(self, item_id: int, frame: str) -> None:
        """Another frame, unless the socket has had it."""
        if item_id <= self.after:
            return
        self.after = item_id
        if len(self._frames) < MOST_WAITING:
            self._frames.append(frame)
        else:
            self._is_lost = True
        self._news.set()

    async def next(self) -> str:
        """The next frame. Raises TooSlowError once there were too many."""
        while not self._frames:
            self._news.clear()
            await self._news.wait()
        if self._is_lost:
            raise TooSlowError
        return self._frames.popleft()


class InboxHub:
    """One a process. `run` reads on while sockets come and go."""

    def __init__(self, database: Database, feed: InboxFeed, clock: Clock) -> None:
        self._database = database
        self._feed = feed
        self._clock = clock
        self._listeners: dict[UUID, dict[UUID, set[Listener]]] = {}
        self._position: int | None = None
        # While the feed is being read for the accounts that listen, nobody may join: what is being read would be
        # missed.
        self._turn = asyncio.Lock()

    async def run(self, wakeup: asyncio.Event) -> None:
        """Hands on what is new until cancelled; `wakeup` says that there is something."""
        while True:
            await self.catch_up()
            await wait_for_work(wakeup, _POLL_SECONDS)

    async def catch_up(self) -> None:
        """Hands on what is new."""
        async with self._turn:
            while await self._read():
                pass

    async def start_after(self, given: int | None) -> int:
        """Where a socket begins that has had everything up to `given`: not beyond what there is; now for None."""
        async with self._turn:
            position = await self._known_position()
        if given is None or given <= position:
            return position if given is None else max(given, 0)
        async with self._database.connection() as connection:
            return min(given, await self._feed.newest(connection))

    async def join(self, listener: Listener, after: int) -> bool:
        """From now on the listener is told everything above `after`. False while what is below has passed by already:
        `missed` tells of it.
        """
        async with self._turn:
            if after < await self._known_position():
                return False
            listener.after = after
            self._listeners.setdefault(listener.account_id, {}).setdefault(listener.inbox_id, set()).add(listener)
            return True

    def leave(self, listener: Listener) -> None:
        """It is told nothing more; harmless for one that never joined."""
        inboxes = self._listeners.get(listener.account_id, {})
        if (listeners := inboxes.get(listener.inbox_id)) is None:
            return
        listeners.discard(listener)
        if not listeners:
            del inboxes[listener.inbox_id]
        if not inboxes:
            del self._listeners[listener.account_id]

    async def missed(self, listener: Listener, after: int) -> tuple[list[str], int]:
        """A page of what passed by above `after`, and how far it reaches."""
        upto = self._position or 0
        async with self._database.connection() as connection:
            items = await self._feed.of_inbox(
                connection, listener.account_id, listener.inbox_id, after, upto, MOST_WAITING
            )
        reached = items[-1].id if len(items) == MOST_WAITING else max(upto, after)
        return [encode_item(item) for item in items], reached

    def login_frame(self, after: int) -> str:
        """The first frame: that the socket is let in, and the id after which it is told everything."""
        return _encode("login success", {}, f"{self._clock.now():{_TIME}}", after)

    async def _known_position(self) -> int:
        if self._position is None:
            async with self._database.connection() as connection:
                self._position = await self._feed.newest(connection)
        return self._position

    async def _read(self) -> bool:
        """A page of what is new; whether there is more."""
        async with self._database.connection() as connection:
            newest = await self._feed.newest(connection)
            if self._position is None or newest <= self._position:
                self._position = newest  # what was restored from a backup begins at an earlier place
                return False
            accounts = list(self._listeners)
            items = (
                await self._feed.of_accounts(connection, accounts, self._position, newest, _PAGE) if accounts else []
            )
        for item in items:
            self._hand_on(item)
        is_full = len(items) == _PAGE
        self._position = items[-1].id if is_full else newest
        return is_full

    def _hand_on(self, item: FeedItem) -> None:
        inboxes = self._listeners.get(item.account_id, {})
        groups: Iterable[set[Listener]] = (
            inboxes.values() if item.inbox_id is None else filter(None, [inboxes.get(item.inbox_id)])
        )
        frame = ""
        for listeners in groups:
            for listener in listeners:
                frame = frame or encode_item(item)
                listener.offer(item.id, frame)


def encode_item(item: FeedItem) -> str:
    """An item as the reference shows it, with its id."""
    moment = f"{item.created_at:{_TIME}}"
    if item.contact_id is None or item.time is None or item.happened_at is None:
        return _encode(item.kind, item.payload, moment, item.id)
    last_use = LastUse(item.time, item.kind, item.inbox)
    payload = {
        "accountSid": item.account_id,
        "inboxKey": item.inbox,
        "contactId": item.contact_id,
        "status": "unread" if is_news(item.kind, item.event or {}) else "read",
        "inboxPartition": day_of(item.happened_at),
        "contact": render_snapshot(item.account_id, item.contact_id, item.contact, last_use),
        "event": item.event or {},
        "eventId": item.time,
        "type": item.kind,
    }
    return _encode(item.kind, payload, moment, item.id)


def _encode(kind: str, payload: Any, moment: str, item_id: int) -> str:
    frame = {"messageType": kind, "messagePayloadObject": payload, "utcTimestamp": moment, "eventId": item_id}
    return msgspec.json.encode(frame).decode()
