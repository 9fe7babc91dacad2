"""Media offered within a dialog, both ways: re-INVITE, UPDATE, and what happens when both do it at once (RFC 3261 14,
RFC 3311).
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from cordboard.edge.sip.addressing import ALLOWED, SDP, SUPPORTED
from cordboard.edge.sip.client_auth import ClientRequest
from cordboard.edge.sip.context import DialogHandle, LegContext, LegHandle
from cordboard.edge.sip.port import Offered, OfferRefusedError
from cordboard.edge.sip.session_refresh import SessionRefresh
from cordboard.edge.sip.timers import Timer
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import Request, Response
from cordboard.wire.sip.session_timer import Agreement, IntervalTooSmallError, answer_request

PATIENCE: Final = 30.0
"""Seconds that call control has to answer an offer of the party."""
_MOST_TRIES: Final = 3
"""Of an offer that crosses the party's."""
_GLARE: Final = 491
_LONGEST_RETRY: Final = 10
"""Seconds of the Retry-After that a second offer at once gets (14.2)."""


class _Pending(msgspec.Struct, frozen=True):
    """An offer of the party that waits for call control."""

    request: Request
    key: TransactionKey
    agreement: Agreement | None
    headers: tuple[tuple[str, str], ...]
    timer: Timer


class MediaOffers:
    """`local_sdp` is what we said last."""

    def __init__(self, owner: LegHandle, context: LegContext, dialog: DialogHandle, session: SessionRefresh) -> None:
        self._owner = owner
        self._context = context
        self._core = context.core
        self._dialog = dialog
        self._session = session
        self._theirs: _Pending | None = None
        self._ours: asyncio.Future[Response] | None = None
        self._pause: asyncio.Future[None] | None = None
        self.local_sdp = b""

    # Theirs

    def receive(self, request: Request, key: TransactionKey) -> None:
        """A re-INVITE or UPDATE."""
        if self._is_refused(request, key):
            return
        try:
            agreement, headers = answer_request(request, preferred=self._context.session_seconds)
        except IntervalTooSmallError as error:
            self._dialog.reply(request, key, error.status, headers=error.headers)
            return
        except SipSyntaxError as error:
            self._dialog.reply(request, key, error.status)
            return
        if request.method == "UPDATE" and not request.body:
            if self._dialog.dialog.confirmed:
                self._session.agree(agreement)
            self._dialog.reply(request, key, 200, headers=(*self._common_headers(), *headers))
            return
        if request.method == "INVITE":
            self._dialog.reply(request, key, 100)
            self._core.on_cancel(key, lambda: self.refuse(487))
        timer = self._owner.after(PATIENCE, lambda: self.refuse(500))
        self._theirs = _Pending(request, key, agreement, headers, timer)
        self._owner.tell(Offered(request.body))

    def _is_refused(self, request: Request, key: TransactionKey) -> bool:
        """Answers what comes at a bad moment, or is no SDP."""
        if request.body and request.content_type != SDP:
            self._dialog.reply(request, key, 415, headers=(("Accept", SDP),))
        elif self._theirs is not None:
            seconds = round(self._context.random() * _LONGEST_RETRY)
            self._dialog.reply(request, key, 500, headers=(("Retry-After", str(seconds)),))
        elif self._ours is not None or (not self._dialog.dialog.confirmed and (request.body or not _updates(request))):
            self._dialog.reply(request, key, _GLARE)
        else:
            return False
        return True

    def answer(self, sdp: bytes) -> None:
        """Accepts what was offered."""
        pending = self._take()
        if pending is None:
            return
        self.local_sdp = sdp
        self._session.agree(pending.agreement)
        headers = (*self._common_headers(), *pending.headers)
        response = pending.request.reply(200, headers=headers, body=sdp, content_type=SDP)
        if pending.request.method == "INVITE":
            on_ack = None if pending.request.body else self._dialog.take_answer
            self._dialog.answer_invite(response, pending.key, on_ack)
        else:
            self._core.respond(response, pending.key)

    def refuse(self, status: int) -> None:
        """Refuses what was offered."""
        pending = self._take()
        if pending is not None:
            self._dialog.reply(pending.request, pending.key, status)

    # Ours

    async def offer(self, sdp: bytes) -> bytes:
        """Offers; answers the party's SDP. An offer that crosses the party's is made again after a random wait (14.1).

        Raises OfferRefusedError.
        """
        for _ in range(_MOST_TRIES):
            if self._theirs is not None or self._ours is not None or self._owner.is_over:
                raise OfferRefusedError("another offer is not settled yet, or the call is over")
            response = await self._invite(sdp)
            if response.is_success:
                return response.body
            if response.status != _GLARE:
                raise OfferRefusedError(f"{response.status} {response.reason}")
            await self._wait_out_glare()
        raise OfferRefusedError("the party makes offers of its own")

    def refresh(self) -> None:
        """Offers what is there already, for the session timer; at a bad moment the other offer refreshes as well."""
        if self._ours is None and self._theirs is None:
            self._start_invite(self.local_sdp)

    async def _invite(self, sdp: bytes) -> Response:
        answer = self._start_invite(sdp)
        response = await answer
        if response.is_success:
            self.local_sdp = sdp
        return response

    def _start_invite(self, sdp: bytes) -> asyncio.Future[Response]:
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._ours = answer
        sent: list[ClientRequest] = []

        def heard(response: Response) -> None:
            if response.is_success and sent and sent[0].request is not None:
                self._dialog.acknowledge(response, sent[0].request)
            if response.is_provisional or self._ours is not answer:
                return
            self._ours = None
            if response.is_success:
                self._session.agree_by(response)
            if not answer.done():
                answer.set_result(response)

        headers = (("Allow", ALLOWED), *self._session.headers())
        sent.append(self._dialog.request("INVITE", heard, headers=headers, body=sdp, content_type=SDP))
        return answer

    async def _wait_out_glare(self) -> None:
        """2.1 to 4 s for whoever made the Call-ID, 0 to 2 s for the other, in steps of 10 ms (14.1)."""
        share = self._context.random()
        seconds = 2.1 + share * 1.9 if self._dialog.is_caller else share * 2.0
        pause: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pause = pause
        self._owner.after(round(seconds, 2), lambda: _settle(pause))
        await pause

    def close(self) -> None:
        """The leg is over: what waits is answered, or waits in vain."""
        self.refuse(487)
        if self._ours is not None and not self._ours.done():
            self._ours.set_exception(OfferRefusedError("the call is over"))
            self._ours.exception()  # whoever waits gets it; a refresh has nobody
        self._ours = None
        if self._pause is not None:
            _settle(self._pause)

    def _take(self) -> _Pending | None:
        pending, self._theirs = self._theirs, None
        if pending is not None:
            pending.timer.cancel()
        return pending

    def _common_headers(self) -> tuple[tuple[str, str], ...]:
        return (("Contact", self._dialog.contact()), ("Allow", ALLOWED), ("Supported", ", ".join(SUPPORTED)))


def _updates(request: Request) -> bool:
    return request.method == "UPDATE"


def _settle(pause: asyncio.Future[None]) -> None:
    if not pause.done():
        pause.set_result(None)
