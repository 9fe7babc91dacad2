"""Dial: others are rung, one is joined with the caller."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from cordboard.domain.voice.models import Status
from cordboard.edge.calls.calling import NotReachedError, OnEarly, Ring
from cordboard.edge.calls.hands.meanwhile import Meanwhile
from cordboard.edge.calls.hands.port import Flow, Handlers
from cordboard.edge.calls.hands.screening import Screening
from cordboard.edge.calls.hands.steps import Steps
from cordboard.edge.calls.hands.talking import Talking
from cordboard.edge.calls.hands.ways import Way, caller_of, request_of, ways_of
from cordboard.edge.calls.legs import LegDoor
from cordboard.edge.calls.outcomes import dial_status_of
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.sounds import Sounds
from cordboard.edge.calls.trunk_choice import destinations_for
from cordboard.edge.calls.waiting import first_of
from cordboard.engines.callflow.commands import Abandon, Dial
from cordboard.engines.callflow.events import DialEnded, DialStatus
from cordboard.kit.errors import CordboardError

_LOST: Final = "another party took the call, or the caller has gone"
_log = structlog.get_logger(__name__)


class _Attempt:
    """A leg being tried, which can be given up at any time."""

    def __init__(self) -> None:
        self._party: Party | None = None
        self._given_up = False

    def take(self, party: Party) -> None:
        """It has a party now."""
        self._party = party
        if self._given_up:
            self.give_up()

    def give_up(self) -> None:
        """Ends the party, now or as soon as there is one."""
        self._given_up = True
        if self._party is not None:
            status: Status = "completed" if self._party.is_answered else "canceled"
            self._party.end(End(status=status, reason=_LOST, by="SYSTEM END"))


class Dialling:
    """Rings targets together; the first that answers, and confirms, is joined."""

    def __init__(self, flow: Flow, sounds: Sounds, legs: LegDoor, talking: Talking) -> None:
        self._flow = flow
        self._sounds = sounds
        self._legs = legs
        self._talking = talking
        self._screening = Screening(flow, sounds)
        self._steps: Steps[DialEnded] = Steps()

    def background(self) -> Handlers:
        """The one that takes time."""
        return {Dial: self.dial}

    def immediate(self) -> Handlers:
        """Giving up."""
        return {Abandon: self.abandon}

    async def dial(self, command: Dial) -> DialEnded:
        """Until the bridged part is over, or nobody was reached."""
        ended = await self._steps.run(command.step, self.connect(command))
        return ended or DialEnded(step=command.step, status="canceled")

    async def abandon(self, command: Abandon) -> None:
        """Hangs up what was dialled."""
        self._steps.give_up(command.step)

    async def connect(self, command: Dial, *, on_answer: Callable[[], Awaitable[None]] | None = None) -> DialEnded:
        """The same for a caller who may be unanswered still: `on_answer` is called once the callee is there."""
        meanwhile = Meanwhile(self._flow, self._sounds, command.ring_audio_url)
        meanwhile.start()
        try:
            callee, status = await self._reach(command, meanwhile)
        finally:
            await meanwhile.stop()
        if callee is None:
            return DialEnded(step=command.step, status=status)
        if on_answer is not None:
            await on_answer()
        return await self._talking.talk(command, callee)

    async def _reach(self, command: Dial, meanwhile: Meanwhile) -> tuple[Party | None, DialStatus]:
        """The first callee that takes the call; the others are hung up. The caller's end ends it all."""
        ways = [way for target in command.targets for way in ways_of(self._flow, target)]
        on_early = meanwhile.hear if len(ways) == 1 and not command.ring_audio_url else None
        trying: dict[asyncio.Task[Party | DialStatus], _Attempt] = {}
        for way in ways:
            attempt = _Attempt()
            trying[asyncio.create_task(self._try(command, way, attempt, on_early))] = attempt
        try:
            return await self._first(trying)
        finally:
            for attempt in trying.values():
                attempt.give_up()
            await asyncio.gather(*trying, return_exceptions=True)

    async def _first(self, trying: dict[asyncio.Task[Party | DialStatus], _Attempt]) -> tuple[Party | None, DialStatus]:
        """Takes what is done out of those that are tried, until one of them is a party."""
        gone = self._flow.party.ended
        status: DialStatus = "no_answer"
        while trying:
            await first_of(*trying, gone)
            if gone.done():
                return None, "canceled"
            for task in [task for task in trying if task.done()]:
                outcome = task.result()
                del trying[task]
                if isinstance(outcome, Party):
                    return outcome, "completed"
                status = outcome
        return None, status

    async def _try(self, command: Dial, way: Way, attempt: _Attempt, on_early: OnEarly | None) -> Party | DialStatus:
        """Rings one leg; the party that takes the call, or how it came out."""
        caller = caller_of(self._flow, command)
        try:
            leg = await self._legs.open(request_of(self._flow, command, way, caller))
        except CordboardError as error:
            _log.info("dial.refused", call=str(self._flow.party.record.id), error=str(error))
            return "insufficient_funds" if error.code == "insufficient_funds" else "failed"
        party = self._legs.party_of(leg.record, is_phone=way.is_phone)
        attempt.take(party)
        carrier = leg.carrier or self._flow.party.record.trunk
        ways = way.destinations or destinations_for(carrier, way.to or "", self._flow.services.agent.trunks)
        ring = Ring(ways=ways, caller=caller, seconds=command.ring_seconds, on_early=on_early)
        try:
            await self._legs.call(party, self._flow.router, ring)
        except NotReachedError as failed:
            return dial_status_of(failed.end.status)
        return party if await self._screening.passes(command, way, party) else _not_taken(party)


def _not_taken(party: Party) -> DialStatus:
    """A callee that answered and did not want the call, or has gone."""
    party.end(End(status="completed", reason="the callee did not take the call", by="SYSTEM END"))
    return "no_answer"
