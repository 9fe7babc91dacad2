"""Browser phones: SIP over WebSocket (RFC 7118), relayed to the voice process of this machine.

The handshake proves whose phone it is by a bearer token, which is why the voice process asks for no password. A token
ends before a working day does: a REGISTER that carries `Authorization: Bearer` (RFC 8898) renews it.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import structlog
from litestar.handlers import WebsocketRouteHandler

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import Privilege
from cordboard.edge.api.frame.frame import Authenticator
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.sip.transport_local import BrowserHello
from cordboard.edge.sockets.sessions import (
    LONGEST_TOKEN,
    TOO_MANY,
    TRY_LATER,
    Close,
    Socket,
    close_of,
    first_of,
    let_in,
    socket_route,
)
from cordboard.edge.sockets.voice_link import NoVoiceError, VoiceLink
from cordboard.kit.errors import (
    CordboardError,
    InvalidInputError,
    PermissionDeniedError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from cordboard.wire.sip.parsing import LARGEST_MESSAGE

PATH: Final = "/v4/webphone/ws"
SUBPROTOCOL: Final = "sip"
CHECK_SECONDS: Final = 25.0
"""How often a socket's token is looked at again."""
MOST_SOCKETS_OF_USER: Final = 10
MOST_MESSAGES: Final = 50
"""A second, of one socket; a call takes a dozen in all."""

NO_VOICE: Final = TRY_LATER
TOO_BIG: Final = 1009

_TOKEN_PREFIX: Final = "bearer."  # noqa: S105  (how a subprotocol that carries a token begins)
_REGISTER: Final = b"REGISTER "
_AUTHORIZATION: Final = re.compile(rb"\r\nauthorization:[ \t]*bearer[ \t]+([!-~]{1,4096})[ \t]*\r\n", re.IGNORECASE)
_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Phone:
    """A browser that was let in; `token` is renewed as it goes."""

    socket: Socket
    principal: Principal
    token: str


