"""Conferences at this process: who is in which room, who hears whom, and what happens when somebody comes or goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.voice.models import Conference, Member
from cordboard.edge.calls.media_leg import play
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.party import Party
from cordboard.edge.calls.services import CallServices
from cordboard.edge.calls.sounds import ENTER, LEAVE
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip, Play
from cordboard.infra.tasks import Tasks
from cordboard.kit.ids import Ids

_FEWEST_OF_MINI: Final = 2
Told = Callable[[str, Member | None], Awaitable[None]]
"""Is told who comes (`enter`) and goes (`exit`), and when the conference is over (`end`, without a member)."""


class ConferenceFullError(Exception):
    """The room has as many members as it may have, or is at another process."""


class Seat:
    """A party in a room; `left` is set when it is out again."""

    def __init__(self, party: Party, member: Member) -> None:
        self.party = party
        self.member = member
        self.left = asyncio.Event()
        self.silenced: set[int] = set()
        """Members that do not hear this one."""
        self.held = False


class Room:
    """One conference. `lively` while it has started and two or more can talk, `quiet` else: then its members hear
    music.
    """

    def __init__(self, services: CallServices, conference: Conference, router: MediaRouter) -> None:
        self.conference = conference
        self.router = router
        self.media_id = Ids.random_uuid().hex
        self.seats: dict[int, Seat] = {}
        self.lively = asyncio.Event()
        self.quiet = asyncio.Event()
        self.over = asyncio.Event()
        """It has ended."""
        self._started = False
        self.on_change: Told | None = None
        self._services = services
        self._next_id = 1
        self._was_pair = False
        self._sounds = Tasks()
        self._going: list[Seat] = []
        """Those whose going is not written down yet."""

    def seat_of(self, name: str) -> Seat | None:
        """A member by its number or its call's id."""
        for seat in self.seats.values():
            if name in (str(seat.member.member_id), str(seat.member.call_id)):
                return seat
        return None

    def require_place(self, most: int) -> None:
        """Raises ConferenceFullError when the room has `most` members."""
        if len(self.talkers()) >= most:
            raise ConferenceFullError(f"the conference has its {most} members")

    def talkers(self) -> list[Seat]:
        """Those who count."""
        return [seat for seat in self.seats.values() if not seat.member.ghost]

    def start(self) -> None:
        """Somebody came whose coming starts it."""
        self._started = True
        self._gauge()

    async def enter(
        self,
        party: Party,
        *,
        mute: bool = False,
        deaf: bool = False,
        ghost: bool = False,
        beep: bool = False,
        no_speak_to: Iterable[str] = (),
    ) -> Seat:
        """Somebody comes in. Raises EngineError."""
        record = party.record
        member = Member(
            account_id=self.conference.account_id,
            conference_id=self.conference.id,
            member_id=self._next_id,
            call_id=record.id,
            name=record.caller if record.direction == "inbound" else record.callee,
            caller_id_number=record.caller if record.direction == "outbound" else "",
            mute=mute,
            deaf=deaf,
            ghost=ghost,
            joined_at=self._services.clock.now(),
        )
        self._next_id += 1
        seat = Seat(party, member)
        self.seats[member.member_id] = seat
        party.conference_id = self.conference.id
        try:
            await self._let_in(seat, no_speak_to)
        except BaseException:
            await self.leave(seat)
            raise
        self._was_pair = self._was_pair or len(self.talkers()) >= _FEWEST_OF_MINI
        self._gauge()
        if beep:
            self._sound(ENTER)
        await self._tell("enter", member)
        return seat

    async def _let_in(self, seat: Seat, no_speak_to: Iterable[str]) -> None:
        """Nobody hears for a moment whom it shall not hear."""
        member = seat.member
        unheard = [other for name in no_speak_to if (other := self.seat_of(name))]
        await seat.party.media.join(self.media_id, mute=member.mute or bool(unheard), deaf=member.deaf)
        for other in unheard:
            await self.link(seat, other, hears=False)
        if unheard:
            await seat.party.media.set_member(mute=member.mute, deaf=member.deaf)
        async with self._services.database.transaction() as tx:
            await self._services.voice.conferences.join(tx, self.conference, member)

    async def leave(self, seat: Seat, *, beep: bool = False) -> None:
        """Somebody goes; harmless when it has."""
        if self.seats.pop(seat.member.member_id, None) is None:
            return
        self._going.append(seat)
        self._gauge()
        try:
            await self._let_out(seat)
            if beep and self.seats:
                self._sound(LEAVE)
            await self._tell("exit", seat.member)
        finally:
            self._going.remove(seat)
            seat.left.set()

    async def _let_out(self, seat: Seat) -> None:
        if not seat.party.is_over:
            try:
                await seat.party.media.leave()
            except EngineError:
                seat.party.media.lost.set()
        async with self._services.database.transaction() as tx:
            await self._services.voice.conferences.leave(tx, self.conference, seat.member)

    @property
    def must_end(self) -> bool:
        """Whether it is over: nobody who counts is left, or a mini conference that was a pair is none any more."""
        talkers = len(self.talkers())
        return not talkers or (self.conference.mini and self._was_pair and talkers < _FEWEST_OF_MINI)

    async def set_member(self, seat: Seat, *, mute: bool | None = None, deaf: bool | None = None) -> None:
        """Mutes or deafens a member, or no longer. Raises EngineError."""
        member = seat.member
        seat.member = replace(
            member, mute=member.mute if mute is None else mute, deaf=member.deaf if deaf is None else deaf
        )
        await self._apply(seat)
        async with self._services.database.transaction() as tx:
            await self._services.voice.conferences.change(tx, seat.member)

    async def hold(self, seat: Seat, *, held: bool) -> None:
        """A member holds, or resumes: the music that its phone may send meanwhile is not for the others. Raises
        EngineError.
        """
        seat.held = held
        await self._apply(seat)

    async def link(self, source: Seat, destination: Seat, *, hears: bool) -> None:
        """Whether `destination` hears `source`. Raises EngineError."""
        number = destination.member.member_id
        (source.silenced.discard if hears else source.silenced.add)(number)
        await source.party.media.set_pair(destination.party.media, 1.0 if hears else 0.0)

    async def clear(self, seat: Seat) -> None:
        """Takes all rules off a member: muting, and whom it hears and is heard by. Raises EngineError."""
        for other in list(self.seats.values()):
            if other.member.member_id in seat.silenced:
                await self.link(seat, other, hears=True)
            if seat.member.member_id in other.silenced:
                await self.link(other, seat, hears=True)
        await self.set_member(seat, mute=False, deaf=False)

    async def play(self, clips: list[Clip]) -> None:
        """All members hear it. Raises EngineError."""
        await play(self.router, Play(play=Ids.random_uuid().hex, room=self.media_id, clips=clips, mix=True))

    async def end(self) -> None:
        """Sends everybody out; it is over."""
        self.over.set()
        for seat in list(self.seats.values()):
            await self.leave(seat)
        for seat in list(self._going):
            await seat.left.wait()
        await self._tell("end", None)

    async def _apply(self, seat: Seat) -> None:
        await seat.party.media.set_member(mute=seat.member.mute or seat.held, deaf=seat.member.deaf)

    def _gauge(self) -> None:
        lively = self._started and len(self.talkers()) > 1
        (self.lively.set if lively else self.lively.clear)()
        (self.quiet.clear if lively else self.quiet.set)()

    def _sound(self, clips: Iterable[Clip]) -> None:
        self._sounds.start(_quietly(self.play(list(clips))))

    async def _tell(self, action: str, member: Member | None) -> None:
        if self.on_change is not None:
            await self.on_change(action, member)


