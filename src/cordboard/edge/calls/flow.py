"""A call carried out by a document: the engine says what to do, hands do it, and what happens goes back to the
engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import structlog

from cordboard.domain.debuglog.models import Entry
from cordboard.domain.voice.models import CallOptions, CallRecord
from cordboard.edge.calls.answering import answer
from cordboard.edge.calls.hands.conferring import Conferring
from cordboard.edge.calls.hands.dialling import Dialling
from cordboard.edge.calls.hands.fetching import Fetching
from cordboard.edge.calls.hands.hearing import Hearing
from cordboard.edge.calls.hands.listening import Listening
from cordboard.edge.calls.hands.mailbox import Mailbox, Mailboxes
from cordboard.edge.calls.hands.menus import Menus, MenuStatistics, Workflows
from cordboard.edge.calls.hands.port import Handler, Outcome
from cordboard.edge.calls.hands.recording import Recording
from cordboard.edge.calls.hands.talking import Talking
from cordboard.edge.calls.hands.texting import Texting
from cordboard.edge.calls.legs import LegDoor
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.recordings import Recorder
from cordboard.edge.calls.registry import Registry
from cordboard.edge.calls.rooms import Rooms
from cordboard.edge.calls.services import CallServices
from cordboard.edge.calls.sounds import Sounds
from cordboard.edge.calls.transfers import Transfers
from cordboard.edge.media.errors import EngineError
from cordboard.engines.callflow.commands import (
    Answer,
    CancelTimer,
    Dial,
    FlowCommand,
    Hangup,
    Log,
    Method,
    Reject,
    SetTimer,
)
from cordboard.engines.callflow.events import DialEnded, DigitPressed, FlowEvent, HungUp, Interrupted, TimerFired
from cordboard.engines.callflow.interpreter import Outcome as Begun
from cordboard.engines.callflow.interpreter import start, step
from cordboard.engines.callflow.state import FlowRequest, FlowState
from cordboard.wire.sdp.errors import SdpError

_BUSY: Final = 486
_DECLINED: Final = 603
_UNAVAILABLE: Final = 480
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FlowDoors:
    """What flows work with beside the services: one set a process."""

    services: CallServices
    registry: Registry
    rooms: Rooms
    recorder: Recorder
    sounds: Sounds
    legs: LegDoor
    transfers: Transfers
    mailboxes: Mailboxes
    menus: MenuStatistics
    workflows: Workflows


class FlowHost:
    """Runs one flow for one party."""

    def __init__(self, doors: FlowDoors, party: Party, router: MediaRouter) -> None:
        self._doors = doors
        self._party = party
        self._router = router
        self._inbox: asyncio.Queue[FlowEvent | None] = asyncio.Queue()
        self._work: set[asyncio.Task[Any]] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._listening = False
        self._is_screen = False
        hearing = Hearing(self, doors.sounds)
        self._recording = Recording(self, doors.recorder, hearing)
        talking = Talking(self, doors.recorder, doors.transfers, doors.rooms)
        self._dialling = Dialling(self, doors.sounds, doors.legs, talking)
        hands = (
            hearing,
            Fetching(self),
            self._recording,
            Listening(self, doors.recorder),
            self._dialling,
            Conferring(self, doors.rooms, doors.sounds, doors.recorder),
        )
        self._background: dict[type, Handler] = {}
        self._immediate: dict[type, list[Handler]] = {}
        mailbox = Mailbox(self, doors.mailboxes, doors.sounds, doors.recorder)
        for handlers in (*(hand.background() for hand in hands), Texting(self).background(), mailbox.background()):
            self._background.update(handlers)
        for handlers in (*(hand.immediate() for hand in hands), Menus(self, doors.menus, doors.workflows).immediate()):
            for command, handler in handlers.items():
                self._immediate.setdefault(command, []).append(handler)
        self._immediate.update(
            {
                Answer: [self._answer],
                SetTimer: [self._set_timer],
                CancelTimer: [self._cancel_timer],
                Hangup: [self._hang_up],
                Reject: [self._reject],
                Log: [self._log],
            }
        )

    @property
    def services(self) -> CallServices:
        """The doors of call control."""
        return self._doors.services

    @property
    def party(self) -> Party:
        """Whose call it is."""
        return self._party

    @property
    def router(self) -> MediaRouter:
        """The call's media engine."""
        return self._router

    @property
    def registry(self) -> Registry:
        """Who is on the line."""
        return self._doors.registry

    def post(self, event: FlowEvent) -> None:
        """Tells the engine something."""
        self._inbox.put_nowait(event)

    def interrupt(self, url: str, method: str) -> None:
        """Goes on with another document."""
        self.post(Interrupted(url, method))

    def spawn(self, work: Awaitable[FlowEvent | None]) -> None:
        """Runs something beside the flow and posts what it answers."""
        self.keep(self._carry(work))

    def keep(self, work: Coroutine[Any, Any, Outcome]) -> asyncio.Task[Outcome]:
        """Runs something that is finished before the call is over, whether anybody waits for it or not."""
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)
        return task

    async def run(self, begun: Begun) -> None:
        """Carries out a flow that was begun (`interpreter.start` and its kind), until the party has ended and
        everything that was begun for it is finished.
        """
        self._listen()
        self._party.ended.add_done_callback(lambda _: self.post(HungUp()))
        self.registry.run_flow(self._party, self)
        state, commands = begun
        try:
            await self._carry_out(commands)
            while not (self._party.is_over and not self._work and self._inbox.empty()):
                event = await self._inbox.get()
                if event is not None:
                    state = await self._step(state, event)
        finally:
            await self._close()

    async def screen(self, party: Party, url: str, method: str) -> bool:
        """Lets a callee hear a document before it is joined with the caller."""
        begun = start(flow_request(party.record, CallOptions(url=url, url_method=method)))
        return await FlowHost(self._doors, party, self._router).pass_through(begun)

    async def pass_through(self, begun: Begun) -> bool:
        """Runs a document whose end is not the call's: True when it ran to its end, False when the party has gone, or
        the document has hung up. It dials nobody.
        """
        self._is_screen = True
        self._background[Dial] = _dial_nobody
        self._listen()
        self._party.ended.add_done_callback(lambda _: self.post(HungUp()))
        state, commands = begun
        try:
            await self._carry_out(commands)
            while not (state.over or self._party.is_over):
                event = await self._inbox.get()
                if event is not None:
                    state = await self._step(state, event)
        finally:
            await self._close(end=False)
        return state.position >= len(state.verbs) and not self._party.is_over

    async def connect(self, command: Dial) -> DialEnded:
        """Rings others for a party without a document: a phone that dials. The party hears ringing from its own side,
        and is answered when somebody answers; it is still there afterwards if it has not hung up.
        """
        await self._party.sip.ring()
        try:
            return await self._dialling.connect(command, on_answer=lambda: self._answer(Answer()))
        finally:
            await self._close(end=False)

    async def _close(self, *, end: bool = True) -> None:
        if end:
            self._party.end(End(status="completed", reason="the call's handling ended", by="SYSTEM END"))
        for timer in self._timers.values():
            timer.cancel()
        for task in list(self._work):
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        self._recording.close()

    async def _step(self, state: FlowState, event: FlowEvent) -> FlowState:
        state, commands = step(state, event)
        await self._carry_out(commands)
        return state

    async def _carry_out(self, commands: list[FlowCommand]) -> None:
        """In order; what takes time is begun."""
        for command in commands:
            if handler := self._background.get(type(command)):
                self.spawn(handler(command))
                continue
            for immediate in self._immediate.get(type(command), ()):
                await immediate(command)

    async def _carry(self, work: Awaitable[FlowEvent | None]) -> None:
        self._inbox.put_nowait(await work)

    def _done(self, task: asyncio.Task[Any]) -> None:
        """Wakes the loop: it may have waited for the last work. What broke ends the call, and is logged."""
        self._work.discard(task)
        self._inbox.put_nowait(None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("flow.hand_failed", call=str(self._party.record.id), exc_info=error)
            self._party.end(End(status="failed", reason="an internal error", by="SYSTEM END"))

    def _listen(self) -> None:
        if not self._listening and self._party.has_media:
            self._listening = True
            self._party.media.listen(lambda digit: self.post(DigitPressed(digit)))

    async def _answer(self, _command: Answer) -> None:
        if self._party.is_answered or self._party.is_over:
            return
        try:
            await answer(self._party, self._router)
        except (SdpError, EngineError) as error:
            self._party.end(End(status="failed", reason=f"its media cannot be used: {error}", sip_status=488))
            return
        self._listen()
        self._doors.legs.watch(self._party)

    async def _set_timer(self, command: SetTimer) -> None:
        await self._cancel_timer(CancelTimer(command.name))
        loop = asyncio.get_running_loop()
        self._timers[command.name] = loop.call_later(command.seconds, self._fire, command.name)

    async def _cancel_timer(self, command: CancelTimer) -> None:
        if timer := self._timers.pop(command.name, None):
            timer.cancel()

    def _fire(self, name: str) -> None:
        self._timers.pop(name, None)
        self.post(TimerFired(name))

    async def _hang_up(self, command: Hangup) -> None:
        if self._is_screen:
            return  # it is up to whoever screens
        answered = self._party.is_answered
        end = End(
            status="completed" if answered else "no_answer",
            reason=command.reason or "ended by its document",
            by="SYSTEM END",
            sip_status=_UNAVAILABLE,
        )
        if command.after_seconds:
            asyncio.get_running_loop().call_later(command.after_seconds, self._party.end, end)
        else:
            self._party.end(end)

    async def _reject(self, command: Reject) -> None:
        busy = command.reason == "busy"
        self._party.end(
            End(
                status="user_busy" if busy else "canceled",
                reason=f"rejected by its document: {command.reason}",
                by="SYSTEM END",
                sip_status=_BUSY if busy else _DECLINED,
            )
        )

    async def _log(self, command: Log) -> None:
        now = self.services.clock.now()
        data = {
            "action": command.action,
            "parameter": command.parameter,
            "response": command.response,
            "actionTm": int(now.timestamp() * 1000),
            "success": command.success,
        }
        record = self._party.record
        await self.services.ledger.log(Entry(record.account_id, record.id, "callaction", data, now))


async def _dial_nobody(command: Dial) -> DialEnded:
    """A callee that is still to be joined is no caller itself."""
    return DialEnded(step=command.step, status="failed")


def flow_request(record: CallRecord, options: CallOptions) -> FlowRequest:
    """An answered call that goes on with the document of its options."""
    return FlowRequest(
        account_sid=str(record.account_id),
        call_sid=str(record.id),
        from_number=record.caller,
        to_number=record.callee,
        direction=record.direction,
        url=options.url,
        method=_method(options.url_method),
        fallback_url=options.fallback_url,
        fallback_method=_method(options.fallback_method),
        answered=True,
        metadata={str(key): str(value) for key, value in (record.metadata or {}).items()},
    )


def _method(name: str) -> Method:
    return "GET" if name.upper() == "GET" else "POST"