class WebphoneRelay:
    """The route. `sockets` is the folder where voice processes listen."""

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        limiter: RateLimiter,
        sockets: Path,
        public_url: str,
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self._authenticator = authenticator
        self._limiter = limiter
        self._messages = RateLimiter(MOST_MESSAGES)
        self._sockets = sockets
        self._public_origin = _origin_of(public_url)
        self._check_seconds = check_seconds
        self._open: Counter[tuple[UUID, UUID]] = Counter()

    def handler(self) -> WebsocketRouteHandler:
        """The route, for the application."""
        return socket_route(PATH, self.serve)

    async def serve(self, socket: Socket) -> None:
        """One browser, from its handshake to its end."""
        phone = await let_in(socket, PATH, self._admit, SUBPROTOCOL)
        if phone is None:
            return
        close = await self._relay(phone)
        _log.info("webphone.closed", account=str(phone.principal.account_id), code=close.code, reason=close.reason)
        if close.code is not None:
            await socket.close(close.code, close.reason)

    async def _admit(self, socket: Socket) -> _Phone:
        """Who it is. Raises CordboardError."""
        self._check_origin(socket)
        offered = list(socket.scope["subprotocols"])
        if SUBPROTOCOL not in offered:
            raise InvalidInputError.of("Sec-WebSocket-Protocol", f"must offer {SUBPROTOCOL}")
        token = _token_of(socket, offered)
        if token is None:
            client = socket.scope["client"]
            self._limiter.take(("address", client[0] if client else "")).require()
            raise UnauthenticatedError("send the token as ?access_token=, or as a subprotocol bearer.<token>")
        principal = await self._authenticator.authenticate(token)
        self._limiter.take((principal.account_id, principal.token_id), principal.requests_per_second).require()
        _require_privilege(principal)
        if self._open[_owner(principal)] >= MOST_SOCKETS_OF_USER:
            raise TooManyRequestsError(f"{MOST_SOCKETS_OF_USER} sockets of this user are open", retry_after=10)
        return _Phone(socket, principal, token)

    def _check_origin(self, socket: Socket) -> None:
        """Browsers say which page opens a socket: ours, or none (RFC 6455 10.2). Raises PermissionDeniedError."""
        origin = socket.headers.get("origin")
        if origin is None:
            return
        own = (_origin_of(f"{socket.scope['scheme']}://{socket.headers.get('host', '')}"), self._public_origin)
        if _origin_of(origin) not in own:
            raise PermissionDeniedError(f"pages of {origin[:200]} may not use this socket; see http.public_url")

    async def _relay(self, phone: _Phone) -> Close:
        """Messages both ways until one side ends, or the token does."""
        owner = _owner(phone.principal)
        self._open[owner] += 1
        try:
            link = await VoiceLink.open(self._sockets, _hello(phone))
        except NoVoiceError as error:
            self._let_go(owner)
            return Close(NO_VOICE, str(error))
        try:
            return await first_of(self._to_voice(phone, link), _to_browser(phone, link), self._watch(phone))
        finally:
            self._let_go(owner)
            await link.close()

    def _let_go(self, owner: tuple[UUID, UUID]) -> None:
        self._open[owner] -= 1
        if not self._open[owner]:
            del self._open[owner]

    async def _to_voice(self, phone: _Phone, link: VoiceLink) -> Close:
        while True:
            event: dict[str, Any] = dict(await phone.socket.receive())
            if event["type"] != "websocket.receive":
                return Close()
            text = event.get("text")
            message: bytes = event["bytes"] if text is None else text.encode()
            if len(message) > LARGEST_MESSAGE:
                return Close(TOO_BIG, f"a message may have {LARGEST_MESSAGE} octets")
            if not self._messages.take(id(phone)).admitted:
                return Close(TOO_MANY, f"more than {MOST_MESSAGES} messages in a second")
            try:
                await self._renew(phone, message)
                await link.send(message)
            except NoVoiceError as error:
                return Close(NO_VOICE, str(error))
            except CordboardError as error:
                return close_of(error)

    async def _renew(self, phone: _Phone, message: bytes) -> None:
        """Takes the new token that a REGISTER brings. Raises CordboardError."""
        if not message.startswith(_REGISTER):
            return
        head = message.partition(b"\r\n\r\n")[0] + b"\r\n"
        found = _AUTHORIZATION.search(head)
        if found is None or (token := found[1].decode("ascii")) == phone.token:
            return
        principal = await self._authenticator.authenticate(token)
        _require_privilege(principal)
        if _owner(principal) != _owner(phone.principal):
            raise UnauthenticatedError("the token is another user's")
        phone.token, phone.principal = token, principal

    async def _watch(self, phone: _Phone) -> Close:
        """Ends a socket whose token has expired or was revoked."""
        while True:
            await asyncio.sleep(self._check_seconds)
            try:
                _require_privilege(await self._authenticator.authenticate(phone.token))
            except CordboardError as error:
                return close_of(error)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("webphone.token_unchecked", error=repr(error))


async def _to_browser(phone: _Phone, link: VoiceLink) -> Close:
    """Text, as SIP is; octets where a body is no UTF-8 (RFC 7118 4.2)."""
    while True:
        try:
            message = await link.receive()
        except NoVoiceError as error:
            return Close(NO_VOICE, str(error))
        try:
            await phone.socket.send_text(message.decode())
        except UnicodeDecodeError:
            await phone.socket.send_bytes(message)


def _token_of(socket: Socket, offered: list[str]) -> str | None:
    """The token, wherever a client can put it: browsers cannot set headers."""
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = socket.query_params.get("access_token") or next(
            (name.removeprefix(_TOKEN_PREFIX) for name in offered if name.startswith(_TOKEN_PREFIX)), ""
        )
    token = token.strip()
    return token if 0 < len(token) <= LONGEST_TOKEN else None


def _require_privilege(principal: Principal) -> None:
    if not principal.may(Privilege.WEBPHONE_USE):
        raise PermissionDeniedError(f"needs the privilege {Privilege.WEBPHONE_USE.label}")


def _owner(principal: Principal) -> tuple[UUID, UUID]:
    return principal.account_id, principal.client_id


def _hello(phone: _Phone) -> BrowserHello:
    client = phone.socket.scope["client"]
    host, port = client or ("", 0)
    address = f"[{host}]" if ":" in host else host
    return BrowserHello(phone.principal.account_id, str(phone.principal.client_id), f"{address}:{port}")


def _origin_of(url: str) -> tuple[bool, str, int] | None:
    """Whether it is encrypted, host and port of a URL; None for what is none, such as the origin `null`."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None:
        return None
    return parts.scheme in ("https", "wss"), parts.hostname, port