class Rooms:
    """The rooms of one process. Opening and ending take turns: nobody comes into a room that is about to end."""

    def __init__(self, services: CallServices) -> None:
        self._services = services
        self._rooms: dict[UUID, Room] = {}
        self._turn = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._rooms)

    def find(self, conference_id: UUID) -> Room | None:
        """A room that is here."""
        return self._rooms.get(conference_id)

    async def open(self, account_id: UUID, name: str, router: MediaRouter, *, mini: bool) -> Room:
        """The account's room of that name, made where there is none; to be entered at once. Raises ConferenceFullError
        when another process or engine has it.
        """
        services = self._services
        async with self._turn:
            async with services.database.transaction() as tx:
                conference = await services.voice.conferences.open(
                    tx, account_id, name, services.ledger.node, mini=mini
                )
            room = self._rooms.get(conference.id)
            if room is None and conference.node == services.ledger.node:
                room = self._rooms[conference.id] = Room(services, conference, router)
        if room is None or room.router is not router:
            raise ConferenceFullError("the conference is held at another voice or media process")
        return room

    async def settle(self, room: Room) -> None:
        """Ends a room that must end; whoever is left in it is sent out."""
        if room.must_end:
            await self._end(room, must=True)

    async def close(self, room: Room) -> None:
        """Sends everybody out and ends it."""
        await self._end(room, must=False)

    async def _end(self, room: Room, *, must: bool) -> None:
        async with self._turn:
            if (must and not room.must_end) or self._rooms.pop(room.conference.id, None) is None:
                return
            await room.end()
            async with self._services.database.transaction() as tx:
                await self._services.voice.conferences.end(tx, room.conference)


async def _quietly(sound: Awaitable[None]) -> None:
    """A sound that may come too late: the room may be gone."""
    try:
        await sound
    except EngineError:
        return
