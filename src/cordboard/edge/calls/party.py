"""A party: somebody at the other end, with signalling, media and a record of the call. It ends once, for one reason."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
import structlog

from cordboard.domain.voice.models import CallKey, CallRecord, Ending, HangupBy, Progress, Status
from cordboard.edge.calls.ledger import CallLedger
from cordboard.edge.calls.media_leg import MediaLeg
from cordboard.edge.media.errors import EngineError, MediaLostError
from cordboard.edge.media.protocol import LegStatistics
from cordboard.edge.sip.port import Answered, Ended, KeyedByInfo, LegEvent, Offered, Referred, SipLeg
from cordboard.kit.clock import Clock
from cordboard.wire.sdp.errors import SdpError

_MOST_DIGITS: Final = 256
_NOT_ACCEPTABLE: Final = 488
_SERVER_ERROR: Final = 500
_log = structlog.get_logger(__name__)

TransferHandler = Callable[["Party", Referred], Awaitable[None]]
HoldHandler = Callable[[bool], Awaitable[None]]


class End(msgspec.Struct, frozen=True, kw_only=True):
    """Why a party is no longer there. `sip_status`: how an unanswered incoming call is refused."""

    status: Status
    reason: str
    by: HangupBy | None = None
    sip_status: int = 487


class Party:
    """One leg of a call. An incoming one has signalling from the start; one that is called gets it with `use`, and
    anew for each way that is tried. `is_phone`: a phone or browser phone of the account, which may transfer: then
    `on_transfer` gets what it asks for by REFER. `on_hold` is told when it holds and resumes.
    """

    def __init__(
        self,
        *,
        record: CallRecord,
        ledger: CallLedger,
        clock: Clock,
        sip: SipLeg | None = None,
        is_phone: bool = False,
    ) -> None:
        self.record = record
        self.is_phone = is_phone
        self._sip = sip
        self._media: MediaLeg | None = None
        self._ledger = ledger
        self._clock = clock
        self.answered_at: datetime | None = None
        self.answered_by: str | None = None
        self.conference_id: Any = None
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self.closed = asyncio.Event()
        """It has ended, and that is written down."""
        self.digits = ""
        self.held = False
        self.on_transfer: TransferHandler | None = None
        self.on_hold: HoldHandler | None = None
        self._finishing: asyncio.Task[None] | None = None

    @property
    def key(self) -> CallKey:
        """What finds its record."""
        return self.record.key

    @property
    def sip(self) -> SipLeg:
        """Its signalling; there once it was called."""
        if self._sip is None:
            raise MediaLostError("nobody has been called yet")
        return self._sip

    @property
    def dialog(self) -> tuple[str, str, str] | None:
        """What Replaces names; None while nobody has been called."""
        return self._sip.dialog if self._sip else None

    @property
    def media(self) -> MediaLeg:
        """Its media; there once it was offered or answered."""
        if self._media is None:
            raise MediaLostError("the call has no media yet")
        return self._media

    @property
    def has_media(self) -> bool:
        """Whether it can hear and be heard."""
        return self._media is not None

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.ended.done()

    @property
    def is_answered(self) -> bool:
        """Whether it was picked up."""
        return self.answered_at is not None

    @property
    def incoming(self) -> bool:
        """Whether the party called us."""
        return self._sip is not None and self._sip.source is not None

    def as_live(self) -> CallRecord:
        """Its record as it is now."""
        return msgspec.structs.replace(
            self.record, status="in-progress" if self.is_answered else "dialing", answered_at=self.answered_at
        )

    async def use(self, sip: SipLeg, media: MediaLeg) -> None:
        """It is called: this signalling and media take the place of those that came to nothing."""
        if self._media is not None:
            await self._media.close()
        self._sip = sip
        await self.attach(media)
        if self.is_over:
            await sip.hang_up("given up")

    async def attach(self, media: MediaLeg) -> None:
        """Gives it media, and begins to note its keys. One that has ended meanwhile needs none."""
        self._media = media
        media.listen(self._note)
        if self.is_over:
            await media.close()

    async def rings(self, trunk: str | None = None) -> None:
        """It rings: written down and told."""
        await self._ledger.progress(Progress(key=self.key, status="dialing", at=self._clock.now(), trunk=trunk))

    async def picked_up(self, trunk: str | None = None) -> None:
        """It was answered: written down and told. The first minute has begun."""
        self.answered_at = self._clock.now()
        await self._ledger.progress(
            Progress(key=self.key, status="in-progress", at=self.answered_at, trunk=trunk),
        )

    @contextlib.contextmanager
    def carried(self) -> Iterator[None]:
        """What is done with the party: when that breaks, the party ends, so that nobody is left on the line."""
        try:
            yield
        except BaseException:
            self.end(End(status="failed", reason="an internal error", by="SYSTEM END", sip_status=_SERVER_ERROR))
            raise

    async def follow(self) -> None:
        """Handles what the party does, until it has ended. Runs beside whatever is done with it."""
        while not self.is_over:
            await self._handle(await self.sip.events.get())

    def end(self, end: End) -> None:
        """Ends it, unless it has ended: the first reason counts."""
        if self.ended.done():
            return
        self.ended.set_result(end)
        self._finishing = asyncio.create_task(self._finish(end))

    async def wait_closed(self) -> None:
        """Until its record is written."""
        await self.closed.wait()

    async def _handle(self, event: LegEvent) -> None:
        if isinstance(event, Ended):
            reason = event.cause or f"ended by {event.by}"
            self.end(End(status="completed" if self.is_answered else "canceled", reason=reason, by=self._by(event)))
        elif isinstance(event, Offered):
            await self._renegotiate(event.sdp)
        elif isinstance(event, Answered):
            await self._accept_late(event.sdp)
        elif isinstance(event, KeyedByInfo):
            if self._media is not None:
                self._media.press(event.digit)
        elif isinstance(event, Referred):
            await self._transfer(event)

    async def _finish(self, end: End) -> None:
        """Signalling first, so that nobody waits for our books."""
        try:
            await self._hang_up(end)
            statistics = await self._media.close() if self._media is not None else None
            await self._ledger.finish(
                Ending(
                    key=self.key,
                    status=end.status,
                    at=self._clock.now(),
                    reason=end.reason,
                    hangup_by=end.by,
                    answered_by=self.answered_by,
                    digits=self.digits,
                    conference_id=self.conference_id,
                    media=_shown(statistics) if self.is_answered else None,
                )
            )
        finally:
            self.closed.set()

    async def _hang_up(self, end: End) -> None:
        if self._sip is None:
            return
        if self.incoming and not self.is_answered:
            await self._sip.refuse(end.sip_status, "")
        else:
            await self._sip.hang_up(end.reason)

    async def _renegotiate(self, offer: bytes) -> None:
        """A re-INVITE: hold, another address, other codecs."""
        try:
            if not offer:
                await self.sip.answer_offer(self.media.offer())
                return
            await self.sip.answer_offer(await self.media.answer(offer))
        except (SdpError, EngineError) as error:
            _log.info("call.offer_refused", call=str(self.record.id), error=str(error))
            await self.sip.refuse_offer(_NOT_ACCEPTABLE)
            return
        await self._note_hold()

    async def _accept_late(self, sdp: bytes) -> None:
        """An answer that came in the ACK, to the offer in our own answer."""
        try:
            if sdp:
                await self.media.accept(sdp)
        except (SdpError, EngineError) as error:
            self.end(End(status="failed", reason=f"its media cannot be used: {error}", by="SYSTEM END"))
            return
        await self._note_hold()

    async def _note_hold(self) -> None:
        """Whoever does not want to hear us holds the call (RFC 3264 8.4)."""
        remote = self.media.remote
        held = remote is not None and not remote.receives
        if held != self.held:
            self.held = held
            if self.on_hold is not None:
                await self.on_hold(held)

    async def _transfer(self, event: Referred) -> None:
        """Phones of the account may transfer; others would make calls at its expense."""
        if self.on_transfer is None or not self.is_phone:
            await self.sip.notify_refer(603, "Declined")
        else:
            await self.on_transfer(self, event)

    def _note(self, digit: str) -> None:
        if len(self.digits) < _MOST_DIGITS:
            self.digits += digit

    def _by(self, event: Ended) -> HangupBy:
        """Who ended it, in the words of the record: the originator called, the terminator was called."""
        if event.by != "remote":
            return "SYSTEM END"
        return "ORIGINATOR END" if self.incoming else "TERMINATOR END"


def _shown(statistics: LegStatistics | None) -> dict[str, Any] | None:
    """The statistics as the record keeps them."""
    if statistics is None:
        return None
    members: dict[str, Any] = msgspec.to_builtins(statistics)
    members.pop("type", None)
    return members
