"""What the API asks of live calls and conferences (requests 31 to 34, 38 to 44, 47, 48), carried out where they are."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import structlog

from cordboard.domain.voice.models import CallCommand, CallOptions
from cordboard.edge.calls.flow import FlowDoors, FlowHost, flow_request
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.rooms import Room, Seat
from cordboard.edge.media.errors import EngineError
from cordboard.engines.callflow.interpreter import start
from cordboard.infra.speech.port import SpeechError
from cordboard.infra.tasks import Start

_log = structlog.get_logger(__name__)
_CANCELED: Final = "canceled"


class LiveRequests:
    """Carries commands out. What concerns a call or room that has just ended does nothing."""

    def __init__(self, doors: FlowDoors, start: Start) -> None:
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
            "kick": self._hang_up,
            "hangup": self._hang_up,
            "mute": lambda room, seat, _: room.set_member(seat, mute=True),
            "unmute": lambda room, seat, _: room.set_member(seat, mute=False),
            "deaf": lambda room, seat, _: room.set_member(seat, deaf=True),
            "undeaf": lambda room, seat, _: room.set_member(seat, deaf=False),
            "clear": lambda room, seat, _: room.clear(seat),
        }

    def take(self, command: CallCommand) -> None:
        """Begins to carry a command out."""
        self._start(self._carry_out(command))

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
        await self._doors.recorder.keep_ended(
            party.record,
            running,
            direction=arguments["direction"],
            file_format=arguments["fileFormat"],
            callback_url=arguments["callbackUrl"],
        )

    async def _play(self, party: Party, arguments: dict[str, Any]) -> None:
        """Several URLs may be joined by `;`. `length` seconds end it."""
        sounds = self._doors.sounds
        if text := arguments["sayText"]:
            clips = await sounds.say(text)
        else:
            clips = [clip for url in arguments["audioUrl"].split(";") for clip in await sounds.url(url.strip())]
        with contextlib.suppress(TimeoutError):  # as long as was asked
            async with asyncio.timeout(arguments["length"] or None):
                await party.media.play(clips, mix=arguments["mix"])

    async def _interrupt(self, party: Party, arguments: dict[str, Any]) -> None:
        """Another document, or the end."""
        if not arguments["url"] or arguments["status"] == _CANCELED or not party.is_answered:
            party.end(End(status=arguments["status"], reason="ended by the API", by="SYSTEM END"))
        elif flow := self._doors.registry.flow_of(party):
            flow.interrupt(arguments["url"], arguments["method"])
        else:
            await self._hand_over(party, CallOptions(url=arguments["url"], url_method=arguments["method"]))

    async def _hand_over(self, party: Party, options: CallOptions) -> None:
        """Gives a document to a party that had none: it comes out of its talk or its conference."""
        doors = self._doors
        flow = FlowHost(doors, party, party.media.router)
        doors.registry.run_flow(party, flow)
        if pair := doors.registry.pair_of(party):
            pair.release(party)
            await pair.over.wait()
        elif (room := doors.rooms.find(party.conference_id)) and (seat := room.seat_of(str(party.record.id))):
            await room.leave(seat)
        await flow.run(start(flow_request(party.record, options)))

    async def _cancel(self, party: Party, _arguments: dict[str, Any]) -> None:
        party.end(End(status="canceled", reason="another call of the group was taken", by="SYSTEM END"))

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
