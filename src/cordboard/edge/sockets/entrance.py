"""Who may open a socket that tells of an account: whoever has a token with a privilege, of the account or of its
parent's, and so many sockets at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import Privilege
from cordboard.edge.api.frame.frame import Authenticator
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.sockets.sessions import LONGEST_TOKEN, MOST_MESSAGES, Close, Socket, first_of, hear
from cordboard.kit.errors import NotFoundError, PermissionDeniedError, TooManyRequestsError, UnauthenticatedError
from cordboard.kit.ids import parse_uuid

MOST_SOCKETS_OF_USER: Final = 20
_RETRY_SECONDS: Final = 10
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who was let in. `for_account`: a subaccount that the token acts for."""

    token: str
    for_account: UUID | None
    principal: Principal

    @property
    def owner(self) -> tuple[UUID, UUID]:
        """Account and user."""
        return self.principal.account_id, self.principal.client_id


class Entrance:
    """The entrance of one route, whose tokens stand in the query under `parameter`, or in the usual header."""

    def __init__(
        self, authenticator: Authenticator, limiter: RateLimiter, privilege: Privilege, *, parameter: str
    ) -> None:
        self._authenticator = authenticator
        self._limiter = limiter
        self._privilege = privilege
        self._parameter = parameter
        self._messages = RateLimiter(MOST_MESSAGES)
        self._open: Counter[tuple[UUID, UUID]] = Counter()

    async def admit(self, socket: Socket) -> Caller:
        """Who it is. Raises CordboardError."""
        token = self._token_of(socket)
        if token is None:
            client = socket.scope["client"]
            self._limiter.take(("address", client[0] if client else "")).require()
            raise UnauthenticatedError(f"send the token as ?{self._parameter}=")
        for_account = _account_of(socket)
        principal = await self.principal(token, for_account)
        self._limiter.take((principal.account_id, principal.token_id), principal.requests_per_second).require()
        return Caller(token, for_account, principal)

    async def principal(self, token: str, for_account: UUID | None) -> Principal:
        """Whose the token is just now. Raises CordboardError."""
        principal = await self._authenticator.authenticate(token)
        if not principal.may(self._privilege):
            raise PermissionDeniedError(f"needs the privilege {self._privilege.label}")
        if for_account is None or for_account == principal.account_id:
            return principal
        acting = await self._authenticator.act_for(principal, for_account)
        if acting is None:
            raise NotFoundError("accountSid")
        return acting

    def require_place(self, caller: Caller) -> None:
        """Raises TooManyRequestsError when the user has enough sockets."""
        if self._open[caller.owner] >= MOST_SOCKETS_OF_USER:
            raise TooManyRequestsError(
                f"{MOST_SOCKETS_OF_USER} sockets of this user are open", retry_after=_RETRY_SECONDS
            )

    async def keep(
        self,
        socket: Socket,
        caller: Caller,
        tell: Coroutine[Any, Any, Close],
        leave: Callable[[], None],
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        """A socket from its place among the others to its end, which is what `tell` answers or the client's. `leave` is
        called before it is closed; `heard` whenever the client says something.
        """
        with self._place(caller):
            try:
                close = await first_of(tell, hear(socket, self._messages, heard))
            finally:
                leave()
        path, account = socket.scope["path"], str(caller.principal.account_id)
        _log.info("socket.closed", path=path, account=account, code=close.code, reason=close.reason)
        if close.code is not None:
            await socket.close(close.code, close.reason)

    @contextmanager
    def _place(self, caller: Caller) -> Iterator[None]:
        """The socket counts while the block runs."""
        self._open[caller.owner] += 1
        try:
            yield
        finally:
            self._open[caller.owner] -= 1
            if not self._open[caller.owner]:
                del self._open[caller.owner]

    def _token_of(self, socket: Socket) -> str | None:
        """The token: in the query, for browsers cannot set headers, or in the usual header."""
        scheme, _, token = socket.headers.get("authorization", "").partition(" ")
        token = (token if scheme.lower() == "bearer" else socket.query_params.get(self._parameter) or "").strip()
        return token if 0 < len(token) <= LONGEST_TOKEN else None


def _account_of(socket: Socket) -> UUID | None:
    """The subaccount that a parent's token acts for. Raises NotFoundError for what is no account's id."""
    given = socket.query_params.get("accountSid")
    found = parse_uuid(given) if given else None
    if given and found is None:
        raise NotFoundError("accountSid")
    return found
