"""Requests that come, sorted by what they are: within a leg, a new call, a registration, or nothing for us."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final, NoReturn

import structlog

from cordboard.edge.sip.addressing import ALLOWED, SDP, SUPPORTED
from cordboard.edge.sip.admission import Admission
from cordboard.edge.sip.context import LegContext
from cordboard.edge.sip.conversation import Conversation
from cordboard.edge.sip.flow import Flow
from cordboard.edge.sip.incoming import IncomingCall
from cordboard.edge.sip.leg import Leg, LegFacts
from cordboard.edge.sip.leg_table import LegTable
from cordboard.edge.sip.numbers import caller_of
from cordboard.edge.sip.phone_gate import PhoneGate
from cordboard.edge.sip.port import PhoneSource, SipLeg, Source, TrunkSource
from cordboard.edge.sip.registrar import Registrar
from cordboard.edge.sip.trunk_book import TrunkBook
from cordboard.wire.sip.dialog import Dialog
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Message, Request, Response
from cordboard.wire.sip.refer import Replaces, replaces_of
from cordboard.wire.sip.session_timer import IntervalTooSmallError, answer_request
from cordboard.wire.sip.validation import unsupported_options

OnCall = Callable[[SipLeg], Awaitable[None]]

_RETRY_AFTER: Final = "5"
_NO_DIALOG: Final = frozenset({"BYE", "INFO", "UPDATE", "PRACK", "NOTIFY"})
"""Requests that make sense in a dialog only."""
_REFUSED_HERE: Final = frozenset({"MESSAGE", "SUBSCRIBE", "PUBLISH", "REFER"})
_log = structlog.get_logger(__name__)


class _RefusedError(Exception):
    """A request is refused with this response."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(str(response.status))


