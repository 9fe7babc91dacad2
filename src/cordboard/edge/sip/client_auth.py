"""Requests of ours that are asked for a password (RFC 3261 22): sent again with it, once a challenge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from cordboard.edge.sip.core import Core, OnResponse
from cordboard.edge.sip.flow import Flow
from cordboard.wire.sip.digest import answer, best_challenge, parse_challenges
from cordboard.wire.sip.effects import TransactionKey
from cordboard.wire.sip.message import CSeq, Request, Response

_MOST_ROUNDS: Final = 3
"""A proxy, a server, and one stale nonce."""
_ASKED_IN: Final = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


class Login(msgspec.Struct, frozen=True):
    """Name and password for challenges; empty: none."""

    username: str = ""
    password: str = ""


NOBODY: Final = Login()


class Challenges:
    """Answers the challenges of one request, each nonce once: asked again for it, the password was wrong."""

    def __init__(self, login: Login, token: Callable[[], str]) -> None:
        self._login = login
        self._token = token
        self._answered: set[str] = set()

    def answer(self, request: Request, response: Response) -> Request | None:
        """The request with credentials, its CSeq still the old one; None when there is no answer, or it was given."""
        if response.status not in _ASKED_IN or not self._login.username or len(self._answered) >= _MOST_ROUNDS:
            return None
        asked_in, answered_in = _ASKED_IN[response.status]
        challenge = best_challenge(parse_challenges(response.headers.get_all(asked_in)))
        if challenge is None or challenge.nonce in self._answered:
            return None
        if self._answered and answered_in in request.headers and not challenge.stale:
            return None
        self._answered.add(challenge.nonce)
        login = self._login
        credentials = answer(
            challenge, request.method, request.uri, login.username, login.password, cnonce=self._token()
        )
        retry = request.copy()
        retry.headers.set(answered_in, str(credentials))
        return retry


class ClientRequest:
    """A request with the retries that it takes. `request` and `key` are of the latest one; `next_cseq` numbers retries
    within a dialog.
    """

    def __init__(
        self,
        core: Core,
        flow: Flow,
        login: Login,
        token: Callable[[], str],
        on_response: OnResponse,
        next_cseq: Callable[[], int] | None = None,
    ) -> None:
        self._core = core
        self._flow = flow
        self._challenges = Challenges(login, token)
        self._on_response = on_response
        self._next_cseq = next_cseq
        self._is_over = False
        self.request: Request | None = None
        self.key: TransactionKey | None = None

    def send(self, request: Request) -> None:
        """Sends it. On a closed connection the answer is there before this returns."""
        self.request = request
        self.key = self._core.request(request, self._flow, lambda response: self._heard(request, response))

    def give_up(self) -> None:
        """Cancels an INVITE; no challenge is answered any more. Its final answer still comes."""
        self._is_over = True
        if self.key is not None:
            self._core.cancel(self.key)

    def send_again(self, request: Request) -> None:
        """Sends it changed, under a new number."""
        number = self._next_cseq() if self._next_cseq else request.cseq.number + 1
        request.headers.set("CSeq", str(CSeq(number, request.method)))
        self.send(request)

    def _heard(self, request: Request, response: Response) -> None:
        retry = None if self._is_over else self._challenges.answer(request, response)
        if retry is not None:
            self.send_again(retry)
        else:
            self._on_response(response)
