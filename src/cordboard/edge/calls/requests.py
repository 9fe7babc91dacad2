"""What the API asks of live calls and conferences (requests 31 to 34, 38 to 44, 47, 48), carried out where they are."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import structlog

from cordboard.domain.voice.models import CallCommand
from cordboard.edge.calls.flow import FlowDoors
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.recordings import forget
from cordboard.edge.calls.rooms import Room, Seat
from cordboard.edge.media.errors import EngineError
from cordboard.infra.speech.port import SpeechError

_log = structlog.get_logger(__name__)
_CANCELED: Final = "canceled"


class LiveRequests:
    """Carries commands out. What concerns a call or room that has just ended does nothing."""

    def __init__(self, doors: FlowDoors, start: Callable[[asyncio.Task[None]], None]) -> None:
        self._doors = doors
        self._start = start
        self._of_calls: dict[str, Callable[[Party, dict[str, Any]], Awaitable[None]]] = {
            "send_digits": self._send_digits,
            "record": self._record,
            "play": self._play,
            "interrupt": self._interrupt,
            "cancel": self._cancel,
        }
        self._of_seats: dict[str, Callable[[Room, Seat, dict[str, Any]], Awaitable[None]]] = {
            "kick": self._kick,
            "hangup": self._hang_up,
            "mute": lambda room, seat, _: room.set_member(seat, mute=True),
            "unmute": lambda room, seat, _: room.set_member(seat, mute=False),
            "deaf": lambda room, seat, _: room.set_member(seat, deaf=True),
            "undeaf": lambda room, seat, _: room.set_member(seat, deaf=False),
            "clear": lambda room, seat, _: room.clear(seat),
        }

    def take(self, command: CallCommand) -> None:
        """Begins to carry a command out."""
        self._start(asyncio.create_task(self._carry_out(command)))

    async def _carry_out(self, command: CallCommand) -> None:
        try:
            await self._dispatch(command)
        except (EngineError, SpeechError) as error:
            _log.info("command.failed", command=command.name, call=str(command.call_id), error=str(error))

    async def _dispatch(self, command: CallCommand) -> None:
        arguments = command.arguments
        if "confId" in arguments:
            room = self._doors.rooms.find(UUID(arguments["confId"]))
            if room is not None and room.conference.account_id == command.account_id:
                await self._in_room(room, command)
            return
        party = self._doors.registry.find(command.call_id)
        if party is not None and party.record.account_id == command.account_id:
            await self._of_calls[command.name](party, arguments)

    async def _in_room(self, room: Room, command: CallCommand) -> None:
        arguments = command.arguments
        if command.name == "exit_audio":
            await self._exit_audio(room, arguments)
        elif command.name == "audio_map":
            await self._map(room, arguments["links"])
        elif seat := room.seat_of(str(arguments["memberId"])):
            await self._of_seats[command.name](room, seat, arguments)
            await self._doors.rooms.settle(room)

    async def _send_digits(self, party: Party, arguments: dict[str, Any]) -> None:
        await party.media.send_digits(arguments["digits"])

    async def _record(self, party: Party, arguments: dict[str, Any]) -> None:
        running = await self._doors.recorder.begin(
            party.record,
            party.media,
            direction=arguments["direction"],
            max_seconds=arguments["timeLimit"],
            stop_keys=arguments["stopKey"],
        )
        ended = await running.wait()
        try:
            await self._doors.recorder.keep(
                party.record,
                ended,
                direction=arguments["direction"],
                file_format=arguments["fileFormat"],
                callback_url=arguments["callbackUrl"],
            )
        finally:
            await forget(ended)

    async def _play(self, party: Party, arguments: dict[str, Any]) -> None:
        """Several URLs may be joined by `;`. `length` seconds end it."""
        sounds = self._doors.sounds
        if text := arguments["sayText"]:
            clips = await sounds.say(text)
        else:
            clips = [clip for url in arguments["audioUrl"].split(";") for clip in await sounds.url(url.strip())]
        play = party.media.play(clips, mix=arguments["mix"])
        if arguments["length"]:
            async with asyncio.timeout(arguments["length"]):
                await play
        else:
            await play

    async def _interrupt(self, party: Party, arguments: dict[str, Any]) -> None:
        """Another document, or the end."""
        flow = self._doors.registry.flow_of(party)
        if arguments["url"] and arguments["status"] != _CANCELED and flow is not None:
            flow.interrupt(arguments["url"], arguments["method"])
            return
        party.end(End(status=arguments["status"], reason="ended by the API", by="SYSTEM END"))

    async def _cancel(self, party: Party, _arguments: dict[str, Any]) -> None:
        party.end(End(status="canceled", reason="another call of the group was taken", by="SYSTEM END"))

    async def _kick(self, room: Room, seat: Seat, _arguments: dict[str, Any]) -> None:
        await self._hang_up(room, seat, {})

    async def _hang_up(self, room: Room, seat: Seat, _arguments: dict[str, Any]) -> None:
        seat.party.end(End(status="completed", reason="hung up by the API", by="SYSTEM END"))
        await room.leave(seat)

    async def _exit_audio(self, room: Room, arguments: dict[str, Any]) -> None:
        """The sound is heard while the call that leaves is still counted; then it goes."""
        await room.play(await self._doors.sounds.url(arguments["audioUrl"]))
        if seat := room.seat_of(arguments["hangupCallSid"]):
            await self._hang_up(room, seat, {})
        await self._doors.rooms.settle(room)

    async def _map(self, room: Room, links: list[dict[str, Any]]) -> None:
        for link in links:
            source, destination = room.seat_of(str(link["source"])), room.seat_of(str(link["destination"]))
            if source and destination:
                await room.link(source, destination, hears=link["linkType"] == "clear")
