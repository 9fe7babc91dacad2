"""Two parties who talk with each other; either may be replaced by a transfer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.places import Place
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError

STAR: Final = "*"


class Pair:
    """`left` is whose call it is, `right` whom it reached. When one ends, so does the other; `keep_left`: the left one
    stays, because a document goes on with it. Keys that cannot be heard are passed on.
    """

    def __init__(self, left: Party, right: Party, place: Place, *, keep_left: bool) -> None:
        self._place = place
        self._left = left
        self._right = right
        self._keep_left = keep_left
        self._changed = asyncio.Event()
        self._dropped = False
        self._released: Party | None = None
        self._keys: set[asyncio.Task[None]] = set()
        self.over = asyncio.Event()

    @property
    def parties(self) -> tuple[Party, Party]:
        """Both, the left one first."""
        return self._left, self._right

    def other(self, party: Party) -> Party:
        """Whom a party talks with."""
        return self._right if party is self._left else self._left

    async def join(self) -> None:
        """Brings both together. Raises EngineError."""
        for party in self.parties:
            await self._enter(party)

    async def replace(self, old: Party, new: Party) -> None:
        """Puts another party in the place of one. Raises EngineError."""
        await self._enter(new)
        if old is self._left:
            self._left, self._keep_left = new, False
        else:
            self._right = new
        old.media.relay(None)
        self._changed.set()
        await self._place.leave(old)

    def release(self, party: Party) -> None:
        """Lets a party go somewhere else; the pair is over, and the other one ends."""
        self._released = party
        self._changed.set()

    def drop(self) -> None:
        """Ends the right party; the left one stays if it may."""
        self._dropped = True
        self._changed.set()

    async def run(self, limit_seconds: float | None = None) -> None:
        """Keeps them together until one of them ends and nobody else is there, time is up, or the pair is dropped."""
        try:
            async with asyncio.timeout(limit_seconds):
                while not self._is_over():
                    self._changed.clear()
                    await first_of(*(party.ended for party in self.parties if not party.is_over), self._changed)
        except TimeoutError:
            self._end(self._right, "the time limit of the call is reached")
        finally:
            await self._part()

    def _is_over(self) -> bool:
        if self._dropped or self._released is not None:
            return True
        return any(party.is_over for party in self.parties) and not self._place.is_lively()

    async def _enter(self, party: Party) -> None:
        await self._place.enter(party)
        party.media.relay(lambda digit: self._pass_on(party, digit))

    def _pass_on(self, party: Party, digit: str) -> None:
        other = self.other(party)
        if not other.is_over and other.has_media:
            task = asyncio.create_task(_send(other, digit))
            self._keys.add(task)
            task.add_done_callback(self._keys.discard)

    async def _part(self) -> None:
        for party in self.parties:
            if party.has_media:
                party.media.relay(None)
            await self._place.leave(party)
        for party in self.parties:
            if party is not self._released and not (party is self._left and self._keep_left):
                self._end(party, "the other party ended")
        self.over.set()

    @staticmethod
    def _end(party: Party, reason: str) -> None:
        party.end(End(status="completed", reason=reason, by="SYSTEM END"))


def on_key(party: Party, key: str, then: Callable[[], None]) -> Callable[[], None]:
    """Calls `then` when the party presses a key; the answer ends that."""
    return party.media.listen(lambda digit: then() if digit == key else None)


async def _send(party: Party, digit: str) -> None:
    try:
        await party.media.send_digits(digit)
    except EngineError:
        party.media.lost.set()
