"""Calls that the API asked for: made, answered, carried out by their document or put into their conference."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from typing import Any, Final

import msgspec
import structlog

from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.models import CallCommand, CallOptions, CallRecord, ConferenceSeat
from cordboard.edge.calls.calling import NotReachedError, Ring
from cordboard.edge.calls.confirming import confirm
from cordboard.edge.calls.flow import FlowDoors, FlowHost, flow_request
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.recordings import Transcribing
from cordboard.edge.calls.trunk_choice import destinations_for
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError
from cordboard.edge.sip.port import Caller
from cordboard.engines.callflow.interpreter import start as begin
from cordboard.infra.tasks import Start

_MACHINE: Final = "machine"
_log = structlog.get_logger(__name__)


class Outbound:
    """Makes claimed calls. `start` runs a task of the process."""

    def __init__(self, doors: FlowDoors, start: Start) -> None:
        self._doors = doors
        self._start = start

    def make(self, record: CallRecord) -> None:
        """Begins a call."""
        self._start(self._make(record))

    async def _make(self, record: CallRecord) -> None:
        options = msgspec.convert(record.options, CallOptions)
        party = self._doors.legs.party_of(record)
        try:
            with party.carried():
                await self._reach(party, options)
        except NotReachedError as failed:
            _log.info("call.not_answered", call=str(record.id), reason=failed.end.reason)
            return
        beside = [asyncio.create_task(work) for work in self._beside(party, options)]
        try:
            with party.carried():
                await self._carry_out(party, options)
        finally:
            await asyncio.gather(*beside)

    async def _reach(self, party: Party, options: CallOptions) -> None:
        """Raises NotReachedError."""
        record, services = party.record, self._doors.services
        try:
            router = self._room_router(options.seat) or await services.router()
        except EngineError as error:
            party.end(End(status="failed", reason=f"no media: {error}", by="SYSTEM END"))
            raise NotReachedError(party.ended.result()) from error
        ring = Ring(
            ways=destinations_for(record.trunk, record.callee, services.agent.trunks),
            caller=Caller(number=record.caller, name=options.caller_name, hidden=options.hide_caller_id),
            seconds=options.timeout,
        )
        await self._doors.legs.call(party, router, ring)

    def _room_router(self, seat: ConferenceSeat | None) -> MediaRouter | None:
        room = self._doors.rooms.find(seat.conference_id) if seat else None
        return room.router if room else None

    def _beside(self, party: Party, options: CallOptions) -> Iterator[Coroutine[Any, Any, None]]:
        """What happens beside the call's document."""
        if options.record or options.transcribe:
            yield self._record(party, options)
        if options.if_machine:
            yield self._detect(party, options)

    async def _carry_out(self, party: Party, options: CallOptions) -> None:
        try:
            if options.play_dtmf:
                await party.media.send_digits(options.play_dtmf)
            if options.confirm_key and not await self._confirm(party, options):
                return
            if options.seat is not None:
                await self._sit(party, options.seat)
                return
        except EngineError as error:
            party.end(End(status="completed", reason=str(error), by="SYSTEM END"))
            return
        await FlowHost(self._doors, party, party.media.router).run(begin(flow_request(party.record, options)))

    async def _record(self, party: Party, options: CallOptions) -> None:
        """Records the call from now until it ends."""
        recorder = self._doors.recorder
        with contextlib.suppress(EngineError):  # the call ended before it began
            running = await recorder.begin(party.record, party.media)
            await recorder.keep_ended(
                party.record,
                running,
                callback_url=options.record_callback_url,
                transcript=Transcribing(options.transcribe_callback_url) if options.transcribe else None,
            )

    async def _detect(self, party: Party, options: CallOptions) -> None:
        """Who answered: told to the callback, and a machine hung up on where that was asked."""
        try:
            found = await party.media.detect_machine(self._doors.services.timing.machine)
        except EngineError:
            return
        party.answered_by = found.answered_by
        if options.if_machine_url:
            record = party.record
            parameters = [
                ("AccountSid", str(record.account_id)),
                ("CallSid", str(record.id)),
                ("To", record.callee),
                ("From", record.caller),
                ("AnsweredBy", found.answered_by),
            ]
            callback = Callback(
                account_id=record.account_id, call_id=record.id, url=options.if_machine_url, parameters=parameters
            )
            await self._doors.services.ledger.tell(callback)
        if found.answered_by != _MACHINE:
            return
        if options.if_machine == "hangup":
            party.end(End(status="completed", reason="a machine answered", by="SYSTEM END"))
        elif options.if_machine == "redirect" and (flow := self._doors.registry.flow_of(party)):
            flow.interrupt(options.if_machine_url, "POST")

    async def _confirm(self, party: Party, options: CallOptions) -> bool:
        """A group call's callee has to press the key; whoever does ends the group's other calls."""
        doors = self._doors
        seconds = doors.services.timing.confirm
        if not await confirm(party, doors.sounds, options.confirm_key, options.confirm_file, seconds):
            return False
        await self._cancel_others(party, options)
        return not party.is_over

    async def _cancel_others(self, party: Party, options: CallOptions) -> None:
        if options.group_id is None:
            return
        services = self._doors.services
        async with services.database.transaction() as tx:
            for call_id in await services.voice.group_of(tx, party.record.account_id, options.group_id):
                if call_id == party.record.id:
                    continue
                if not await services.voice.cancel_waiting(tx, party.record.account_id, call_id):
                    command = CallCommand(account_id=party.record.account_id, call_id=call_id, name="cancel")
                    await services.voice.ask_if_live(tx, command)

    async def _sit(self, party: Party, seat: ConferenceSeat) -> None:
        """In a conference until it is over for this party."""
        room = self._doors.rooms.find(seat.conference_id)
        if room is None:
            party.end(End(status="completed", reason="the conference is over", by="SYSTEM END"))
            return
        taken = await room.enter(party, mute=seat.mute, deaf=seat.deaf, ghost=seat.ghost, no_speak_to=seat.no_speak_to)
        if not seat.ghost:
            room.start()
        party.on_hold = lambda held: room.hold(taken, held=held)
        try:
            await first_of(party.ended, taken.left)
        finally:
            party.on_hold = None
            await room.leave(taken)
            await self._doors.rooms.settle(room)
            if self._doors.registry.flow_of(party) is None:
                party.end(End(status="completed", reason="out of the conference", by="SYSTEM END"))
