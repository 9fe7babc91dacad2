"""JoinConference: the caller in a room of the account, from its coming to its going."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.models import Member
from cordboard.edge.calls.hands.flow import Flow, Handlers
from cordboard.edge.calls.media_leg import DigitListener
from cordboard.edge.calls.pairs import STAR, on_key
from cordboard.edge.calls.recordings import Recorder
from cordboard.edge.calls.rooms import ConferenceFullError, Room, Rooms, Seat, Told
from cordboard.edge.calls.sounds import HOLD_MUSIC, Sounds
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip
from cordboard.engines.callflow.commands import Abandon, JoinConference
from cordboard.engines.callflow.events import ConferenceLeft
from cordboard.infra.speech.port import SpeechError


class Conferring:
    """Brings the caller in, keeps it waiting until the room starts, and out again."""

    def __init__(self, flow: Flow, rooms: Rooms, sounds: Sounds, recorder: Recorder) -> None:
        self._flow = flow
        self._rooms = rooms
        self._sounds = sounds
        self._recorder = recorder
        self._seats: dict[int, tuple[Room, Seat]] = {}

    def background(self) -> Handlers:
        """The one that takes time."""
        return {JoinConference: self.join}

    def immediate(self) -> Handlers:
        """Giving up."""
        return {Abandon: self.abandon}

    async def abandon(self, command: Abandon) -> None:
        """Takes the caller out."""
        if found := self._seats.get(command.step):
            room, seat = found
            await room.leave(seat)

    async def join(self, command: JoinConference) -> ConferenceLeft:
        """Until the caller is out of the room."""
        party = self._flow.party
        started = self._flow.services.clock.now()
        try:
            room = await self._rooms.open(party.record.account_id, command.name, self._flow.router, mini=False)
            room.require_place(command.most_members)
            url = await self._attend(command, room)
        except (ConferenceFullError, EngineError) as error:
            return ConferenceLeft(step=command.step, conference_sid="", error=str(error))
        seconds = (self._flow.services.clock.now() - started).total_seconds()
        return ConferenceLeft(
            step=command.step, conference_sid=str(room.conference.id), seconds=round(seconds), recording_url=url
        )

    async def _attend(self, command: JoinConference, room: Room) -> str:
        party = self._flow.party
        if command.callback_url and room.on_change is None:
            room.on_change = self._teller(command, room)
        seat = await room.enter(party, mute=command.muted, beep=command.beep)
        self._seats[command.step] = (room, seat)
        recording = asyncio.create_task(self._record(command)) if command.record else None
        waiting = asyncio.create_task(self._wait(command, room, seat))
        stops = self._keys(command, room, seat)
        try:
            async with asyncio.timeout(command.limit_seconds):
                await first_of(seat.party.ended, seat.left)
        except TimeoutError:
            pass
        finally:
            for stop in stops:
                stop()
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            self._seats.pop(command.step, None)
            await room.leave(seat, beep=command.beep)
            if command.end_on_exit:
                await self._rooms.close(room)
            await self._rooms.settle(room)
        return await recording if recording is not None else ""

    async def _wait(self, command: JoinConference, room: Room, seat: Seat) -> None:
        """Whoever may start the room starts it; the others, and one who is alone, hear music."""
        if command.start_on_enter:
            room.start()
        clips = await self._waiting_music(command)
        while not seat.left.is_set():
            await room.quiet.wait()
            music = asyncio.create_task(seat.party.media.play(clips, loops=0))
            try:
                await room.lively.wait()
            finally:
                music.cancel()
                await asyncio.gather(music, return_exceptions=True)

    async def _waiting_music(self, command: JoinConference) -> Sequence[Clip]:
        if command.wait_url:
            with contextlib.suppress(SpeechError):
                return await self._sounds.url(command.wait_url)
        return HOLD_MUSIC

    def _keys(self, command: JoinConference, room: Room, seat: Seat) -> list[Callable[[], None]]:
        stops = []
        if command.hangup_on_star:
            stops.append(on_key(seat.party, STAR, lambda: self._flow.spawn(room.leave(seat))))
        if command.digits_match and command.callback_url:
            stops.append(seat.party.media.listen(self._matcher(command, room, seat)))
        return stops

    def _matcher(self, command: JoinConference, room: Room, seat: Seat) -> DigitListener:
        keyed = ""

        def listen(digit: str) -> None:
            nonlocal keyed
            keyed = (keyed + digit)[-32:]
            for pattern in command.digits_match:
                if pattern and keyed.endswith(pattern):
                    self._flow.spawn(self._tell(command, room, "digits", seat.member, pattern))

        return listen

    def _teller(self, command: JoinConference, room: Room) -> Told:
        async def tell(action: str, member: Member) -> None:
            await self._tell(command, room, action, member)

        return tell

    async def _tell(self, command: JoinConference, room: Room, action: str, member: Member, digits: str = "") -> None:
        record = self._flow.party.record
        await self._flow.services.ledger.tell(
            Callback(
                account_id=record.account_id,
                call_id=member.call_id,
                url=command.callback_url,
                method=command.callback_method,
                parameters=[
                    ("AccountSid", str(record.account_id)),
                    ("CallSid", str(member.call_id)),
                    ("From", record.caller),
                    ("To", record.callee),
                    ("ConferenceSid", str(room.conference.id)),
                    ("FriendlyName", room.conference.name),
                    ("ConferenceAction", action),
                    ("MemberId", str(member.member_id)),
                    ("Digits", digits),
                ],
            )
        )

    async def _record(self, command: JoinConference) -> str:
        """Records what the member says and hears, which is the conference."""
        try:
            running = await self._recorder.begin(self._flow.party.record, self._flow.party.media)
            ended = await running.wait()
            kept = await self._recorder.keep(
                self._flow.party.record,
                ended,
                file_format=command.record_format,
                callback_url=command.record_callback_url,
            )
        except (EngineError, SpeechError):
            return ""
        return kept.url
