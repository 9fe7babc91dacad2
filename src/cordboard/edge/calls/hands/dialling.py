"""Dial: others are rung, one is joined with the caller."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.models import CallKind, CallOptions, CallRequest
from cordboard.domain.voice.rendering import heartbeat_parameters
from cordboard.edge.calls.calling import CallFailed, call
from cordboard.edge.calls.hands.flow import Flow, Handlers
from cordboard.edge.calls.legs import LegDoor
from cordboard.edge.calls.outcomes import dial_status_of
from cordboard.edge.calls.pairs import STAR, Pair, on_key
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.places import MediaRoom, MiniConference, Place
from cordboard.edge.calls.recordings import Recorder
from cordboard.edge.calls.rooms import Rooms
from cordboard.edge.calls.sounds import BEEP, RINGBACK, Sounds
from cordboard.edge.calls.transfers import Transfers
from cordboard.edge.calls.trunk_choice import destinations_for
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError
from cordboard.edge.media.protocol import Clip
from cordboard.edge.sip.port import Caller, Destination, UriDestination
from cordboard.engines.callflow.commands import Abandon, Dial, DialNumber, DialSip, DialTarget, DialUser
from cordboard.engines.callflow.events import DialEnded, DialStatus
from cordboard.infra.speech.port import SpeechError
from cordboard.kit.errors import CordboardError

_CONFIRM_SECONDS: Final = 15.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Way:
    """One leg to try: to whom, how it is recorded, and where its calls go."""

    target: DialTarget
    to: str | None
    address: str
    kind: CallKind
    destinations: Sequence[Destination]
    """Empty for numbers: their trunks follow from the caller's number, once it is known to be good."""


