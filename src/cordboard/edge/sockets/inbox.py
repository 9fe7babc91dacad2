"""The inbox's WebSocket: what is published in an inbox, as it happens, and what was missed since the last time.

A client says who it is by `authtoken`, which inbox it wants by `inbox` (the default one where it says nothing), and
what it has had by `lastEventId`, the `eventId` of the last frame that it got. What it sends is not listened to.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Final

import asyncpg
import structlog
from litestar.handlers import WebsocketRouteHandler

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.inbox.service import InboxService
from cordboard.edge.api.frame.frame import Authenticator
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.api.v4.inbox_fields import viewer_of
from cordboard.edge.sockets.entrance import Caller, Entrance
from cordboard.edge.sockets.inbox_hub import InboxHub, Listener
from cordboard.edge.sockets.sessions import (
    FORBIDDEN,
    TRY_LATER,
    Close,
    Socket,
    TooSlowError,
    close_of,
    let_in,
    send_text,
    socket_route,
)
from cordboard.infra.db import Database
from cordboard.kit.clock import monotonic
from cordboard.kit.errors import CordboardError, InvalidInputError

PATH: Final = "/interact-websockets/ws"
KEEP_ALIVE_SECONDS: Final = 25.0
CHECK_SECONDS: Final = 60.0
"""How often a socket's token, and its user's right to the inbox, are looked at again."""
SLOW_SECONDS: Final = 10.0
"""How long a client may take for what is on its way to it, once that is more than a buffer holds."""

_KEEP_ALIVE: Final = "{}"
_LARGEST_ID: Final = 2**63 - 1
_AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Session:
    """A client that was let in. `after`: what it has had."""

    socket: Socket
    caller: Caller
    listener: Listener
    after: int


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
        self._entrance = Entrance(authenticator, limiter, Privilege.INBOX_READ, parameter="authtoken")
        self._inboxes = inboxes
        self._hub = hub
        self._keep_alive = keep_alive_seconds
        self._check_every = check_seconds
        self._patience = slow_seconds

    def handler(self) -> WebsocketRouteHandler:
        """The route, for the application."""
        return socket_route(PATH, self.serve)

    async def serve(self, socket: Socket) -> None:
        """One client, from its handshake to its end."""
        session = await let_in(socket, PATH, self._admit)
        if session is not None:
            leave = partial(self._hub.leave, session.listener)
            await self._entrance.keep(socket, session.caller, self._tell(session), leave)

    async def _admit(self, socket: Socket) -> _Session:
        """Who it is, and what it may follow. Raises CordboardError."""
        caller = await self._entrance.admit(socket)
        last_id = _last_id_of(socket)
        async with self._database.connection() as connection:
            inbox = await self._inboxes.visible(
                connection, viewer_of(caller.principal), socket.query_params.get("inbox")
            )
        after = await self._hub.start_after(last_id)
        self._entrance.require_place(caller)
        return _Session(socket, caller, Listener(inbox.account_id, inbox.id), after)

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
        await send_text(session.socket, frame, self._patience)

    async def _check(self, session: _Session) -> Close | None:
        """The end of a socket whose token or right to the inbox is gone."""
        try:
            principal = await self._entrance.principal(session.caller.token, session.caller.for_account)
            async with self._database.connection() as connection:
                if not await self._inboxes.may_follow(connection, viewer_of(principal), session.listener.inbox_id):
                    return Close(FORBIDDEN, "the inbox is gone, or not yours to see any more")
        except CordboardError as error:
            return close_of(error)
        except _AWAY as error:
            _log.warning("inbox.token_unchecked", error=repr(error))
        return None


def _last_id_of(socket: Socket) -> int | None:
    """Raises InvalidInputError."""
    given = socket.query_params.get("lastEventId")
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and int(given[:20]) <= _LARGEST_ID and len(given) < len("9" * 20)):
        raise InvalidInputError.of("lastEventId", "must be the eventId of a frame")
    return int(given)
