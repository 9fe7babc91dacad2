"""Where two parties talk: a media room that nobody else knows of, or a mini conference that the API can reach."""

from __future__ import annotations

import asyncio
from typing import Protocol

from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.party import Party
from cordboard.edge.calls.rooms import Room, Rooms, Seat
from cordboard.edge.media.errors import EngineError
from cordboard.kit.ids import Ids


class Place(Protocol):
    """A place for parties. Entering and leaving may be repeated."""

    @property
    def over(self) -> asyncio.Event:
        """Whoever is inside has to go."""
        ...

    async def enter(self, party: Party) -> None:
        """Lets a party in. Raises EngineError."""
        ...

    async def leave(self, party: Party) -> None:
        """Lets a party out; harmless when it is not in, or has ended."""
        ...

    def is_lively(self) -> bool:
        """Whether two or more can still talk with each other."""
        ...


class MediaRoom:
    """The plain place: as quick as it gets, for nothing is written down."""

    def __init__(self) -> None:
        self._name = Ids.random_uuid().hex
        self._inside: list[Party] = []
        self.over = asyncio.Event()

    async def enter(self, party: Party) -> None:
        """Lets a party in."""
        await party.media.join(self._name)
        if party not in self._inside:
            self._inside.append(party)

    async def leave(self, party: Party) -> None:
        """Lets a party out."""
        if party not in self._inside:
            return
        self._inside.remove(party)
        if not party.is_over:
            try:
                await party.media.leave()
            except EngineError:
                party.media.lost.set()

    def is_lively(self) -> bool:
        """Both are there."""
        return sum(not party.is_over for party in self._inside) > 1


class MiniConference:
    """A mini conference: the API may bring others in, mute, and say who hears whom. It lives while two talk."""

    def __init__(self, rooms: Rooms, room: Room) -> None:
        self._rooms = rooms
        self._room = room
        self._seats: dict[Party, Seat] = {}

    @classmethod
    async def open(cls, rooms: Rooms, party: Party, router: MediaRouter) -> MiniConference:
        """For the call of a party. Raises ConferenceFullError."""
        room = await rooms.open(party.record.account_id, f"call {party.record.id}", router, mini=True)
        room.start()
        return cls(rooms, room)

    @property
    def over(self) -> asyncio.Event:
        """The conference has ended."""
        return self._room.over

    async def enter(self, party: Party) -> None:
        """Lets a party in."""
        if party in self._seats:
            return
        try:
            self._seats[party] = await self._room.enter(party)
        except EngineError:
            await self._rooms.settle(self._room)
            raise

    async def leave(self, party: Party) -> None:
        """Lets a party out; fewer than two end the conference."""
        if seat := self._seats.pop(party, None):
            await self._room.leave(seat)
            await self._rooms.settle(self._room)

    def is_lively(self) -> bool:
        """Two of those who count are there."""
        return sum(not seat.party.is_over for seat in self._room.talkers()) > 1
