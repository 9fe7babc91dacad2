"""A call of somebody's until it is answered or refused (RFC 3261 13.3): ringing, PRACK, CANCEL."""

from __future__ import annotations

from typing import Final

from cordboard.edge.sip.addressing import ALLOWED, SDP, SUPPORTED
from cordboard.edge.sip.context import LegContext
from cordboard.edge.sip.conversation import Conversation
from cordboard.edge.sip.leg import Leg
from cordboard.edge.sip.port import Ended
from cordboard.edge.sip.timers import Timer
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Request, Response
from cordboard.wire.sip.provisional import OPTION, ProvisionalSender
from cordboard.wire.sip.session_timer import Agreement

_RING_AGAIN: Final = 60.0
"""Seconds after which a provisional answer is repeated, lest proxies give up (13.3.1.1)."""
_LARGEST_RSEQ: Final = 2**31 - 1


class IncomingCall:
    """`agreement` and `session_headers` are what a 2xx says of the session timer."""

    def __init__(
        self,
        leg: Leg,
        context: LegContext,
        conversation: Conversation,
        invite: Request,
        key: TransactionKey,
        agreement: Agreement | None,
        session_headers: tuple[tuple[str, str], ...],
    ) -> None:
        self._leg = leg
        self._context = context
        self._core = context.core
        self._conversation = conversation
        self._invite = invite
        self._key = key
        self._agreement = agreement
        self._session_headers = session_headers
        self._is_answered = False
        self._ringing: Response | None = None
        self._timer: Timer | None = None
        self._reliable: ProvisionalSender | None = None
        self._next_ringing: Response | None = None
        self._wanted_answer: bytes | None = None
        if invite.headers.has_word("Require", OPTION):
            self._reliable = ProvisionalSender(int(context.random() * _LARGEST_RSEQ), context.t1)
        self._core.on_cancel(key, self._cancelled)

    def ring(self, sdp: bytes) -> None:
        """180, or 183 with SDP."""
        if self._is_answered:
            return
        response = self._reply(183 if sdp else 180, sdp)
        if self._reliable is None:
            self._send_ringing(response)
        elif self._reliable.pending:
            self._next_ringing = response
        else:
            self._send_reliably(self._reliable, response)

    def answer(self, sdp: bytes) -> None:
        """200 with SDP, once nothing waits for a PRACK (RFC 3262 3)."""
        if self._is_answered:
            return
        if self._reliable is not None and self._reliable.pending:
            self._wanted_answer = sdp
            return
        self._is_answered = True
        self._stop_timer()
        self._leg.talk = self._conversation
        self._conversation.confirm(self._invite)
        self._conversation.offers.local_sdp = sdp
        self._conversation.session.agree(self._agreement)
        response = self._reply(200, sdp, self._session_headers)
        on_ack = None if self._invite.body else self._conversation.take_answer
        self._conversation.answer_invite(response, self._key, on_ack)

    def refuse(self, status: int, reason: str) -> None:
        """A final answer; the leg is over."""
        self._end(status, Ended("local", reason), reason)

    def abandon(self, cause: str) -> None:
        """Declines."""
        self._end(603, Ended("local", cause))

    def hung_up(self) -> None:
        """The caller sent a BYE instead of a CANCEL."""
        self._end(487, Ended("remote", "hung up before it was answered"))

    def pracked(self, prack: Request, key: TransactionKey) -> None:
        """A PRACK: what waited for it goes out."""
        try:
            fits = self._reliable is not None and self._reliable.acknowledge(prack)
        except SipSyntaxError as error:
            self._core.respond(prack.reply(error.status), key)
            return
        self._core.respond(prack.reply(200 if fits else 481), key)
        if not fits or self._reliable is None:
            return
        self._stop_timer()
        waiting, self._next_ringing = self._next_ringing, None
        if self._wanted_answer is not None:
            self.answer(self._wanted_answer)
        elif waiting is not None:
            self._send_reliably(self._reliable, waiting)

    def _cancelled(self) -> None:
        self._end(487, Ended("remote", "canceled"))

    def _end(self, status: int, event: Ended, reason: str = "") -> None:
        if self._is_answered:
            return
        self._is_answered = True
        self._stop_timer()
        tag = self._leg.local_tag
        self._core.respond(self._invite.reply(status, _printable(reason), to_tag=tag), self._key)
        self._leg.finish(event)

    def _reply(self, status: int, sdp: bytes, headers: tuple[tuple[str, str], ...] = ()) -> Response:
        common = (
            ("Contact", self._conversation.contact()),
            ("Allow", ALLOWED),
            ("Supported", ", ".join(SUPPORTED)),
        )
        kind = SDP if sdp else ""
        return self._invite.reply(
            status, to_tag=self._leg.local_tag, headers=(*common, *headers), body=sdp, content_type=kind
        )

    def _send_ringing(self, response: Response) -> None:
        self._ringing = response
        self._core.respond(response, self._key)
        self._stop_timer()
        self._timer = self._leg.after(_RING_AGAIN, self._ring_again)

    def _ring_again(self) -> None:
        if self._ringing is not None and not self._is_answered:
            self._send_ringing(self._ringing)

    def _send_reliably(self, sender: ProvisionalSender, response: Response) -> None:
        numbered = sender.send(response, self._core.now)
        self._core.respond(numbered, self._key)
        self._await_prack(sender, numbered)

    def _await_prack(self, sender: ProvisionalSender, numbered: Response) -> None:
        due = sender.next_wake
        if due is None:
            return

        def wake() -> None:
            match sender.wake(self._core.now):
                case "repeat":
                    self._core.respond(numbered, self._key)
                case "expired":
                    self._end(504, Ended("timeout", "a provisional answer was never acknowledged"))
            self._await_prack(sender, numbered)

        self._stop_timer()
        self._timer = self._leg.after(due - self._core.now, wake)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _printable(reason: str) -> str:
    """A reason of call control's on one line."""
    return " ".join(reason.split())[:100]
