"""Calls that the API asked for: made, answered, carried out by their document or put into their conference."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final

import msgspec
import structlog

from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.models import CallCommand, CallOptions, CallRecord, ConferenceSeat, Ending
from cordboard.edge.calls.calling import CallFailed, call
from cordboard.edge.calls.flow import FlowDoors, FlowHost
from cordboard.edge.calls.media_leg import MediaRouter
from cordboard.edge.calls.pairs import on_key
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.sounds import BEEP
from cordboard.edge.calls.trunk_choice import destinations_for
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError
from cordboard.edge.sip.port import Caller
from cordboard.engines.callflow.commands import Method
from cordboard.engines.callflow.interpreter import start
from cordboard.engines.callflow.state import FlowRequest
from cordboard.infra.speech.port import SpeechError

_CONFIRM_SECONDS: Final = 20.0
_MACHINE: Final = "machine"
_log = structlog.get_logger(__name__)


class Outbound:
    """Makes claimed calls. `start` runs a task of the process."""

    def __init__(self, doors: FlowDoors, start_task: Callable[[asyncio.Task[None]], None]) -> None:
        self._doors = doors
        self._start = start_task

    def make(self, record: CallRecord) -> None:
        """Begins a call."""
        self._start(asyncio.create_task(self._make(record)))

    async def _make(self, record: CallRecord) -> None:
        options = msgspec.convert(record.options, CallOptions)
        try:
            party = await self._reach(record, options)
        except CallFailed as failed:
            _log.info("call.not_answered", call=str(record.id), reason=failed.end.reason)
            return
        if party is None:
            return
        self._doors.legs.keep(party)
        beside = [asyncio.create_task(work) for work in self._beside(party, options)]
        try:
            await self._carry_out(party, options)
        finally:
            await asyncio.gather(*beside)

    async def _reach(self, record: CallRecord, options: CallOptions) -> Party | None:
        services = self._doors.services
        try:
            router = self._room_router(options.seat) or await services.router()
        except EngineError as error:
            await self._fail(record, f"no media: {error}")
            return None
        destinations = destinations_for(record.trunk, record.callee, services.agent.trunks)
        caller = Caller(number=record.caller, name=options.caller_name, hidden=options.hide_caller_id)
        return await call(services, router, record, destinations, caller, options.timeout)

    def _room_router(self, seat: ConferenceSeat | None) -> MediaRouter | None:
        room = self._doors.rooms.find(seat.conference_id) if seat else None
        return room.router if room else None

    async def _fail(self, record: CallRecord, reason: str) -> None:
        now = self._doors.services.clock.now()
        await self._doors.services.ledger.finish(
            Ending(key=record.key, status="failed", at=now, reason=reason, hangup_by="SYSTEM END")
        )

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
        await FlowHost(self._doors, party, party.media.router).run(start(_flow_request(party.record, options)))

    async def _record(self, party: Party, options: CallOptions) -> None:
        with contextlib.suppress(EngineError):  # the call ended before it began
            await self._doors.recorder.record_call(
                party.record,
                party.media,
                callback_url=options.record_callback_url,
                transcribe=options.transcribe,
            )

    async def _detect(self, party: Party, options: CallOptions) -> None:
        """Who answered: told to the callback, and a machine hung up on where that was asked."""
        try:
            found = await party.media.detect_machine()
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
        pressed = asyncio.Event()
        stop = on_key(party, options.confirm_key, pressed.set)
        prompt = asyncio.create_task(self._prompt(party, options))
        try:
            async with asyncio.timeout(_CONFIRM_SECONDS):
                await pressed.wait()
        except TimeoutError:
            party.end(End(status="no_answer", reason="the call was not confirmed by a key", by="SYSTEM END"))
            return False
        finally:
            stop()
            prompt.cancel()
            await asyncio.gather(prompt, return_exceptions=True)
        await self._cancel_others(party, options)
        return not party.is_over

    async def _prompt(self, party: Party, options: CallOptions) -> None:
        try:
            clips = await self._doors.sounds.url(options.confirm_file) if options.confirm_file else list(BEEP)
        except SpeechError:
            clips = list(BEEP)
        await party.media.play(clips, loops=0)

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
        room.start()
        try:
            await first_of(party.ended, taken.left)
        finally:
            await room.leave(taken)
            await self._doors.rooms.settle(room)
            party.end(End(status="completed", reason="out of the conference", by="SYSTEM END"))


def _flow_request(record: CallRecord, options: CallOptions) -> FlowRequest:
    method: Method = "GET" if options.url_method.upper() == "GET" else "POST"
    return FlowRequest(
        account_sid=str(record.account_id),
        call_sid=str(record.id),
        from_number=record.caller,
        to_number=record.callee,
        direction="outbound",
        url=options.url,
        method=method,
        fallback_url=options.fallback_url,
        answered=True,
        metadata={str(key): str(value) for key, value in (record.metadata or {}).items()},
    )
