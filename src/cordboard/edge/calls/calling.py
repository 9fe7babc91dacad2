"""Calling somebody: trunks tried in turn, early media, and how it came out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from cordboard.domain.voice.models import CallRecord, Ending
from cordboard.edge.calls.media_leg import MediaLeg, MediaRouter
from cordboard.edge.calls.outcomes import status_of
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.services import CallServices
from cordboard.edge.media.errors import EngineError
from cordboard.edge.sip.failover import may_try_next
from cordboard.edge.sip.port import (
    Answered,
    Caller,
    Destination,
    Ended,
    Refused,
    Ringing,
    TrunkDestination,
)
from cordboard.wire.sdp.errors import SdpError

_MOST_TRUNKS: Final = 4
_SERVER_ERROR: Final = 500
_log = structlog.get_logger(__name__)

OnRinging = Callable[[Party], Awaitable[None]]


class CallFailed(Exception):  # noqa: N818  (not an error of ours: nobody answered)
    """The callee was not reached; the party has ended with `end`."""

    def __init__(self, end: End) -> None:
        self.end = end
        super().__init__(end.reason)


async def call(
    services: CallServices,
    router: MediaRouter,
    record: CallRecord,
    destinations: Sequence[Destination],
    caller: Caller,
    ring_seconds: float,
    on_ringing: OnRinging | None = None,
) -> Party:
    """Calls the destinations in turn until one answers; the party is answered and written down. Its record ends when
    nobody does. Raises CallFailed. Cancelling hangs up.
    """
    end = End(status="failed", reason="no way to the callee: no trunk is up, or the phone is not registered")
    for destination in destinations[:_MOST_TRUNKS]:
        try:
            media = await MediaLeg.open(router, services.agent.security_of(destination))
        except EngineError as error:
            end = End(status="failed", reason=f"no media: {error}")
            break
        sip = await services.agent.invite(destination, caller, media.offer())
        party = Party(record=record, sip=sip, media=None, ledger=services.ledger, clock=services.clock)
        party.attach(media)
        try:
            outcome = await _ring(party, _trunk_of(destination), ring_seconds, on_ringing)
        except asyncio.CancelledError:
            party.end(End(status="canceled", reason="canceled before it was answered", by="ORIGINATOR END"))
            raise
        if outcome is None:
            return party
        end = outcome
        await media.close()
        if not may_try_next(end.sip_status):
            break
    await _conclude(services, record, end)
    raise CallFailed(end)


async def _ring(party: Party, trunk: str | None, seconds: float, on_ringing: OnRinging | None) -> End | None:
    """Waits for an answer; None when there is one."""
    try:
        async with asyncio.timeout(seconds):
            return await _await_answer(party, trunk, on_ringing)
    except TimeoutError:
        await party.sip.hang_up("not answered in time")
        return End(status="no_answer", reason=f"not answered within {seconds:g} s", sip_status=408)


async def _await_answer(party: Party, trunk: str | None, on_ringing: OnRinging | None) -> End | None:
    told = False
    while True:
        event = await party.sip.events.get()
        if isinstance(event, Ringing):
            if event.sdp:
                await _accept(party, event.sdp)
            if not told:
                told = True
                await party.rings(trunk)
                if on_ringing is not None:
                    await on_ringing(party)
        elif isinstance(event, Answered):
            if event.sdp and not await _accept(party, event.sdp):
                await party.sip.hang_up("unusable media")
                return End(status="failed", reason="the callee's media cannot be used", sip_status=_SERVER_ERROR)
            await party.picked_up()
            return None
        elif isinstance(event, Refused):
            reason = f"SIP {event.status} {event.reason}".strip()
            return End(status=status_of(event.status), reason=reason, by="TERMINATOR END", sip_status=event.status)
        elif isinstance(event, Ended):
            return End(status="failed", reason=event.cause or "ended before it was answered", sip_status=_SERVER_ERROR)


async def _accept(party: Party, sdp: bytes) -> bool:
    try:
        await party.media.accept(sdp)
    except (SdpError, EngineError) as error:
        _log.info("call.answer_unusable", call=str(party.record.id), error=str(error))
        return False
    return True


async def _conclude(services: CallServices, record: CallRecord, end: End) -> None:
    """Writes down that nobody was reached."""
    await services.ledger.finish(
        Ending(key=record.key, status=end.status, at=services.clock.now(), reason=end.reason, hangup_by=end.by)
    )


def _trunk_of(destination: Destination) -> str | None:
    return destination.trunk if isinstance(destination, TrunkDestination) else None
