"""One dialog of a leg: requests both ways, the flow that they take, and its end (RFC 3261 12, 15)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from cordboard.edge.sip.addressing import ALLOWED, SDP, SUPPORTED
from cordboard.edge.sip.client_auth import NOBODY, ClientRequest, Login
from cordboard.edge.sip.context import LegContext, LegHandle
from cordboard.edge.sip.core import OnResponse
from cordboard.edge.sip.dtmf_info import PLAIN, RELAY, digit_of
from cordboard.edge.sip.flow import Flow
from cordboard.edge.sip.offers import MediaOffers
from cordboard.edge.sip.port import Answered, Ended, KeyedByInfo, PhoneSource
from cordboard.edge.sip.session_refresh import SessionRefresh
from cordboard.edge.sip.transfers import Transfers
from cordboard.edge.sip.transports import UnreachableError
from cordboard.edge.sip.unacknowledged import UnacknowledgedAnswer
from cordboard.infra.http.addresses import special_kind
from cordboard.wire.sip.dialog import Dialog, DialogError
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Message, Request, Response
from cordboard.wire.sip.reliability import AckMemory
from cordboard.wire.sip.uri import SipUri
from cordboard.wire.sip.validation import unsupported_options

_WITH_CONTACT: Final = frozenset({"INVITE", "UPDATE", "REFER", "NOTIFY"})
_REFRESHING: Final = frozenset({"INVITE", "UPDATE"})
_NO_DIALOG_ANY_MORE: Final = frozenset({408, 481})
_LONGEST_CAUSE: Final = 200
_REGISTER_AGAIN_SECONDS: Final = 30.0
"""How long a phone whose connection is lost may take to register over another one before its calls end."""


class Conversation:
    """`is_caller`: whether we sent the INVITE. What it sends to a phone, or got over a connection, goes back over the
    flow that the dialog came by; other requests go where the dialog's routes and target say.
    """

    def __init__(
        self,
        owner: LegHandle,
        context: LegContext,
        dialog: Dialog,
        flow: Flow,
        *,
        is_caller: bool,
        login: Login = NOBODY,
    ) -> None:
        self.dialog = dialog
        self.is_caller = is_caller
        self.peer_allows: frozenset[str] = frozenset()
        self._owner = owner
        self._context = context
        self._core = context.core
        self._flow = flow
        self._found: tuple[SipUri, Flow] | None = None
        self._login = login
        self._acks = AckMemory(context.t1)
        self._unacknowledged: dict[int, UnacknowledgedAnswer] = {}
        self._has_bye_to_send = False
        self.session = SessionRefresh(owner, self, context, self._offer_again)
        self.offers = MediaOffers(owner, context, self, self.session)
        self.transfers = Transfers(owner, self)
        self._handlers: dict[str, Callable[[Request, TransactionKey], None]] = {
            "INVITE": self.offers.receive,
            "UPDATE": self.offers.receive,
            "BYE": self._hung_up,
            "INFO": self._informed,
            "OPTIONS": self._asked,
            "PRACK": self._pracked,
            "REFER": self.transfers.receive,
            "NOTIFY": self._notified,
        }

    # What comes

    def receive(self, request: Request, flow: Flow, key: TransactionKey) -> None:
        """A request of the party."""
        try:
            self.dialog.accept_request(request)
        except (DialogError, SipSyntaxError) as error:
            self.reply(request, key, error.status)
            return
        if self._is_sticky:
            self._flow = flow  # a phone may have got another connection, or another port of its router
        unknown = unsupported_options(request, SUPPORTED)
        handler = self._handlers.get(request.method)
        if unknown:
            self.reply(request, key, 420, headers=(("Unsupported", ", ".join(unknown)),))
        elif handler is None:
            self.reply(request, key, 405, headers=(("Allow", ALLOWED),))
        else:
            self._note_allowed(request)
            handler(request, key)

    def acknowledged(self, ack: Request) -> None:
        """An ACK for a 2xx of ours; one that came before changes nothing."""
        answer = self._unacknowledged.pop(ack.cseq.number, None)
        if answer is not None:
            answer.acknowledge(ack)

    def _hung_up(self, request: Request, key: TransactionKey) -> None:
        if not self.dialog.confirmed and self.is_caller:
            self.reply(request, key, 481)  # a callee that does not want refuses (15)
            return
        self.reply(request, key, 200)
        if self.dialog.confirmed:
            self._owner.finish(Ended("remote", request.headers.get("Reason")[:_LONGEST_CAUSE]))
        elif self._owner.setup is not None:
            self._owner.setup.hung_up()

    def _informed(self, request: Request, key: TransactionKey) -> None:
        if request.body and request.content_type not in (RELAY, PLAIN):
            self.reply(request, key, 415, headers=(("Accept", f"{RELAY}, {PLAIN}"),))
            return
        self.reply(request, key, 200)
        digit = digit_of(request.content_type, request.body)
        if digit is not None:
            self._owner.tell(KeyedByInfo(digit))

    def _asked(self, request: Request, key: TransactionKey) -> None:
        headers = (("Allow", ALLOWED), ("Supported", ", ".join(SUPPORTED)), ("Accept", SDP))
        self.reply(request, key, 200, headers=headers)

    def _pracked(self, request: Request, key: TransactionKey) -> None:
        if self._owner.setup is None:
            self.reply(request, key, 481)
        else:
            self._owner.setup.pracked(request, key)

    def _notified(self, request: Request, key: TransactionKey) -> None:
        self.reply(request, key, 481)  # we subscribe to nothing

    def reply(
        self,
        request: Request,
        key: TransactionKey,
        status: int,
        reason: str = "",
        *,
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Answers a request without a body."""
        self._core.respond(request.reply(status, reason, headers=headers), key)

    # What goes

    def request(
        self,
        method: str,
        on_answer: OnResponse,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = "",
    ) -> ClientRequest:
        """Sends a request; `on_answer` gets each answer to it. One that shows that the party knows nothing of the
        dialog any more ends it (12.2.1.2).
        """
        flow = self._way()
        request = self.dialog.create_request(method, headers=headers, body=body, content_type=content_type)
        if method in _WITH_CONTACT:
            request.headers.set("Contact", self._core.addressing.contact(flow))
        client = ClientRequest(
            self._core,
            flow,
            self._login,
            self._context.token,
            lambda response: self._answered(response, on_answer),
            self._next_cseq,
        )
        client.send(request)
        return client

    def answer_invite(
        self, response: Response, key: TransactionKey, on_ack: Callable[[Request], None] | None = None
    ) -> None:
        """Sends a 2xx, again and again until its ACK comes; without one the call is over. The SDP of an ACK answers an
        offer of ours.
        """
        number = response.cseq.number

        def acknowledged(ack: Request) -> None:
            if on_ack is not None:
                on_ack(ack)
            self._send_bye_if_wanted()

        self._unacknowledged[number] = UnacknowledgedAnswer(
            self._owner, self._context, response, key, acknowledged, lambda: self._never_acknowledged(number)
        )

    def take_answer(self, ack: Request) -> None:
        """What an ACK says to an offer of ours."""
        if ack.body and ack.content_type == SDP:
            self._owner.tell(Answered(ack.body))

    def acknowledge(self, response: Response, invite: Request) -> None:
        """Sends the ACK for a 2xx, the same one when the 2xx has come again; with the credentials of the INVITE
        (22.1).
        """
        sent = self._acks.find(response)
        if sent is not None:
            self._core.send(sent, self._way())
            return
        credentials = [
            (name, value) for name in ("Authorization", "Proxy-Authorization") for value in invite.headers.get_all(name)
        ]
        ack = self.dialog.create_ack(response.cseq.number, headers=credentials)
        self._core.send_ack(ack, self._way())
        self._acks.wake(self._core.now)
        self._acks.remember(ack, self._core.now)

    def hang_up(self, event: Ended) -> None:
        """Ends it: by BYE, which has to wait for the ACK of an answer of ours (15)."""
        if self._unacknowledged:
            self._has_bye_to_send = True
            self._owner.finish(event, keep=True)
            return
        self.send_bye()
        self._owner.finish(event)

    def send_bye(self) -> None:
        """The BYE alone, for a dialog that nobody wants."""
        self.request("BYE", lambda _: None)

    def confirm(self, message: Message) -> None:
        """It is established by this INVITE or 2xx of the party."""
        self.dialog.confirmed = True
        self._note_allowed(message)
        self._look_for_way()

    def contact(self) -> str:
        """Where the party reaches us."""
        return self._core.addressing.contact(self._flow)

    def close(self) -> None:
        """The leg is over: nothing is waited for any more but an ACK."""
        self.session.stop()
        self.offers.close()
        self.transfers.close()

    def flow_lost(self, flow: Flow) -> None:
        """A connection is gone: a trunk can be called back over another one, a phone has to come back by itself, as
        browsers do when their API process is started anew.
        """
        if flow is not self._flow:
            return
        if not isinstance(self._owner.owner, PhoneSource):
            self._look_for_way()
        elif self.dialog.confirmed:
            self._core.timers.after(_REGISTER_AGAIN_SECONDS, self._give_up_if_lost)
        else:
            self._give_up_if_lost()

    def phone_moved(self, flow: Flow) -> None:
        """The phone has registered over another connection: a lost call is there again."""
        if self._flow.is_closed:
            self._flow = flow

    def _give_up_if_lost(self) -> None:
        if self._flow.is_closed and not self._owner.is_over:
            self._owner.finish(Ended("transport", "the connection was lost"))

    def _answered(self, response: Response, on_answer: OnResponse) -> None:
        try:
            self.dialog.accept_response(response)
        except SipSyntaxError:
            response = _as_failure(response)
        self._note_allowed(response)
        on_answer(response)
        if response.status in _NO_DIALOG_ANY_MORE and response.cseq.method in _REFRESHING and not self._owner.is_over:
            self.hang_up(Ended("timeout", f"the party answered {response.status} {response.reason}"))

    def _offer_again(self) -> None:
        self.offers.refresh()

    def _next_cseq(self) -> int:
        self.dialog.local_cseq += 1
        return self.dialog.local_cseq

    def _note_allowed(self, message: Message) -> None:
        if "Allow" in message.headers:
            self.peer_allows = frozenset(method.upper() for method in message.headers.get_all("Allow"))

    def _never_acknowledged(self, number: int) -> None:
        self._unacknowledged.pop(number, None)
        if self._owner.is_over:
            self._send_bye_if_wanted()
        else:
            self.hang_up(Ended("timeout", "the answer was never acknowledged"))

    def _send_bye_if_wanted(self) -> None:
        if self._has_bye_to_send and not self._unacknowledged:
            self._has_bye_to_send = False
            self.send_bye()
            self._owner.forget()

    # Which way

    @property
    def _is_sticky(self) -> bool:
        return self._flow.is_reliable or isinstance(self._owner.owner, PhoneSource)

    def _way(self) -> Flow:
        """Where requests go: see the class. A private address of a party with a public one is behind a router, which
        has to be spoken to.
        """
        if self._is_sticky and not self._flow.is_closed:
            return self._flow
        hop = self.dialog.next_hop
        if self._found is not None and self._found[0] == hop and not self._found[1].is_closed:
            return self._found[1]
        if _is_hidden(hop.host, self._flow.remote.host):
            return self._flow
        return self._context.transports.known_flow(hop) or self._flow

    def _look_for_way(self) -> None:
        """Finds the address of a name in good time."""
        hop = self.dialog.next_hop
        if (self._is_sticky and not self._flow.is_closed) or self._context.transports.known_flow(hop) is not None:
            return
        self._context.tasks.start(self._find_way(hop))

    async def _find_way(self, hop: SipUri) -> None:
        try:
            self._found = (hop, await self._context.transports.flow_to(hop))
        except UnreachableError:
            self._found = None  # the flow that the dialog came by will have to do


@lru_cache(maxsize=10_000)
def _is_hidden(host: str, seen: str) -> bool:
    """Whether a party cannot be reached where it says it is: behind a router, or, at loopback on this machine, under
    the address that others know it by.
    """
    try:
        told, real = ipaddress.ip_address(host), ipaddress.ip_address(seen)
    except ValueError:
        return False
    if real.is_loopback:
        return not told.is_loopback
    return told != real and special_kind(told) is not None and special_kind(real) is None


def _as_failure(response: Response) -> Response:
    """What stands for a 2xx that cannot be used."""
    failure = response.copy()
    failure.status, failure.reason, failure.body = 500, "Unusable answer", b""
    return failure
