"""Keeps trunks up: asks by OPTIONS whether they are there, and registers with those that want to know where we are."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from cordboard.edge.sip.client_auth import ClientRequest, Login
from cordboard.edge.sip.core import Core
from cordboard.edge.sip.transports import Transports, UnreachableError
from cordboard.edge.sip.trunk_book import Trunk
from cordboard.infra.tasks import Tasks
from cordboard.kit.backoff import exponential
from cordboard.wire.sip.errors import SipSyntaxError
from cordboard.wire.sip.message import CSeq, Request, Response
from cordboard.wire.sip.uri import SipUri

_DOWN_AFTER: Final = 2
"""Unanswered questions until a trunk counts as down."""
_REFRESH_SHARE: Final = 0.8
_LONGEST_PAUSE: Final = 300.0
_FIRST_PAUSE: Final = 5.0
_SILENCE: Final = frozenset({408, 503})
_LONGEST_EXPIRES: Final = 86_400
_log = structlog.get_logger(__name__)


def trunk_uri(trunk: Trunk, user: str | None = None) -> SipUri:
    """A user at a trunk, or the trunk itself."""
    settings = trunk.settings
    params = () if settings.transport == "udp" else (("transport", settings.transport),)
    return SipUri("sip", user, settings.host.lower(), settings.port or None, params)


class TrunkKeeper:
    """One trunk's keeper. `wakes` itself by the core's timers; `stop` takes our registration back."""

    def __init__(
        self,
        trunk: Trunk,
        *,
        core: Core,
        transports: Transports,
        tasks: Tasks,
        token: Callable[[], str],
        keepalive_seconds: float,
    ) -> None:
        self._trunk = trunk
        self._core = core
        self._transports = transports
        self._tasks = tasks
        self._token = token
        self._keepalive_seconds = keepalive_seconds
        self._login = Login(trunk.settings.username, trunk.settings.password)
        self._call_id = token()
        self._tag = token()
        self._cseq = 0
        self._expires = trunk.settings.expires
        self._unanswered = 0
        self._failures = 0
        self._log = _log.bind(trunk=trunk.name)

    def start(self) -> None:
        """Asks and registers at once, and from then on by timer."""
        if self._trunk.settings.keepalive:
            self._tasks.start(self._ask())
        if self._trunk.settings.register:
            self._tasks.start(self._register())

    async def stop(self) -> None:
        """Takes the registration back, without waiting for the answer."""
        if self._trunk.settings.register and self._trunk.is_registered:
            await self._send("REGISTER", lambda _: None, expires=0)

    async def _send(self, method: str, on_response: Callable[[Response], None], expires: int | None = None) -> None:
        """Sends a request to the trunk itself; a trunk that cannot be reached is one that answers 503."""
        settings = self._trunk.settings
        request = self._request(method)
        try:
            flow = await self._transports.reach(
                settings.transport, settings.host, settings.usual_port, tls_verify=settings.tls_verify
            )
        except UnreachableError as error:
            self._log.info("trunk.unreachable", error=str(error))
            on_response(request.reply(503))
            return
        if expires is not None:
            request.headers.set("Contact", self._core.addressing.contact(flow, settings.username))
            request.headers.set("Expires", str(expires))
        ClientRequest(self._core, flow, self._login, self._token, on_response, self._next_cseq).send(request)

    def _request(self, method: str) -> Request:
        settings = self._trunk.settings
        registers = method == "REGISTER"
        own = trunk_uri(self._trunk, settings.username or None) if registers or settings.username else None
        request = Request(method, str(trunk_uri(self._trunk)))
        request.headers.set("Via", "SIP/2.0/UDP unreachable.invalid")  # until the flow is known
        request.headers.set("From", f"<{own or f'sip:{self._core.addressing.host}'}>;tag={self._tag}")
        request.headers.set("To", f"<{own if registers and own else trunk_uri(self._trunk)}>")
        request.headers.set("Call-ID", self._call_id if registers else self._token())
        request.headers.set("CSeq", str(CSeq(self._next_cseq(), method)))
        return request

    def _next_cseq(self) -> int:
        self._cseq += 1
        return self._cseq

    async def _ask(self) -> None:
        await self._send("OPTIONS", self._heard_options)

    def _heard_options(self, response: Response) -> None:
        """Whatever is answered, somebody is there."""
        if response.is_provisional:
            return
        self._unanswered = self._unanswered + 1 if response.status in _SILENCE else 0
        answers = self._unanswered < _DOWN_AFTER
        if answers != self._trunk.answers:
            self._trunk.answers = answers
            self._log.warning("trunk.up" if answers else "trunk.down", status=response.status)
        self._core.timers.after(self._keepalive_seconds, lambda: self._again(self._ask))

    async def _register(self) -> None:
        await self._send("REGISTER", self._heard_register, expires=self._expires)

    def _heard_register(self, response: Response) -> None:
        if response.is_provisional:
            return
        if response.is_success:
            self._registered(response)
            return
        least = min(_seconds(response, "Min-Expires"), _LONGEST_EXPIRES)
        if response.status == 423 and least > self._expires:
            self._expires = least
            self._again(self._register)
            return
        self._trunk.is_registered = False
        pause = exponential(self._failures, base=_FIRST_PAUSE, ceiling=_LONGEST_PAUSE)
        self._failures += 1
        self._log.warning("trunk.not_registered", status=response.status, reason=response.reason, seconds=round(pause))
        self._core.timers.after(pause, lambda: self._again(self._register))

    def _registered(self, response: Response) -> None:
        if not self._trunk.is_registered:
            self._log.info("trunk.registered")
        self._trunk.is_registered = True
        self._failures = 0
        granted = self._granted(response)
        self._core.timers.after(granted * _REFRESH_SHARE, lambda: self._again(self._register))

    def _granted(self, response: Response) -> int:
        """For how many seconds: what our own Contact says, else Expires, else what we asked for."""
        try:
            mine = [each for each in response.contacts if each.uri.host == self._core.addressing.public_host.lower()]
            told = next((value for each in mine if (value := each.param("expires"))), "")
        except SipSyntaxError:
            told = ""
        seconds = int(told) if told.isascii() and told.isdigit() else _seconds(response, "Expires")
        return min(seconds, _LONGEST_EXPIRES) or self._expires

    def _again(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._tasks.start(work())


def _seconds(response: Response, name: str) -> int:
    value = response.headers.get(name)
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
