"""A call of ours until somebody picks up, or nobody does (RFC 3261 13.2): challenges, forks, early media, CANCEL."""

from __future__ import annotations

from collections.abc import Callable

from cordboard.edge.sip.addressing import SDP
from cordboard.edge.sip.client_auth import ClientRequest, Login
from cordboard.edge.sip.context import LegContext
from cordboard.edge.sip.conversation import Conversation
from cordboard.edge.sip.failover import is_global_failure
from cordboard.edge.sip.flow import Flow
from cordboard.edge.sip.leg import Leg
from cordboard.edge.sip.port import Answered, Refused, Ringing
from cordboard.wire.sip.dialog import Dialog, ForkedDialogs
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Message, Request, Response
from cordboard.wire.sip.provisional import ProvisionalReceiver, rack_for
from cordboard.wire.sip.session_timer import min_se, request_headers

_TERMINATED = 487
_INTERVAL_TOO_SMALL = 422
_BAD_GATEWAY = 502


class OutgoingCall:
    """`on_final` is told of the final answer, a 2xx or a refusal."""

    def __init__(
        self, leg: Leg, context: LegContext, flow: Flow, login: Login, on_final: Callable[[Response], None]
    ) -> None:
        self._leg = leg
        self._context = context
        self._flow = flow
        self._login = login
        self._on_final = on_final
        self._client = ClientRequest(context.core, flow, login, context.token, self._heard)
        self._forks: ForkedDialogs | None = None
        self._receivers: dict[str, ProvisionalReceiver] = {}
        self._winner: Conversation | None = None
        self._unwanted: set[str] = set()
        self._has_met_422 = False

    def start(self, invite: Request) -> None:
        """Sends the INVITE."""
        self._client.send(invite)

    def ring(self, sdp: bytes) -> None:
        """Nothing: it is for the other side to ring."""

    def answer(self, sdp: bytes) -> None:
        """Nothing: it is for the other side to answer."""

    def refuse(self, status: int, reason: str) -> None:
        """Nothing, likewise."""

    def abandon(self, cause: str) -> None:
        """CANCEL. Who picks up all the same is hung up on."""
        self._client.give_up()
        self._leg.finish(Refused(_TERMINATED, cause or "Request Terminated"))

    def pracked(self, prack: Request, key: TransactionKey) -> None:
        """A callee has nothing to acknowledge by PRACK."""
        self._context.core.respond(prack.reply(481), key)

    def hung_up(self) -> None:
        """Does not happen: a callee refuses."""

    def _heard(self, response: Response) -> None:
        if response.is_provisional:
            self._progressed(response)
        elif response.is_success:
            self._picked_up(response)
        elif response.status == _INTERVAL_TOO_SMALL and not self._has_met_422 and not self._leg.is_over:
            self._ask_for_longer(response)
        else:
            self._refused(response)

    def _progressed(self, response: Response) -> None:
        dialog = self._dialog_of(response)
        if dialog is not None:
            verdict = self._receivers.setdefault(dialog.id.remote_tag, ProvisionalReceiver()).take(response)
            if verdict == "ignore":
                return
            if verdict == "acknowledge" and not self._leg.is_over:
                conversation = self._conversation_of(dialog)
                conversation.request("PRACK", lambda _: None, headers=(("RAck", rack_for(response)),))
        if response.status > 100:
            self._leg.tell(Ringing(response.status, _sdp_of(response)))

    def _picked_up(self, response: Response) -> None:
        dialog = self._dialog_of(response)
        if dialog is None or self._client.request is None:
            self._leg.finish(Refused(_BAD_GATEWAY, "the answer names no address to talk to"))
            return
        conversation = self._conversation_of(dialog)
        conversation.acknowledge(response, self._client.request)
        if conversation is self._winner:
            return  # the 2xx has come again
        if self._winner is None and not self._leg.is_over:
            self._establish(conversation, response)
        elif dialog.id.remote_tag not in self._unwanted:
            self._unwanted.add(dialog.id.remote_tag)
            conversation.send_bye()

    def _establish(self, conversation: Conversation, response: Response) -> None:
        self._winner = self._leg.talk = conversation
        conversation.confirm(response)
        conversation.session.agree_by(response)
        self._on_final(response)
        self._leg.tell(Answered(_sdp_of(response)))

    def _refused(self, response: Response) -> None:
        if self._winner is not None:
            return
        if not self._leg.is_over:
            self._on_final(response)
        self._leg.finish(Refused(response.status, response.reason, is_global_failure(response.status)))

    def _ask_for_longer(self, response: Response) -> None:
        """The other side wants refreshes less often (RFC 4028 7.3)."""
        self._has_met_422 = True
        least = min_se(response)
        invite = self._client.request
        if invite is None:
            return
        retry = invite.copy()
        for name, value in request_headers(least, least=least):
            retry.headers.set(name, value)
        self._client.send_again(retry)

    def _dialog_of(self, response: Response) -> Dialog | None:
        """The dialog of an answer; None for one that makes none, or cannot be used."""
        if self._client.request is None:
            return None
        if self._forks is None:
            self._forks = ForkedDialogs(self._client.request)
        try:
            return self._forks.on_response(response)
        except SipSyntaxError:
            return None

    def _conversation_of(self, dialog: Dialog) -> Conversation:
        tag = dialog.id.remote_tag
        conversation = self._leg.conversations.get(tag)
        if conversation is None:
            conversation = Conversation(self._leg, self._context, dialog, self._flow, is_caller=True, login=self._login)
            if self._client.request is not None:
                conversation.offers.local_sdp = self._client.request.body
            self._leg.conversations[tag] = conversation
        return conversation


def _sdp_of(message: Message) -> bytes:
    return message.body if message.content_type == SDP else b""
