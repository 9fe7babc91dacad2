"""A leg as call control sees it: what it is, what happens on it, and verbs that do what fits its state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from cordboard.edge.sip.context import Setup
from cordboard.edge.sip.conversation import Conversation
from cordboard.edge.sip.flow import Flow
from cordboard.edge.sip.port import (
    Caller,
    Ended,
    KeyedByInfo,
    LegEvent,
    OfferRefusedError,
    PhoneSource,
    Refused,
    Source,
)
from cordboard.edge.sip.timers import Timer, Timers
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.message import Request

MOST_EVENTS: Final = 1000
"""Events that wait for call control. Digits beyond are dropped; nothing else comes so often."""

_SERVER_ERROR: Final = 500
_log = structlog.get_logger(__name__)


class LegFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What does not change. `owner` is whom the other end belongs to, incoming or not; `dialled`, `offer`, `replaces`
    and `source` are those of an incoming call.
    """

    call_id: str
    local_tag: str
    caller: Caller
    browser: bool = False
    owner: Source | None = None
    source: Source | None = None
    dialled: str = ""
    offer: bytes = b""
    replaces: tuple[str, str, str] | None = None


class Leg:
    """Implements `port.SipLeg`. `conversations` holds its dialogs by remote tag, `talk` is the one that counts."""

    def __init__(self, facts: LegFacts, timers: Timers) -> None:
        self._facts = facts
        self._timers = timers
        self._events: asyncio.Queue[LegEvent] = asyncio.Queue()
        self._own_timers: set[Timer] = set()
        self._is_over = False
        self.setup: Setup | None = None
        self.conversations: dict[str, Conversation] = {}
        self.talk: Conversation | None = None
        self.on_forgotten: Callable[[], object] = lambda: None

    @property
    def sip_call_id(self) -> str:
        """The Call-ID."""
        return self._facts.call_id

    @property
    def local_tag(self) -> str:
        """Our tag in all its dialogs."""
        return self._facts.local_tag

    @property
    def dialog(self) -> tuple[str, str, str]:
        """Call-ID, local tag, remote tag (empty while nobody has answered in any way)."""
        remote = self.talk.dialog.id.remote_tag if self.talk else next(iter(self.conversations), "")
        return self._facts.call_id, self._facts.local_tag, remote

    @property
    def owner(self) -> Source | None:
        """Whom the other end belongs to."""
        return self._facts.owner

    @property
    def source(self) -> Source | None:
        """Where an incoming call came from."""
        return self._facts.source

    @property
    def dialled(self) -> str:
        """What was called."""
        return self._facts.dialled

    @property
    def caller(self) -> Caller:
        """Who calls."""
        return self._facts.caller

    @property
    def offer(self) -> bytes:
        """The SDP of an incoming INVITE."""
        return self._facts.offer

    @property
    def replaces(self) -> tuple[str, str, str] | None:
        """The dialog that an incoming INVITE is to replace."""
        return self._facts.replaces

    @property
    def browser(self) -> bool:
        """Whether the party speaks WebRTC."""
        return self._facts.browser

    @property
    def events(self) -> asyncio.Queue[LegEvent]:
        """What happens."""
        return self._events

    @property
    def is_over(self) -> bool:
        """Whether its last event was told."""
        return self._is_over

    @property
    def is_established(self) -> bool:
        """Whether it was answered."""
        return self.talk is not None and self.talk.dialog.confirmed

    async def ring(self, sdp: bytes = b"") -> None:
        """180, or 183 with SDP."""
        if self.setup is not None and not self._is_over and not self.is_established:
            self.setup.ring(sdp)

    async def answer(self, sdp: bytes) -> None:
        """200 with SDP."""
        if self.setup is not None and not self._is_over and not self.is_established:
            self.setup.answer(sdp)

    async def refuse(self, status: int, reason: str = "") -> None:
        """A final answer of 300 or more."""
        if not 300 <= status <= 699:
            raise ValueError(f"{status} does not refuse a call")
        if self.setup is not None and not self._is_over and not self.is_established:
            self.setup.refuse(status, reason)

    async def hang_up(self, cause: str = "") -> None:
        """CANCEL, BYE or 603."""
        self.end(cause)

    async def offer_media(self, sdp: bytes) -> bytes:
        """A re-INVITE; answers the party's SDP. Raises OfferRefusedError."""
        if self.talk is None or self._is_over or not self.is_established:
            raise OfferRefusedError("the call is not established")
        return await self.talk.offers.offer(sdp)

    async def answer_offer(self, sdp: bytes) -> None:
        """Answers an `Offered`."""
        if self.talk is not None and not self._is_over:
            self.talk.offers.answer(sdp)

    async def refuse_offer(self, status: int = 488) -> None:
        """Refuses an `Offered`."""
        if self.talk is not None and not self._is_over:
            self.talk.offers.refuse(status)

    async def notify_refer(self, status: int, reason: str) -> None:
        """Tells the party how its transfer goes."""
        if self.talk is not None and not self._is_over:
            self.talk.transfers.notify(status, reason)

    # What follows is for the makers of the leg.

    def tell(self, event: LegEvent) -> None:
        """Tells call control, unless all is said."""
        if self._is_over or (isinstance(event, KeyedByInfo) and self._events.qsize() >= MOST_EVENTS):
            return
        self._events.put_nowait(event)

    def finish(self, event: Refused | Ended, *, keep: bool = False) -> None:
        """Tells the last thing, once. `keep`: messages of it still have to find it, until `forget`."""
        if self._is_over:
            return
        self._events.put_nowait(event)
        self._is_over = True
        for conversation in self.conversations.values():
            conversation.close()
        if not keep:
            self.forget()

    def forget(self) -> None:
        """Nothing comes for it any more."""
        for timer in list(self._own_timers):
            timer.cancel()
        self._own_timers.clear()
        self.on_forgotten()

    def after(self, seconds: float, call: Callable[[], None]) -> Timer:
        """A timer that ends the leg, and nothing else, when `call` fails; cancelled with the leg."""

        def ring() -> None:
            self._own_timers.discard(timer)
            try:
                call()
            except Exception:  # noqa: BLE001  (logged; what nobody foresaw ends one leg, not the others)
                _log.exception("sip.timer_failed", call_id=self.sip_call_id)
                self.crash()

        timer = self._timers.after(seconds, ring)
        self._own_timers = {each for each in self._own_timers if not each.is_over} | {timer}
        return timer

    def end(self, cause: str) -> None:
        """Hangs up, whatever that means now."""
        if self._is_over:
            return
        if self.talk is not None and self.is_established:
            self.talk.hang_up(Ended("local", cause))
        elif self.setup is not None:
            self.setup.abandon(cause)
        else:
            self.finish(Ended("local", cause))

    def crash(self) -> None:
        """Something that nobody foresaw: the call is ended as far as that goes."""
        if self._is_over:
            self.forget()
        elif self.source is not None and not self.is_established and self.setup is not None:
            self.setup.refuse(_SERVER_ERROR, "")
        else:
            self.end("internal error")

    def receive(self, request: Request, flow: Flow, key: TransactionKey) -> bool:
        """A request in one of its dialogs; False when it is of none."""
        conversation = self.conversations.get(request.from_.tag)
        if conversation is None:
            return False
        conversation.receive(request, flow, key)
        return True

    def acknowledged(self, ack: Request) -> None:
        """An ACK for a 2xx of ours."""
        conversation = self.conversations.get(ack.from_.tag)
        if conversation is not None:
            conversation.acknowledged(ack)

    def phone_moved(self, phone: PhoneSource, flow: Flow) -> None:
        """A phone has registered over another connection."""
        if self.owner == phone:
            for conversation in list(self.conversations.values()):
                conversation.phone_moved(flow)

    def flow_lost(self, flow: Flow) -> None:
        """A connection is gone, which may have been the only way to the party."""
        for conversation in list(self.conversations.values()):
            conversation.flow_lost(flow)
