"""What goes on beside an answered party: minutes reserved, its heartbeat told, its media watched."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

import msgspec

from cordboard.domain.voice.admission import LONGEST_CALL
from cordboard.domain.voice.callbacks import Callback
from cordboard.domain.voice.models import CallOptions
from cordboard.domain.voice.rendering import heartbeat_parameters
from cordboard.edge.calls.party import End, Party
from cordboard.edge.calls.services import CallServices
from cordboard.kit.ids import parse_uuid

_MINUTE: Final = 60.0
_EARLY: Final = 5.0
"""A minute is reserved some seconds before it begins, so that nobody talks on credit."""


async def supervise(services: CallServices, party: Party) -> None:
    """Until the party ends."""
    watch = [asyncio.create_task(_minutes(services, party)), asyncio.create_task(_media(party))]
    user = webphone_user(party)
    try:
        if user is not None:
            async with services.database.transaction() as tx:
                await services.presence.on_call(tx, party.record.account_id, user, party.record.id)
        await asyncio.wait({party.ended}, timeout=LONGEST_CALL.total_seconds())
        party.end(End(status="completed", reason="the call reached the longest time a call may take", by="SYSTEM END"))
    finally:
        for task in watch:
            task.cancel()
        await asyncio.gather(*watch, return_exceptions=True)
        if user is not None:
            async with services.database.transaction() as tx:
                await services.presence.off_call(tx, party.record.account_id, user, party.record.id)


def webphone_user(party: Party) -> UUID | None:
    """Whose browser phone the party is; None for every other party."""
    if party.record.kind != "webrtc":
        return None
    return party.record.client_id or parse_uuid(party.record.callee)


async def _minutes(services: CallServices, party: Party) -> None:
    """Reserves each minute that begins, and tells the heartbeat URL of each that has passed."""
    options = msgspec.convert(party.record.options, CallOptions)
    await asyncio.sleep(_MINUTE - _EARLY)
    while True:
        if not await services.ledger.extend(party.key, party.record.price):
            end = End(status="insufficient_funds", reason="the balance does not cover another minute", by="SYSTEM END")
            party.end(end)
            return
        await asyncio.sleep(_EARLY)
        if options.heartbeat_url:
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
        await asyncio.sleep(_MINUTE - _EARLY)


async def _media(party: Party) -> None:
    """Ends the party when its media is lost: the engine died, or nothing has come for a while and it is not on hold."""
    while True:
        await party.media.lost.wait()
        if not party.held:
            party.end(End(status="completed", reason="its media is gone", by="SYSTEM END"))
            return
        party.media.lost.clear()
