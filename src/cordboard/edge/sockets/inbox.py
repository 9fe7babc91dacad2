"""The inbox's WebSocket: what is published in an inbox, as it happens, and what was missed since the last time.

A client says who it is by `authtoken`, which inbox it wants by `inbox` (the default one where it says nothing), and
what it has had by `lastEventId`, the `eventId` of the last frame that it got. What it sends is not listened to.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog
from litestar.handlers import WebsocketRouteHandler

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.inbox.service import InboxService
from cordboard.edge.api.frame.frame import Authenticator
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.api.v4.inbox_fields import viewer_of
from cordboard.edge.sockets.inbox_hub import InboxHub, Listener, TooSlowError
from cordboard.edge.sockets.sessions import (
    FORBIDDEN,
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
from cordboard.infra.db import Database
from cordboard.kit.clock import monotonic
from cordboard.kit.errors import (
    CordboardError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from cordboard.kit.ids import parse_uuid

PATH: Final = "/interact-websockets/ws"
KEEP_ALIVE_SECONDS: Final = 25.0
CHECK_SECONDS: Final = 60.0
"""How often a socket's token, and its user's right to the inbox, are looked at again."""
SLOW_SECONDS: Final = 10.0
"""How long a client may take for what is on its way to it, once that is more than a buffer holds."""
MOST_SOCKETS_OF_USER: Final = 20
MOST_MESSAGES: Final = 10
"""A second, of one socket."""

_KEEP_ALIVE: Final = "{}"
_LARGEST_ID: Final = 2**63 - 1
_AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Session:
    """A client that was let in. `after`: what it has had; `for_account`: a subaccount that its token acts for."""

    socket: Socket
    token: str
    principal: Principal
    for_account: UUID | None
    listener: Listener
    after: int

    @property
    def owner(self) -> tuple[UUID, UUID]:
        return self.principal.account_id, self.principal.client_id


class InboxSockets:
    """The route. `keep_alive_seconds`, `check_seconds` and `slow_seconds` are for the impatient."""

    def __init__(
        self,
        *,
        database: Database,
        authenticator: Authenticator,
        limiter: RateLimiter,
        inboxes: InboxService,
        hub: InboxHub,
        keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
        check_seconds: float = CHECK_SECONDS,
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        self._database = database
        self._authenticator = authenticator
        self._limiter = limiter
        self._inboxes = inboxes
        self._hub = hub
        self._keep_alive = keep_alive_seconds
        self._check_every = check_seconds
        self._patience = slow_seconds
        self._messages = RateLimiter(MOST_MESSAGES)
        self._open: Counter[tuple[UUID, UUID]] = Counter()

    def handler(self) -> WebsocketRouteHandler:
        """The route, for the application."""
        return socket_route(PATH, self.serve)

    async def serve(self, socket: Socket) -> None:
        """One client, from its handshake to its end."""
        session = await let_in(socket, PATH, self._admit)
        if session is None:
            return
        self._open[session.owner] += 1
        try:
            close = await first_of(self._tell(session), self._hear(session))
        finally:
            self._hub.leave(session.listener)
            self._let_go(session.owner)
        _log.info("inbox.closed", account=str(session.owner[0]), code=close.code, reason=close.reason)
        if close.code is not None:
            await socket.close(close.code, close.reason)

    async def _admit(self, socket: Socket) -> _Session:
        """Who it is, and what it may follow. Raises CordboardError."""
        token = _token_of(socket)
        if token is None:
            client = socket.scope["client"]
            self._limiter.take(("address", client[0] if client else "")).require()
            raise UnauthenticatedError("send the token as ?authtoken=")
        for_account = _account_of(socket)
        principal = await self._principal(token, for_account)
        self._limiter.take((principal.account_id, principal.token_id), principal.requests_per_second).require()
        last_id = _last_id_of(socket)
        async with self._database.connection() as connection:
            inbox = await self._inboxes.visible(connection, viewer_of(principal), socket.query_params.get("inbox"))
        after = await self._hub.start_after(last_id)
        if self._open[principal.account_id, principal.client_id] >= MOST_SOCKETS_OF_USER:
            raise TooManyRequestsError(f"{MOST_SOCKETS_OF_USER} sockets of this user are open", retry_after=10)
        return _Session(socket, token, principal, for_account, Listener(inbox.account_id, inbox.id), after)

    async def _principal(self, token: str, for_account: UUID | None) -> Principal:
        """Whose the token is just now. Raises CordboardError."""
        principal = await self._authenticator.authenticate(token)
        if not principal.may(Privilege.INBOX_READ):
            raise PermissionDeniedError(f"needs the privilege {Privilege.INBOX_READ.label}")
        if for_account is None or for_account == principal.account_id:
            return principal
        acting = await self._authenticator.act_for(principal, for_account)
        if acting is None:
            raise NotFoundError("accountSid")
        return acting

    async def _tell(self, session: _Session) -> Close:
        """What is new, as it happens; a word now and then where nothing does."""
        check_at = monotonic() + self._check_every
        try:
            await self._catch_up(session)
            while True:
                try:
                    async with asyncio.timeout(self._keep_alive):
                        frame = await session.listener.next()
                except TimeoutError:
                    frame = _KEEP_ALIVE
                await self._send(session, frame)
                if monotonic() >= check_at:
                    if close := await self._check(session):
                        return close
                    check_at = monotonic() + self._check_every
        except TooSlowError:
            return Close(TRY_LATER, "too slow: connect again with lastEventId")
        except _AWAY as error:
            _log.warning("inbox.database_away", error=repr(error))
            return Close(TRY_LATER, "connect again with lastEventId")

    async def _catch_up(self, session: _Session) -> None:
        """The first frame, then what was missed, then the socket takes its place among the others."""
        await self._send(session, self._hub.login_frame(session.after))
        after = session.after
        while not await self._hub.join(session.listener, after):
            frames, after = await self._hub.missed(session.listener, after)
            for frame in frames:
                await self._send(session, frame)

    async def _send(self, session: _Session, frame: str) -> None:
        """Raises TooSlowError."""
        try:
            async with asyncio.timeout(self._patience):
                await session.socket.send({"type": "websocket.send", "bytes": None, "text": frame})
        except TimeoutError as error:
            raise TooSlowError from error

    async def _hear(self, session: _Session) -> Close:
        """Waits for the client's end. What it says keeps its connection alive and has no other meaning."""
        while True:
            event: dict[str, Any] = dict(await session.socket.receive())
            if event["type"] != "websocket.receive":
                return Close()
            if not self._messages.take(id(session)).admitted:
                return Close(TOO_MANY, f"more than {MOST_MESSAGES} messages in a second")

    async def _check(self, session: _Session) -> Close | None:
        """The end of a socket whose token or right to the inbox is gone."""
        try:
            principal = await self._principal(session.token, session.for_account)
            async with self._database.connection() as connection:
                if not await self._inboxes.may_follow(connection, viewer_of(principal), session.listener.inbox_id):
                    return Close(FORBIDDEN, "the inbox is gone, or not yours to see any more")
        except CordboardError as error:
            return close_of(error)
        except _AWAY as error:
            _log.warning("inbox.token_unchecked", error=repr(error))
        return None

    def _let_go(self, owner: tuple[UUID, UUID]) -> None:
        self._open[owner] -= 1
        if not self._open[owner]:
            del self._open[owner]


def _token_of(socket: Socket) -> str | None:
    """The token: in the query, for browsers cannot set headers, or in the usual header."""
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    token = (token if scheme.lower() == "bearer" else socket.query_params.get("authtoken") or "").strip()
    return token if 0 < len(token) <= LONGEST_TOKEN else None


def _account_of(socket: Socket) -> UUID | None:
    """The subaccount that a parent's token acts for. Raises NotFoundError for what is no account's id."""
    given = socket.query_params.get("accountSid")
    found = parse_uuid(given) if given else None
    if given and found is None:
        raise NotFoundError("accountSid")
    return found


def _last_id_of(socket: Socket) -> int | None:
    """Raises InvalidInputError."""
    given = socket.query_params.get("lastEventId")
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and int(given[:20]) <= _LARGEST_ID and len(given) < len("9" * 20)):
        raise InvalidInputError.of("lastEventId", "must be the eventId of a frame")
    return int(given)
