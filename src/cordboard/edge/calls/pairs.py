"""Two parties who talk with each other; either may be replaced by a transfer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.places import Place
from cordboard.edge.calls.sounds import HOLD_MUSIC, RINGBACK
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip
from cordboard.infra.tasks import Tasks


class Pair:
    """`left` is whose call it is, `right` whom it reached. When one ends, so does the other; `keep_left`: the left one
    stays, because a document goes on with it. Keys that cannot be heard are passed on. While one of them holds, the
    other hears music, in place of whatever a phone on hold may send.
    """

    def __init__(self, left: Party, right: Party, place: Place, *, keep_left: bool) -> None:
        self._place = place
        self._left = left
        self._right = right
        self._keep_left = keep_left
        self._changed = asyncio.Event()
        self._dropped = False
        self._leaving: Party | None = None
        self._beside = Tasks()
        self._music: dict[Party, asyncio.Task[None]] = {}
        self.released: Party | None = None
        """Who was let go somewhere else."""
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
        await self._keep_holding()

    async def replace(self, old: Party, new: Party) -> None:
        """Puts another party in the place of one. Raises EngineError."""
        await self._enter(new)
        other = self.other(old)
        if old is self._left:
            self._left, self._keep_left = new, False
        else:
            self._right = new
        self._forget(old)
        self._stop_music(other)
        await self._keep_holding()
        self._changed.set()
        await self._place.leave(old)

    def release(self, party: Party) -> None:
        """Lets a party go somewhere else; the pair is over, and the other one ends."""
        self.released = party
        self._changed.set()

    def await_successor(self, party: Party) -> None:
        """A party has somebody called in its place, and may go before that one comes: the other hears it ring."""
        self._leaving = party
        party.ended.add_done_callback(lambda _: self._ring_for(party))

    def expect_nobody(self) -> None:
        """The successor has come, or will not."""
        self._leaving = None
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
                    there = [party.ended for party in self.parties if not party.is_over]
                    await first_of(*there, self._changed, self._place.over)
                    await self._let_out()
        except TimeoutError:
            self._end(self._right, "the time limit of the call is reached")
        finally:
            await self.part()

    async def part(self) -> None:
        """Both out of their place, and whoever does not stay is ended."""
        for party in self.parties:
            self._forget(party)
            self._stop_music(party)
            await self._place.leave(party)
        for party in self.parties:
            if party is not self.released and not (party is self._left and self._keep_left):
                self._end(party, "the other party ended")
        self.over.set()

    async def _let_out(self) -> None:
        """Whoever has ended is in the place no longer, even if others talk on there."""
        for party in self.parties:
            if party.is_over and party is not self._leaving:
                await self._place.leave(party)

    def _is_over(self) -> bool:
        if self._dropped or self.released is not None or self._place.over.is_set():
            return True
        gone = [party for party in self.parties if party.is_over]
        if gone == [self._leaving]:
            return False
        return len(gone) == len(self.parties) or (bool(gone) and not self._place.is_lively())

    async def _enter(self, party: Party) -> None:
        await self._place.enter(party)
        party.media.relay(lambda digit: self._pass_on(party, digit))
        party.on_hold = lambda held: self._hold(party, held=held)

    def _forget(self, party: Party) -> None:
        party.on_hold = None
        if party.has_media:
            party.media.relay(None)

    def _pass_on(self, party: Party, digit: str) -> None:
        other = self.other(party)
        if not other.is_over and other.has_media:
            self._beside.start(_send(other, digit))

    async def _keep_holding(self) -> None:
        for party in self.parties:
            if party.held:
                await self._hold(party, held=True)

    async def _hold(self, party: Party, *, held: bool) -> None:
        other = self.other(party)
        self._stop_music(other)
        if held:
            self._play(other, HOLD_MUSIC)

    def _ring_for(self, party: Party) -> None:
        if self._leaving is party and party in self.parties and not self.over.is_set():
            self._stop_music(self.other(party))
            self._play(self.other(party), RINGBACK)

    def _play(self, party: Party, clips: Sequence[Clip]) -> None:
        if not party.is_over and party.has_media:
            self._music[party] = self._beside.start(_play(party, clips))

    def _stop_music(self, party: Party) -> None:
        if music := self._music.pop(party, None):
            music.cancel()

    @staticmethod
    def _end(party: Party, reason: str) -> None:
        party.end(End(status="completed", reason=reason, by="SYSTEM END"))


async def _send(party: Party, digit: str) -> None:
    with contextlib.suppress(EngineError):  # it has ended meanwhile
        await party.media.send_digits(digit)


async def _play(party: Party, clips: Sequence[Clip]) -> None:
    with contextlib.suppress(EngineError):  # it has ended meanwhile
        await party.media.play(clips, loops=0)
