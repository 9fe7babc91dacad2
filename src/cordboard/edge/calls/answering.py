"""Picking up a call that came in."""

from __future__ import annotations

from cordboard.edge.calls.media_leg import MediaLeg
from cordboard.edge.calls.media_router import MediaRouter
from cordboard.edge.calls.party import Party
from cordboard.wire.sdp.negotiation import security_of


async def answer(party: Party, router: MediaRouter) -> None:
    """200 OK with media. Raises SdpError, EngineError; the latter also when the caller has gone meanwhile."""
    sdp = await _take_media(party, router)
    await party.sip.answer(sdp)
    if not party.is_over:
        await party.picked_up()


async def _take_media(party: Party, router: MediaRouter) -> bytes:
    """Opens the party's media as its offer wants it; our SDP for the answer."""
    offer = party.sip.offer
    media = await MediaLeg.open(router, security_of(offer) if offer else "none")
    await party.attach(media)
    return await media.answer(offer) if offer else media.offer()
