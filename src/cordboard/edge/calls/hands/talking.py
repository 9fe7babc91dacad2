"""The talk of a Dial: two parties together, and what goes on beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final

from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.rendering import heartbeat_parameters
from cordboard.edge.calls.hands.keeping import LastingRecording
from cordboard.edge.calls.hands.port import Flow
from cordboard.edge.calls.keys import STAR, on_key, on_patterns
from cordboard.edge.calls.pairs import Pair
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.places import MediaRoom, MiniConference, Place
from cordboard.edge.calls.recordings import Recorder
from cordboard.edge.calls.rooms import ConferenceFullError, Rooms
from cordboard.edge.calls.transfers import Transfers
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError
from cordboard.engines.callflow.commands import Dial
from cordboard.engines.callflow.events import DialEnded, DialStatus

_MACHINE: Final = "machine"


class Talking:
    """Of one flow."""

    def __init__(self, flow: Flow, recorder: Recorder, transfers: Transfers, rooms: Rooms) -> None:
        self._flow = flow
        self._recorder = recorder
        self._transfers = transfers
        self._rooms = rooms

    async def talk(self, command: Dial, callee: Party) -> DialEnded:
        """Both together, until one of them ends or is transferred away."""
        flow = self._flow
        started = flow.services.clock.now()
        try:
            pair = Pair(flow.party, callee, await self._place(callee), keep_left=True)
            url = await self._keep_together(command, pair, callee)
        except (EngineError, ConferenceFullError) as error:
            status: DialStatus = "completed" if callee.is_over else "failed"
            callee.end(End(status="failed", reason=f"it could not be joined: {error}", by="SYSTEM END"))
            return DialEnded(step=command.step, status=status, call_sid=str(callee.record.id))
        seconds = round((flow.services.clock.now() - started).total_seconds())
        await self._tell(command, callee, [("DialCallStatus", "completed"), ("DialCallDuration", str(seconds))])
        if pair.released is flow.party:
            await self._stay_away()
        return DialEnded(
            step=command.step,
            status="completed",
            call_sid=str(callee.record.id),
            seconds=seconds,
            recording_url=url,
        )

    async def _stay_away(self) -> None:
        """The caller talks with somebody else now, and comes back to no document; unless the API wants it to."""
        party, registry = self._flow.party, self._flow.registry
        try:
            await first_of(party.ended)
        except asyncio.CancelledError:
            if elsewhere := registry.pair_of(party):
                elsewhere.release(party)
                await elsewhere.over.wait()
            raise

    async def _keep_together(self, command: Dial, pair: Pair, callee: Party) -> str:
        """The URL of the recording, if there is one."""
        flow = self._flow
        recording: LastingRecording | None = None
        try:
            await pair.join()
            flow.registry.pair(pair)
            for party in pair.parties:
                party.on_transfer = self._transfers.take
            recording = await self._record(command, callee) if command.record else None
            async with asyncio.TaskGroup() as group:
                watchers = [group.create_task(work) for work in self._watchers(command, pair, callee)]
                await pair.run(command.limit_seconds)
                for watcher in watchers:
                    watcher.cancel()
        finally:
            if not pair.over.is_set():
                await pair.part()
            flow.registry.unpair(pair)
            if recording is not None:
                await recording.stop()
        return await recording.url() if recording is not None else ""

    async def _place(self, callee: Party) -> Place:
        """Calls with browser phones are mini conferences; all others need no more than a room of the engine."""
        if "webrtc" in (self._flow.party.record.kind, callee.record.kind):
            return await MiniConference.open(self._rooms, self._flow.party, self._flow.router)
        return MediaRoom()

    def _watchers(self, command: Dial, pair: Pair, callee: Party) -> Iterator[Coroutine[Any, Any, None]]:
        """What happens beside the talk."""
        yield self._keys(command, pair, callee)
        if command.heartbeat_url:
            yield self._heartbeat(command, callee)
        if command.if_machine != "continue":
            yield self._detect(command, callee)

    async def _keys(self, command: Dial, pair: Pair, callee: Party) -> None:
        """`*` drops the callee; digit strings are told. The callee's connection is told first."""
        stops = list(self._listeners(command, pair, callee))
        try:
            await self._tell(command, callee, [("DialCallStatus", "in-progress")])
            await asyncio.Event().wait()
        finally:
            for stop in stops:
                stop()

    def _listeners(self, command: Dial, pair: Pair, callee: Party) -> Iterator[Callable[[], None]]:
        for party in pair.parties:
            if command.hangup_on_star:
                yield on_key(party, STAR, pair.drop)
            if command.digits_match and command.callback_url:
                yield on_patterns(
                    party,
                    command.digits_match,
                    lambda keyed: self._flow.spawn(self._tell(command, callee, [("Digits", keyed)])),
                )

    async def _detect(self, command: Dial, callee: Party) -> None:
        """Who answered: a machine is hung up on, or the caller goes on with a document made for that."""
        try:
            found = await callee.media.detect_machine(self._flow.services.timing.machine)
        except EngineError:
            return  # it has ended
        callee.answered_by = found.answered_by
        if found.answered_by != _MACHINE:
            return
        if command.if_machine == "redirect" and command.if_machine_url:
            self._flow.interrupt(command.if_machine_url, command.if_machine_method)
        else:
            callee.end(End(status="completed", reason="a machine answered", by="SYSTEM END"))

    async def _tell(self, command: Dial, callee: Party, extra: list[tuple[str, str]]) -> None:
        if not command.callback_url:
            return
        record = callee.record
        parameters = [
            ("AccountSid", str(record.account_id)),
            ("CallSid", str(record.parent_call_id)),
            ("DialCallSid", str(record.id)),
            ("To", record.callee),
            ("From", record.caller),
            *extra,
        ]
        await self._flow.services.ledger.tell(
            Callback(
                account_id=record.account_id,
                call_id=record.id,
                url=command.callback_url,
                method=command.callback_method,
                parameters=parameters,
            )
        )

    async def _heartbeat(self, command: Dial, callee: Party) -> None:
        while True:
            await asyncio.sleep(self._flow.services.timing.minute)
            await self._flow.services.ledger.tell(
                Callback(
                    account_id=callee.record.account_id,
                    call_id=callee.record.id,
                    url=command.heartbeat_url,
                    method=command.heartbeat_method,
                    parameters=heartbeat_parameters(callee.as_live()),
                    insist=False,
                )
            )

    async def _record(self, command: Dial, callee: Party) -> LastingRecording:
        return await LastingRecording.begin(
            self._flow,
            self._recorder,
            callee,
            direction=command.record_direction,
            file_format=command.record_format,
            callback_url=command.record_callback_url,
        )