class Dialling:
    """Rings targets together; the first that answers, and confirms, is joined."""

    def __init__(
        self, flow: Flow, sounds: Sounds, recorder: Recorder, legs: LegDoor, transfers: Transfers, rooms: Rooms
    ) -> None:
        self._flow = flow
        self._rooms = rooms
        self._sounds = sounds
        self._recorder = recorder
        self._legs = legs
        self._transfers = transfers
        self._running: dict[int, asyncio.Task[DialEnded]] = {}

    def background(self) -> Handlers:
        """The one that takes time."""
        return {Dial: self.dial}

    def immediate(self) -> Handlers:
        """Giving up."""
        return {Abandon: self.abandon}

    async def dial(self, command: Dial) -> DialEnded:
        """Until the bridged part is over, or nobody was reached."""
        task = asyncio.create_task(self.connect(command))
        self._running[command.step] = task
        try:
            return await task
        except asyncio.CancelledError:
            if not task.cancelled():
                raise
            return DialEnded(step=command.step, status="canceled")
        finally:
            task.cancel()
            self._running.pop(command.step, None)

    async def abandon(self, command: Abandon) -> None:
        """Hangs up what was dialled."""
        if task := self._running.get(command.step):
            task.cancel()

    async def connect(self, command: Dial, *, on_answer: Callable[[], Awaitable[None]] | None = None) -> DialEnded:
        """The same for a caller who may be unanswered still: `on_answer` is called once the callee is there."""
        caller = self._flow.party
        music = asyncio.create_task(self._ring(command)) if caller.is_answered else None
        try:
            callee, status = await self._reach(command)
        finally:
            if music is not None:
                music.cancel()
                await asyncio.gather(music, return_exceptions=True)
        if callee is None:
            return DialEnded(step=command.step, status=status)
        if on_answer is not None:
            await on_answer()
        return await self._talk(command, callee)

    async def _ring(self, command: Dial) -> None:
        """What the caller hears while it rings: the audio that was named, else a ring."""
        clips: Sequence[Clip] = RINGBACK
        if command.ring_audio_url:
            with contextlib.suppress(SpeechError):
                clips = await self._sounds.url(command.ring_audio_url)
        with contextlib.suppress(EngineError):
            await self._flow.party.media.play(clips, loops=0)

    async def _reach(self, command: Dial) -> tuple[Party | None, DialStatus]:
        """The first callee that answers; the others are hung up. The caller's end ends it all."""
        ways = [way for target in command.targets for way in self._ways(target)]
        if not ways:
            return None, "no_answer"
        trying = {asyncio.create_task(self._try(command, way)): way for way in ways}
        gone = self._flow.party.ended
        status: DialStatus = "no_answer"
        try:
            while trying:
                await first_of(*trying, gone)
                if gone.done():
                    return None, "canceled"
                for task in [task for task in trying if task.done()]:
                    trying.pop(task)
                    outcome = task.result()
                    if isinstance(outcome, Party):
                        return outcome, "completed"
                    status = outcome
        finally:
            await _cancel(trying)
        return None, status

    def _ways(self, target: DialTarget) -> list[_Way]:
        """The legs of a target: one a number or address, one for each place where a phone is registered."""
        if isinstance(target, DialNumber):
            return [_Way(target, target.number, "", "call", ())]
        if isinstance(target, DialSip):
            uri = UriDestination(target.uri, target.username, target.password)
            return [_Way(target, None, target.uri, "sip", [uri])]
        agent, account_id = self._flow.services.agent, self._flow.party.record.account_id
        return [
            _Way(target, None, target.user, "webrtc" if agent.is_browser(binding) else "sip", [binding])
            for binding in agent.bindings(account_id, target.user)
        ]

    async def _try(self, command: Dial, way: _Way) -> Party | DialStatus:
        """Rings one leg; the answered and confirmed party, or how it came out."""
        caller = self._caller(command)
        try:
            leg = await self._legs.open(self._request(command, way, caller))
        except CordboardError as error:
            _log.info("dial.refused", call=str(self._flow.party.record.id), error=str(error))
            return "insufficient_funds" if error.code == "insufficient_funds" else "failed"
        destinations = way.destinations or destinations_for(
            leg.carrier or self._flow.party.record.trunk, way.to or "", self._flow.services.agent.trunks
        )
        try:
            party = await call(
                self._flow.services, self._flow.router, leg.record, destinations, caller, command.ring_seconds
            )
        except CallFailed as failed:
            return dial_status_of(failed.end.status)
        self._legs.keep(party)
        try:
            return party if await self._confirm(command, way, party) else "no_answer"
        except asyncio.CancelledError:
            party.end(End(status="completed", reason="another party took the call", by="SYSTEM END"))
            raise

    def _caller(self, command: Dial) -> Caller:
        record = self._flow.party.record
        own = record.caller if record.direction == "outbound" else record.callee
        number = command.caller_id or (record.caller if record.direction == "inbound" else own)
        return Caller(
            number=number,
            name=command.caller_name,
            hidden=command.hide_caller_id,
            diverted_from=command.forwarded_from,
        )

    def _request(self, command: Dial, way: _Way, caller: Caller) -> CallRequest:
        record = self._flow.party.record
        return CallRequest(
            account_id=record.account_id,
            parent_account_id=record.parent_account_id,
            to=way.to,
            address=way.address,
            caller=caller.number,
            kind=way.kind,
            options=CallOptions(timeout=command.ring_seconds),
            metadata=record.metadata,
            parent_call_id=record.id,
            trusted_caller=record.direction == "inbound" and caller.number == record.caller,
            node=self._flow.services.ledger.node,
        )

    async def _confirm(self, command: Dial, way: _Way, party: Party) -> bool:
        """What the callee hears and does before it is joined; False when it did not take the call."""
        digits = (way.target.send_digits if not isinstance(way.target, DialUser) else "") or command.send_digits
        try:
            if digits:
                await asyncio.sleep(command.send_digits_after_seconds)
                await party.media.send_digits(digits)
            for clips in await self._greetings(command):
                await party.media.play(clips)
            if command.confirm_key:
                return await self._await_key(command, party)
        except EngineError:
            return False
        return not party.is_over

    async def _greetings(self, command: Dial) -> list[Sequence[Clip]]:
        found: list[Sequence[Clip]] = []
        try:
            if command.on_answer_play:
                found.append(await self._sounds.url(command.on_answer_play))
            if command.on_answer_say:
                found.append(await self._sounds.say(command.on_answer_say))
        except SpeechError as error:
            _log.info("dial.greeting_failed", call=str(self._flow.party.record.id), error=str(error))
        if command.confirm_sound:
            found.append(BEEP)
        return found

    async def _await_key(self, command: Dial, party: Party) -> bool:
        """The callee has to press a key while its prompt plays, or shortly after."""
        pressed = asyncio.Event()
        stop = on_key(party, command.confirm_key, pressed.set)
        prompt = asyncio.create_task(self._prompt(command, party))
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
        return True

    async def _prompt(self, command: Dial, party: Party) -> None:
        clips = await self._sounds.url(command.confirm_audio_url) if command.confirm_audio_url else list(BEEP)
        await party.media.play(clips, loops=0)

    async def _talk(self, command: Dial, callee: Party) -> DialEnded:
        """Both in a room, until one of them ends."""
        flow = self._flow
        pair = Pair(flow.party, callee, await self._place(callee), keep_left=True)
        started = flow.services.clock.now()
        recording: asyncio.Task[str] | None = None
        try:
            await pair.join()
            flow.registry.pair(pair)
            for party in pair.parties:
                party.on_transfer = self._transfers.take
            if command.record:
                recording = asyncio.create_task(self._record(command, callee))
            async with asyncio.TaskGroup() as group:
                watchers = [group.create_task(work) for work in self._watchers(command, pair, callee)]
                await pair.run(command.limit_seconds)
                for watcher in watchers:
                    watcher.cancel()
        except EngineError:
            pair.drop()
            callee.end(End(status="failed", reason="the media engine is gone", by="SYSTEM END"))
        finally:
            flow.registry.unpair(flow.party)
        url = await recording if recording is not None else ""
        seconds = (flow.services.clock.now() - started).total_seconds()
        return DialEnded(
            step=command.step,
            status="completed",
            call_sid=str(callee.record.id),
            seconds=round(seconds),
            recording_url=url,
        )

    async def _place(self, callee: Party) -> Place:
        """Calls with browser phones are mini conferences; all others need no more than a room of the engine."""
        if "webrtc" in (self._flow.party.record.kind, callee.record.kind):
            return await MiniConference.open(self._rooms, self._flow.party, self._flow.router)
        return MediaRoom()

    def _watchers(self, command: Dial, pair: Pair, callee: Party) -> list[Coroutine[Any, Any, None]]:
        """What happens beside the talk."""
        found = [self._keys(command, pair, callee)]
        if command.heartbeat_url:
            found.append(self._heartbeat(command, callee))
        return found

    async def _keys(self, command: Dial, pair: Pair, callee: Party) -> None:
        """`*` drops the callee; digit strings are told. The callee's connection is told first."""
        stops = []
        if command.hangup_on_star:
            stops += [on_key(party, STAR, pair.drop) for party in pair.parties]
        if command.digits_match and command.callback_url:
            stops += [self._match(command, party, callee) for party in pair.parties]
        try:
            await self._tell(command, callee, [("DialCallStatus", "in-progress")])
            await asyncio.Event().wait()
        finally:
            for stop in stops:
                stop()

    def _match(self, command: Dial, party: Party, callee: Party) -> Callable[[], None]:
        keyed = ""

        def listen(digit: str) -> None:
            nonlocal keyed
            keyed = (keyed + digit)[-32:]
            for pattern in command.digits_match:
                if pattern and keyed.endswith(pattern):
                    self._flow.spawn(self._tell(command, callee, [("Digits", pattern)]))

        return party.media.listen(listen)

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
            await asyncio.sleep(60)
            await self._flow.services.ledger.tell(
                Callback(
                    account_id=callee.record.account_id,
                    call_id=callee.record.id,
                    url=command.heartbeat_url,
                    method=command.heartbeat_method,
                    parameters=heartbeat_parameters(callee.record),
                    insist=False,
                )
            )

    async def _record(self, command: Dial, callee: Party) -> str:
        """Records the talk; the recording's URL, or nothing when it could not be kept."""
        try:
            running = await self._recorder.begin(callee.record, callee.media, direction=command.record_direction)
            ended = await running.wait()
            kept = await self._recorder.keep(
                callee.record,
                ended,
                direction=command.record_direction,
                file_format=command.record_format,
                callback_url=command.record_callback_url,
            )
        except (EngineError, SpeechError) as error:
            _log.warning("dial.not_recorded", call=str(callee.record.id), error=str(error))
            return ""
        return kept.url


async def _cancel(tasks: dict[asyncio.Task[Party | DialStatus], _Way]) -> None:
    """Ends the attempts that lost; one that answered at the same moment is hung up."""
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Party):
            outcome.end(End(status="completed", reason="another party took the call", by="SYSTEM END"))
