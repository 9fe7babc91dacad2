"""JoinConference: the caller in a room of the account, from its coming to its going."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.models import Member
from cordboard.edge.calls.hands.keeping import LastingRecording
from cordboard.edge.calls.hands.port import Flow, Handlers
from cordboard.edge.calls.hands.steps import Steps
from cordboard.edge.calls.keys import STAR, on_key, on_patterns
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
        self._steps: Steps[ConferenceLeft] = Steps()

    def background(self) -> Handlers:
        """The one that takes time."""
        return {JoinConference: self.join}

    def immediate(self) -> Handlers:
        """Giving up."""
        return {Abandon: self.abandon}

    async def abandon(self, command: Abandon) -> None:
        """Takes the caller out."""
        self._steps.give_up(command.step)

    async def join(self, command: JoinConference) -> ConferenceLeft | None:
        """Until the caller is out of the room; None when it was taken out."""
        return await self._steps.run(command.step, self._join(command))

    async def _join(self, command: JoinConference) -> ConferenceLeft:
        clock, party = self._flow.services.clock, self._flow.party
        started = clock.now()
        try:
            room = await self._rooms.open(party.record.account_id, command.name, self._flow.router, mini=False)
            room.require_place(command.most_members)
            url = await self._attend(command, room)
        except (ConferenceFullError, EngineError) as error:
            return ConferenceLeft(step=command.step, conference_sid="", error=str(error))
        seconds = round((clock.now() - started).total_seconds())
        return ConferenceLeft(
            step=command.step, conference_sid=str(room.conference.id), seconds=seconds, recording_url=url
        )

    async def _attend(self, command: JoinConference, room: Room) -> str:
        """The URL of the recording, if there is one: of what the member says and hears, which is the conference."""
        if command.callback_url and room.on_change is None:
            room.on_change = self._teller(command, room)
        recording: LastingRecording | None = None
        try:
            seat = await room.enter(self._flow.party, mute=command.muted, beep=command.beep)
            try:
                recording = await self._record(command) if command.record else None
                await self._stay(command, room, seat)
            finally:
                await self._leave(command, room, seat)
                if recording is not None:
                    await recording.stop()
        finally:
            await self._rooms.settle(room)
        return await recording.url() if recording is not None else ""

    async def _stay(self, command: JoinConference, room: Room, seat: Seat) -> None:
        """Until the party ends, is put out, or time is up."""
        party = seat.party
        party.on_hold = lambda held: room.hold(seat, held=held)
        beside = [asyncio.create_task(work) for work in self._beside(command, room, seat)]
        stops = self._keys(command, room, seat)
        try:
            await first_of(party.ended, seat.left, seconds=command.limit_seconds)
        finally:
            party.on_hold = None
            for stop in stops:
                stop()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _leave(self, command: JoinConference, room: Room, seat: Seat) -> None:
        await room.leave(seat, beep=command.beep)
        if command.end_on_exit:
            await self._rooms.close(room)

    def _beside(self, command: JoinConference, room: Room, seat: Seat) -> list[Coroutine[Any, Any, None]]:
        found = [self._wait(command, room, seat)]
        if not command.stay_alone:
            found.append(_leave_when_alone(room, seat))
        return found

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
            stops.append(
                on_patterns(
                    seat.party,
                    command.digits_match,
                    lambda keyed: self._flow.spawn(self._tell(command, room, "digits", seat.member, keyed)),
                )
            )
        return stops

    def _teller(self, command: JoinConference, room: Room) -> Told:
        async def tell(action: str, member: Member | None) -> None:
            await self._tell(command, room, action, member)

        return tell

    async def _tell(
        self, command: JoinConference, room: Room, action: str, member: Member | None, digits: str = ""
    ) -> None:
        """Told to the URL of the first member that named one; the end by that member's call."""
        record = self._flow.party.record
        call_id = member.call_id if member else record.id
        await self._flow.services.ledger.tell(
            Callback(
                account_id=record.account_id,
                call_id=call_id,
                url=command.callback_url,
                method=command.callback_method,
                parameters=[
                    ("AccountSid", str(record.account_id)),
                    ("CallSid", str(call_id)),
                    ("From", record.caller),
                    ("To", record.callee),
                    ("ConferenceSid", str(room.conference.id)),
                    ("FriendlyName", room.conference.name),
                    ("ConferenceAction", action),
                    ("MemberId", str(member.member_id) if member else ""),
                    ("Digits", digits),
                ],
            )
        )

    async def _record(self, command: JoinConference) -> LastingRecording:
        return await LastingRecording.begin(
            self._flow,
            self._recorder,
            self._flow.party,
            file_format=command.record_format,
            callback_url=command.record_callback_url,
            callback_method=command.record_callback_method,
        )


async def _leave_when_alone(room: Room, seat: Seat) -> None:
    """Goes when the others have gone."""
    await room.lively.wait()
    await room.quiet.wait()
    await room.leave(seat)
