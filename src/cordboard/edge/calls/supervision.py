"""What goes on beside an answered party: minutes reserved, its heartbeat told, its media watched. Each of these goes on
when another breaks.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from typing import Any
from uuid import UUID

import msgspec

from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.models import CallOptions
from cordboard.domain.voice.rendering import heartbeat_parameters
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.services import CallServices
from cordboard.edge.calls.waiting import first_of
from cordboard.kit.ids import parse_uuid


def supervisors(services: CallServices, party: Party) -> Iterator[Coroutine[Any, Any, None]]:
    """What is to run until the party ends."""
    yield _limit(services, party)
    yield _minutes(services, party)
    yield _media(party)
    if (user := webphone_user(party)) is not None:
        yield _presence(services, party, user)


def webphone_user(party: Party) -> UUID | None:
    """Whose browser phone the party is; None for every other party."""
    if party.record.kind != "webrtc":
        return None
    return party.record.client_id or parse_uuid(party.record.callee)


async def _limit(services: CallServices, party: Party) -> None:
    """The longest time that any call may take."""
    await first_of(party.ended, seconds=services.timing.longest_call)
    party.end(End(status="completed", reason="the call reached the longest time a call may take", by="SYSTEM END"))


async def _presence(services: CallServices, party: Party, user: UUID) -> None:
    """Tells that a user's webphone is in a call."""
    account_id, call_id = party.record.account_id, party.record.id
    async with services.database.transaction() as tx:
        await services.presence.on_call(tx, account_id, user, call_id)
    await first_of(party.ended)
    async with services.database.transaction() as tx:
        await services.presence.off_call(tx, account_id, user, call_id)


async def _minutes(services: CallServices, party: Party) -> None:
    """Reserves each minute before it begins, so that nobody talks on credit, and tells the heartbeat URL of each that
    has passed.
    """
    timing = services.timing
    while await _still_there(party, timing.minute - timing.minute_ahead):
        granted = await services.ledger.extend(party.key)
        if not granted:
            reason = "the balance does not cover another minute"
            party.end(End(status="insufficient_funds", reason=reason, by="SYSTEM END"))
        elif await _still_there(party, timing.minute_ahead):
            await _tell_heartbeat(services, party)


async def _still_there(party: Party, seconds: float) -> bool:
    """Whether the party is still there after some seconds."""
    await first_of(party.ended, seconds=seconds)
    return not party.is_over


async def _tell_heartbeat(services: CallServices, party: Party) -> None:
    options = msgspec.convert(party.record.options, CallOptions)
    if not options.heartbeat_url:
        return
    await services.ledger.tell(
        Callback(
            account_id=party.record.account_id,
            call_id=party.record.id,
            url=options.heartbeat_url,
            method=options.heartbeat_method,
            parameters=heartbeat_parameters(party.as_live()),
            insist=False,
        )
    )


async def _media(party: Party) -> None:
    """Ends the party when its media is lost: the engine died, or nothing has come for a while and it is not on hold."""
    media = party.media
    while not party.is_over:
        await first_of(party.ended, media.lost)
        if media.is_gone or not party.held:
            party.end(End(status="completed", reason="its media is gone", by="SYSTEM END"))
        media.lost.clear()