class Reception:
    """Implements `core.Listener`."""

    def __init__(
        self,
        *,
        context: LegContext,
        legs: LegTable,
        book: TrunkBook,
        gate: PhoneGate,
        registrar: Registrar,
        admission: Admission,
        most_calls: int,
    ) -> None:
        self._context = context
        self._core = context.core
        self._legs = legs
        self._book = book
        self._gate = gate
        self._registrar = registrar
        self._admission = admission
        self._most_calls = most_calls
        self.on_call: OnCall | None = None

    def request_arrived(self, request: Request, flow: Flow, key: TransactionKey) -> None:
        """Whatever came, it is answered."""
        try:
            self._sort(request, flow, key)
        except _RefusedError as refusal:
            self._core.respond(refusal.response, key)
        except SipSyntaxError as error:
            self._core.respond(request.reply(error.status), key)

    def ack_arrived(self, request: Request) -> None:
        """An ACK for a 2xx; one for nothing is dropped."""
        leg = self._legs.of(request)
        if leg is not None:
            leg.acknowledged(request)

    def failed(self, message: Message, key: TransactionKey | None) -> None:
        """Handling it failed: the request is answered, and its leg ended."""
        if key is not None and isinstance(message, Request):
            self._core.respond(message.reply(500), key)
        leg = self._legs.of(message)
        if leg is not None:
            leg.crash()

    def _sort(self, request: Request, flow: Flow, key: TransactionKey) -> None:
        method = request.method
        if request.to.tag or method in _NO_DIALOG:
            leg = self._legs.of(request)
            if leg is None or not leg.receive(request, flow, key):
                self._refuse(request, 481)
        elif method == "INVITE":
            self._invited(request, flow, key)
        elif method == "REGISTER":
            self._context.tasks.start(self._registered(request, flow, key))
        elif method == "OPTIONS":
            headers = (("Allow", ALLOWED), ("Supported", ", ".join(SUPPORTED)), ("Accept", SDP))
            self._refuse(request, 200, headers=headers)
        elif method in _REFUSED_HERE:
            self._refuse(request, 405, headers=(("Allow", ALLOWED),))
        else:
            self._refuse(request, 501, headers=(("Allow", ALLOWED),))

    async def _registered(self, request: Request, flow: Flow, key: TransactionKey) -> None:
        """A REGISTER of anybody but a trunk."""
        answered = False
        try:
            await self._registrar.receive(request, flow, key)
            answered = True
        finally:
            if not answered:  # the platform failed, and is logged as a failed task
                self._core.respond(request.reply(500), key)

    # New calls

    def _invited(self, request: Request, flow: Flow, key: TransactionKey) -> None:
        self._check(request)
        trunk = None if flow.phone else self._book.match(flow.remote.host, request, flow.remote.port)
        if trunk is None and flow.phone is None and not self._gate.has_credentials(request):
            raise _RefusedError(self._gate.challenge(request))
        self._admit(request)
        self._core.respond(request.reply(100), key)
        cancelled: list[bool] = []
        self._core.on_cancel(key, lambda: self._cancelled_early(request, key, cancelled))
        if trunk is not None:
            source = TrunkSource(trunk.name)
            self._take(request, flow, key, source, trusted=trunk.settings.trusted_identity)
        else:
            self._context.tasks.start(self._identify(request, flow, key, cancelled))

    def _check(self, request: Request) -> None:
        """What any INVITE must be like."""
        if request.max_forwards == 0:
            self._refuse(request, 483)
        if unknown := unsupported_options(request, SUPPORTED):
            self._refuse(request, 420, headers=(("Unsupported", ", ".join(unknown)),))
        if request.body and request.content_type != SDP:
            self._refuse(request, 415, headers=(("Accept", SDP),))

    def _admit(self, request: Request) -> None:
        if len(self._legs) >= self._most_calls or not self._admission.admits_call(self._core.now):
            self._refuse(request, 503, headers=(("Retry-After", _RETRY_AFTER),))

    def _cancelled_early(self, request: Request, key: TransactionKey, cancelled: list[bool]) -> None:
        """Cancelled while it was not known yet who calls."""
        cancelled.append(True)
        self._core.respond(request.reply(487), key)

    async def _identify(self, request: Request, flow: Flow, key: TransactionKey, cancelled: list[bool]) -> None:
        answered = False
        try:
            identity = await self._gate.identify(request, flow)
            if isinstance(identity, Response):
                self._core.respond(identity, key)
            elif not cancelled:
                self._take(request, flow, key, identity[0], trusted=False)
            answered = True
        except _RefusedError as refusal:
            self._core.respond(refusal.response, key)
            answered = True
        except SipSyntaxError as error:
            self._core.respond(request.reply(error.status), key)
            answered = True
        finally:
            if not answered:  # the platform failed, and is logged as a failed task
                self._core.respond(request.reply(500), key)

    def _take(self, request: Request, flow: Flow, key: TransactionKey, source: Source, *, trusted: bool) -> None:
        """Makes a leg of it and hands it to call control."""
        if self.on_call is None:
            self._refuse(request, 503, headers=(("Retry-After", _RETRY_AFTER),))
        try:
            agreement, headers = answer_request(request, preferred=self._context.session_seconds)
        except IntervalTooSmallError as error:
            self._refuse(request, error.status, headers=error.headers)
        leg = Leg(self._facts(request, flow, source, trusted=trusted), self._core.timers)
        dialog = Dialog.from_request(request, leg.local_tag)
        conversation = Conversation(leg, self._context, dialog, flow, is_caller=False)
        leg.conversations[dialog.id.remote_tag] = conversation
        leg.setup = IncomingCall(leg, self._context, conversation, request, key, agreement, headers)
        self._legs.add(leg)
        self._context.tasks.start(self._hand_over(leg))

    def _facts(self, request: Request, flow: Flow, source: Source, *, trusted: bool) -> LegFacts:
        replaces = replaces_of(request)
        if replaces is not None:
            self._check_replaced(request, replaces, source)
        return LegFacts(
            call_id=request.call_id,
            local_tag=self._context.token(),
            caller=caller_of(request, trusted=trusted),
            browser=flow.is_browser,
            owner=source,
            source=source,
            dialled=request.target.user or "",
            offer=request.body,
            replaces=(replaces.call_id, replaces.to_tag, replaces.from_tag) if replaces else None,
        )

    def _check_replaced(self, request: Request, replaces: Replaces, source: Source) -> None:
        """What is to be replaced exists, and belongs to whoever wants to replace it (RFC 3891 3)."""
        leg = self._legs.in_dialog(replaces.call_id, replaces.to_tag, replaces.from_tag)
        if leg is None:
            self._refuse(request, 481)
        if not _is_kin(leg.owner, source):
            self._refuse(request, 403)
        if leg.is_over:
            self._refuse(request, 603)
        if replaces.early_only and leg.is_established:
            self._refuse(request, 486)

    async def _hand_over(self, leg: Leg) -> None:
        """Call control takes it from here; if it fails, the caller is told."""
        taken = False
        try:
            if self.on_call is not None:
                await self.on_call(leg)
            taken = True
        finally:
            if not taken:
                leg.crash()

    def _refuse(self, request: Request, status: int, *, headers: Iterable[tuple[str, str]] = ()) -> NoReturn:
        raise _RefusedError(request.reply(status, headers=headers))


def _is_kin(left: Source | None, right: Source) -> bool:
    """Whether two ends belong to the same account, or come over the same trunk."""
    if isinstance(left, PhoneSource) and isinstance(right, PhoneSource):
        return left.account_id == right.account_id
    return left == right
