"""Two parties who talk with each other, in a room of their own; either may be replaced by a transfer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError
from cordboard.kit.ids import Ids

STAR: Final = "*"


class Pair:
    """`left` is whose call it is, `right` whom it reached. When one ends, so does the other; `keep_left`: the left one
    stays, because a document goes on with it.
    """

    def __init__(self, left: Party, right: Party, *, keep_left: bool) -> None:
        self.room = Ids.random_uuid().hex
        self._left = left
        self._right = right
        self._keep_left = keep_left
        self._changed = asyncio.Event()
        self._dropped = False
        self._released: Party | None = None
        self.over = asyncio.Event()

    @property
    def parties(self) -> tuple[Party, Party]:
        """Both, the left one first."""
        return self._left, self._right

    def other(self, party: Party) -> Party:
        """Whom a party talks with."""
        return self._right if party is self._left else self._left

    async def join(self) -> None:
        """Puts both into the room. Raises EngineError."""
        await self._left.media.join(self.room)
        await self._right.media.join(self.room)

    async def replace(self, old: Party, new: Party) -> None:
        """Puts another party in the place of one. Raises EngineError."""
        await new.media.join(self.room)
        if old is self._left:
            self._left, self._keep_left = new, False
        else:
            self._right = new
        self._changed.set()

    def release(self, party: Party) -> None:
        """Lets a party go somewhere else; the pair is over, and the other one ends."""
        self._released = party
        self._changed.set()

    def drop(self) -> None:
        """Ends the right party; the left one stays if it may."""
        self._dropped = True
        self._changed.set()

    async def run(self, limit_seconds: float | None = None) -> None:
        """Keeps them together until one of them ends, time is up, or the pair is dropped."""
        try:
            async with asyncio.timeout(limit_seconds):
                while not self._is_over():
                    self._changed.clear()
                    await first_of(self._left.ended, self._right.ended, self._changed)
        except TimeoutError:
            self._end(self._right, "the time limit of the call is reached")
        finally:
            await self._part()

    def _is_over(self) -> bool:
        return self._dropped or self._released is not None or self._left.is_over or self._right.is_over

    async def _part(self) -> None:
        for party in self.parties:
            if party is self._released:
                continue
            if party is self._left and self._keep_left and not party.is_over:
                await _leave(party)
            else:
                self._end(party, "the other party ended")
        self.over.set()

    @staticmethod
    def _end(party: Party, reason: str) -> None:
        party.end(End(status="completed", reason=reason, by="SYSTEM END"))


def on_key(party: Party, key: str, then: Callable[[], None]) -> Callable[[], None]:
    """Calls `then` when the party presses a key; the answer ends that."""
    return party.media.listen(lambda digit: then() if digit == key else None)


async def _leave(party: Party) -> None:
    try:
        await party.media.leave()
    except EngineError:
        return  # it has just ended: its room went with it
