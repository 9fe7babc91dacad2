"""What live lists tell, from the database's notifications to the sockets of this process."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, TypeAlias
from uuid import UUID

from cordboard.domain.live_lists import signals
from cordboard.domain.live_lists.models import AccessChange, Growth
from cordboard.edge.sockets.sessions import TooSlowError

MOST_WAITING: Final = 256
"""Items that wait for a socket; one that needs more is too slow."""

Item: TypeAlias = Growth | AccessChange


class Listener:
    """A socket's place among the others: what happens in its account, in order."""

    __slots__ = ("_is_lost", "_items", "_news", "account_id")

    def __init__(self, account_id: UUID) -> None:
        self.account_id = account_id
        self._items: deque[Item] = deque()
        self._news = asyncio.Event()
        self._is_lost = False

    def offer(self, item: Item) -> None:
        """Another item."""
        if len(self._items) < MOST_WAITING:
            self._items.append(item)
        else:
            self._is_lost = True
        self._news.set()

    async def next(self) -> Item:
        """The next item. Raises TooSlowError once there were too many."""
        while not self._items:
            self._news.clear()
            await self._news.wait()
        if self._is_lost:
            raise TooSlowError
        return self._items.popleft()


class LiveListHub:
    """One a process."""

    def __init__(self) -> None:
        self._listeners: dict[UUID, set[Listener]] = {}

    def join(self, listener: Listener) -> None:
        """From now on the listener is told."""
        self._listeners.setdefault(listener.account_id, set()).add(listener)

    def leave(self, listener: Listener) -> None:
        """It is told nothing more; harmless for one that never joined."""
        listeners = self._listeners.get(listener.account_id, set())
        listeners.discard(listener)
        if not listeners:
            self._listeners.pop(listener.account_id, None)

    def notified(self, payload: str) -> None:
        """Hands on a notification of `signals.CHANNEL`."""
        signal = signals.read(payload)
        if (item := signal.growth or signal.access) is None:
            return
        for listener in self._listeners.get(item.account_id, ()):
            listener.offer(item)
