"""Turns: many who want the same few places, a fair share for each."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from cordboard.kit.errors import TooManyRequestsError


class Turns:
    """At most `most` hold a place at once, and of one party at most `most_of_one`. A free place goes to the parties in
    turn, within a party to who came first. Of one party at most `most_waiting` wait.
    """

    def __init__(self, *, most: int, most_of_one: int, most_waiting: int = 100) -> None:
        self._free = most
        self._most_of_one = most_of_one
        self._most_waiting = most_waiting
        self._held: Counter[Hashable] = Counter()
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def taken(self, party: Hashable, *, wait: bool = True) -> AsyncIterator[None]:
        """Waits for a place and holds it within the block. Raises TooManyRequestsError when too many wait already, or
        without `wait` when there is none at once.
        """
        await self._wait(party, 0 if not wait else self._most_waiting)
        try:
            yield
        finally:
            self._leave(party)

    async def _wait(self, party: Hashable, most_waiting: int) -> None:
        free = self._free and self._held[party] < self._most_of_one
        if not free and len(self._waiting.get(party, ())) >= most_waiting:
            raise TooManyRequestsError("too many of these requests are under way already")
        queue = self._waiting.setdefault(party, deque())
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._call()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(party, turn)
            else:  # it was called at the very moment that it gave up
                self._leave(party)
            raise

    def _forget(self, party: Hashable, turn: asyncio.Future[None]) -> None:
        queue = self._waiting.get(party)
        if queue is None or turn not in queue:
            return
        queue.remove(turn)
        if not queue:
            del self._waiting[party]

    def _leave(self, party: Hashable) -> None:
        self._free += 1
        self._held[party] -= 1
        if not self._held[party]:
            del self._held[party]
        self._call()

    def _call(self) -> None:
        """Gives the free places away; a party that got one goes to the end of the line."""
        while self._free and (party := self._next()) is not None:
            queue = self._waiting.pop(party)
            turn = queue.popleft()
            if queue:
                self._waiting[party] = queue
            if turn.done():
                continue
            self._free -= 1
            self._held[party] += 1
            turn.set_result(None)

    def _next(self) -> Hashable | None:
        return next((party for party in self._waiting if self._held[party] < self._most_of_one), None)
