"""Calling somebody: ways tried in turn, early media, and how it came out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
import structlog

from cordboard.edge.calls.media_leg import MediaLeg
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.outcomes import status_of
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.waiting import first_of
from cordboard.edge.media.errors import EngineError
from cordboard.edge.sip.failover import may_try_next
from cordboard.edge.sip.port import (
    Answered,
    Caller,
    Destination,
    Ended,
    LegEvent,
    Refused,
    Ringing,
    SipAgent,
    TrunkDestination,
)
from cordboard.wire.sdp.errors import SdpError

_MOST_WAYS: Final = 4
_SERVER_ERROR: Final = 500
_UNAVAILABLE: Final = 480
"""Whoever answered, or was rung for as long as was asked, is not rung again over another trunk."""
_NO_WAY: Final = End(status="failed", reason="no way to the callee: no trunk is up, or the phone is not registered")
_UNUSABLE: Final = End(status="failed", reason="the callee's media cannot be used", sip_status=_UNAVAILABLE)
_log = structlog.get_logger(__name__)

OnEarly = Callable[[Party], Awaitable[None]]


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to ring: `ways` are tried in turn, `seconds` each. `on_early` is called when the callee can be heard before
    it has answered.
    """

    ways: Sequence[Destination]
    caller: Caller
    seconds: float
    on_early: OnEarly | None = None


class NotReachedError(Exception):
    """The callee was not reached; the party has ended with `end`."""

    def __init__(self, end: End) -> None:
        self.end = end
        super().__init__(end.reason)


async def call(agent: SipAgent, party: Party, router: MediaRouter, ring: Ring) -> None:
    """Calls until one way answers. Ending the party gives up. Raises NotReachedError once that is written down."""
    end: End | None = _NO_WAY
    for way in ring.ways[:_MOST_WAYS]:
        if party.is_over:
            break
        end = await _try(agent, party, router, way, ring)
        if end is None:
            return
        if not may_try_next(end.sip_status):
            break
    party.end(end or _NO_WAY)
    await party.wait_closed()
    raise NotReachedError(party.ended.result())


async def _try(agent: SipAgent, party: Party, router: MediaRouter, way: Destination, ring: Ring) -> End | None:
    """One way; None when it answered."""
    try:
        media = await MediaLeg.open(router, agent.security_of(way))
    except EngineError as error:
        return End(status="failed", reason=f"no media: {error}", by="SYSTEM END")
    await party.use(await agent.invite(way, ring.caller, media.offer()), media)
    return await _await_answer(party, _trunk_of(way), ring)


async def _await_answer(party: Party, trunk: str | None, ring: Ring) -> End | None:
    """None when there is one."""
    deadline = asyncio.get_running_loop().time() + ring.seconds
    told = False
    while (event := await _next_event(party, deadline)) is not None:
        if isinstance(event, Ringing):
            if event.sdp and await _accept(party, event.sdp) and ring.on_early is not None:
                await ring.on_early(party)
            if not told:
                told = True
                await party.rings(trunk)
        elif isinstance(event, Answered):
            return await _answered(party, event, trunk)
        elif isinstance(event, Refused):
            reason = f"SIP {event.status} {event.reason}".strip()
            return End(status=status_of(event.status), reason=reason, by="TERMINATOR END", sip_status=event.status)
        elif isinstance(event, Ended):
            return End(status="failed", reason=event.cause or "ended before it was answered", sip_status=_SERVER_ERROR)
    if party.is_over:
        return party.ended.result()
    await party.sip.hang_up("not answered in time")
    reason = f"not answered within {ring.seconds:g} s"
    return End(status="no_answer", reason=reason, by="SYSTEM END", sip_status=_UNAVAILABLE)


async def _next_event(party: Party, deadline: float) -> LegEvent | None:
    """None when time is up or the party was ended."""
    coming = asyncio.ensure_future(party.sip.events.get())
    try:
        await first_of(coming, party.ended, seconds=deadline - asyncio.get_running_loop().time())
        return coming.result() if coming.done() and not party.is_over else None
    finally:
        coming.cancel()


async def _answered(party: Party, event: Answered, trunk: str | None) -> End | None:
    usable = await _accept(party, event.sdp) if event.sdp else party.media.remote is not None
    if not usable:
        await party.sip.hang_up("unusable media")
        return _UNUSABLE
    await party.picked_up(trunk)
    return party.ended.result() if party.is_over else None


async def _accept(party: Party, sdp: bytes) -> bool:
    try:
        await party.media.accept(sdp)
    except (SdpError, EngineError) as error:
        _log.info("call.answer_unusable", call=str(party.record.id), error=str(error))
        return False
    return True


def _trunk_of(way: Destination) -> str | None:
    return way.trunk if isinstance(way, TrunkDestination) else None
