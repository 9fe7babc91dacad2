"""A call for a number of an account of this very installation: it goes back into the platform, and both ends of it are
joined by passing on what they say of media. No media of ours is in between.
"""

from __future__ import annotations

import asyncio
from typing import Final

from cordboard.domain.sandbox.models import LONGEST_CALL
from cordboard.edge.sip.port import (
    Answered,
    Ended,
    LegEvent,
    Offered,
    OfferRefusedError,
    Referred,
    Refused,
    Ringing,
    SipLeg,
)

_GLARE: Final = 491
_NOT_ACCEPTABLE: Final = 488
_DECLINED: Final = 603


class Hairpin:
    """`calling` came from the platform, `called` goes back into it."""

    def __init__(self, calling: SipLeg, called: SipLeg) -> None:
        self._calling = calling
        self._called = called
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def end(self, reason: str) -> None:
        """Ends both."""
        if not self._over.done():
            self._over.set_result(reason)

    async def run(self) -> None:
        """Passes on what happens, until one of them ends."""
        try:
            async with asyncio.timeout(LONGEST_CALL), asyncio.TaskGroup() as group:
                both = (group.create_task(self._follow_calling()), group.create_task(self._follow_called()))
                await self._over
                for task in both:
                    task.cancel()
        except TimeoutError:
            self.end("it was as long as a call may be")
        finally:
            reason = self._over.result() if self._over.done() else "the sandbox failed"
            await self._calling.hang_up(reason)
            await self._called.hang_up(reason)

    async def _follow_calling(self) -> None:
        while True:
            await self._pass_on(await self._calling.events.get(), self._calling, self._called)

    async def _follow_called(self) -> None:
        while True:
            event = await self._called.events.get()
            match event:
                case Ringing(sdp=sdp):
                    await self._calling.ring(sdp)
                case Answered(sdp=sdp):
                    await self._calling.answer(sdp)
                case Refused(status=status, reason=reason):
                    await self._calling.refuse(status, reason)
                    self.end(reason)
                case _:
                    await self._pass_on(event, self._called, self._calling)

    async def _pass_on(self, event: LegEvent, leg: SipLeg, other: SipLeg) -> None:
        """What both may do in a call."""
        match event:
            case Ended(cause=cause):
                self.end(cause or "hung up by the other side")
            case Offered(sdp=sdp):
                await _pass_offer(sdp, leg, other)
            case Referred():
                await leg.notify_refer(_DECLINED, "Decline")


async def _pass_offer(sdp: bytes, leg: SipLeg, other: SipLeg) -> None:
    if not sdp:  # we have nothing to offer
        await leg.refuse_offer(_NOT_ACCEPTABLE)
        return
    try:
        await leg.answer_offer(await other.offer_media(sdp))
    except OfferRefusedError:
        await leg.refuse_offer(_GLARE)
