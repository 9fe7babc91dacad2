"""The live lists' WebSocket (request 98): that a contact came into a list, while few are in line there.

A client says who it is by `token`, and with `lists` which lists it wants (names with commas between; all that it may
work off where it says nothing). It answers a keep-alive, `{}`, with the same.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
import structlog
from litestar.handlers import WebsocketRouteHandler

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.live_lists.errors import LiveListNotFoundError
from cordboard.domain.live_lists.models import Growth, LiveList
from cordboard.domain.live_lists.service import LiveListService
from cordboard.edge.api.frame.frame import Authenticator
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.api.v4.live_lists import viewer_of
from cordboard.edge.sockets.entrance import Caller, Entrance
from cordboard.edge.sockets.live_lists_hub import Item, Listener, LiveListHub
from cordboard.edge.sockets.sessions import (
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
from cordboard.kit.errors import CordboardError

PATH: Final = "/websocket-service/ws/livelist"
UNANSWERED: Final = 4408

_KEEP_ALIVE: Final = "{}"
_AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds. `keep_alive`: between keep-alives; `answer`: for the answer to one; `check`: between looks at the
    token; `slow`: for a client to take what is on its way to it.
    """

    keep_alive: float = 25.0
    answer: float = 60.0
    check: float = 60.0
    slow: float = 10.0


@dataclass(slots=True)
class _Session:
    """A client that was let in. `names`: the lists that it wants, None for all; `lists`: those that it may work off
    just now. `asked_at`: when the first keep-alive was sent that it has not answered.
    """

    socket: Socket
    caller: Caller
    listener: Listener
    names: frozenset[str] | None
    lists: frozenset[UUID]
    beat_at: float
    check_at: float
    asked_at: float | None = None

    def heard(self) -> None:
        """The client said something."""
        self.asked_at = None


class LiveListSockets:
    """The route."""

    def __init__(
        self,
        *,
        database: Database,
        authenticator: Authenticator,
        limiter: RateLimiter,
        live_lists: LiveListService,
        hub: LiveListHub,
        patience: Patience = Patience(),
    ) -> None:
        self._database = database
        self._entrance = Entrance(authenticator, limiter, Privilege.LIVE_LIST_USE, parameter="token")
        self._live_lists = live_lists
        self._hub = hub
        self._patience = patience

    def handler(self) -> WebsocketRouteHandler:
        """The route, for the application."""
        return socket_route(PATH, self.serve)

    async def serve(self, socket: Socket) -> None:
        """One client, from its handshake to its end."""
        session = await let_in(socket, PATH, self._admit)
        if session is not None:
            leave = partial(self._hub.leave, session.listener)
            await self._entrance.keep(socket, session.caller, self._tell(session), leave, session.heard)

    async def _admit(self, socket: Socket) -> _Session:
        """Who it is, and what it is told of. Raises CordboardError."""
        caller = await self._entrance.admit(socket)
        names = _names_in(socket)
        found = await self._visible(caller.principal)
        if names is not None and (missing := names - {one.name for one in found}):
            raise LiveListNotFoundError(min(missing))
        self._entrance.require_place(caller)
        now = monotonic()
        return _Session(
            socket=socket,
            caller=caller,
            listener=Listener(caller.principal.account_id),
            names=names,
            lists=_wanted(found, names),
            beat_at=now + self._patience.keep_alive,
            check_at=now + self._patience.check,
        )

    async def _visible(self, principal: Principal) -> list[LiveList]:
        async with self._database.connection() as connection:
            return await self._live_lists.visible(connection, viewer_of(principal))

    async def _tell(self, session: _Session) -> Close:
        """What is new, as it happens, and keep-alives."""
        self._hub.join(session.listener)
        try:
            await self._look_again(session)  # what changed since the handshake was told to nobody
            while True:
                item = await self._next(session)
                if isinstance(item, Growth):
                    await self._tell_of(session, item)
                elif item is not None:
                    await self._look_again(session)
                if close := await self._beat(session):
                    return close
        except CordboardError as error:
            return close_of(error)
        except TooSlowError:
            return Close(TRY_LATER, "too slow: connect again, and ask for the next contact")
        except _AWAY as error:
            _log.warning("live_lists.database_away", error=repr(error))
            return Close(TRY_LATER, "connect again, and ask for the next contact")

    async def _next(self, session: _Session) -> Item | None:
        """The next item; None when it is time for a keep-alive, or over for an answer."""
        until = session.beat_at
        if session.asked_at is not None:
            until = min(until, session.asked_at + self._patience.answer)
        try:
            async with asyncio.timeout(until - monotonic()):
                return await session.listener.next()
        except TimeoutError:
            return None

    async def _tell_of(self, session: _Session, growth: Growth) -> None:
        if growth.list_id not in session.lists:
            return
        for size in range(growth.smallest, growth.largest + 1):
            frame = {"listName": growth.list_name, "queueSize": size}
            await self._send(session, msgspec.json.encode(frame).decode())

    async def _beat(self, session: _Session) -> Close | None:
        """Does what it is time for. The end of a socket that answers no more. Raises CordboardError."""
        now = monotonic()
        if session.asked_at is not None and now >= session.asked_at + self._patience.answer:
            return Close(UNANSWERED, f"no answer to a keep-alive within {self._patience.answer:g} seconds")
        if now >= session.beat_at:
            session.beat_at = now + self._patience.keep_alive
            session.asked_at = now if session.asked_at is None else session.asked_at
            await self._send(session, _KEEP_ALIVE)
        if now >= session.check_at:
            session.check_at = now + self._patience.check
            await self._look_again(session)
        return None

    async def _look_again(self, session: _Session) -> None:
        """Looks who the token is, and what that user may work off. Raises CordboardError."""
        principal = await self._entrance.principal(session.caller.token, session.caller.for_account)
        session.lists = _wanted(await self._visible(principal), session.names)

    async def _send(self, session: _Session, frame: str) -> None:
        """Raises TooSlowError."""
        await send_text(session.socket, frame, self._patience.slow)


def _names_in(socket: Socket) -> frozenset[str] | None:
    """The lists that are asked for; None: all."""
    given = socket.query_params.get("lists") or ""
    names = frozenset(filter(None, map(str.strip, given.split(","))))
    return names or None


def _wanted(found: list[LiveList], names: frozenset[str] | None) -> frozenset[UUID]:
    return frozenset(one.id for one in found if names is None or one.name in names)
