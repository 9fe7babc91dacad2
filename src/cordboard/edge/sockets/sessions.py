"""What the WebSocket routes have in common: refusing a handshake, and ending a socket for one reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, NamedTuple, TypeVar

from litestar import WebSocket
from litestar.handlers import WebsocketRouteHandler, websocket

from cordboard.edge.api.frame import envelope
from cordboard.edge.api.frame.frame import REQUEST_ID_HEADER
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.api.frame.refusals import refusal_of
from cordboard.infra.telemetry import request_id as request_ids
from cordboard.infra.telemetry.metrics import HTTP_REQUESTS
from cordboard.kit.errors import CordboardError, TooManyRequestsError, UnauthenticatedError

TOO_MANY: Final = 1008
TRY_LATER: Final = 1013
SIGNED_OUT: Final = 4401
FORBIDDEN: Final = 4403

LONGEST_TOKEN: Final = 4096
MOST_MESSAGES: Final = 10
"""A second, of one socket that is told things."""

Socket = WebSocket[Any, Any, Any]
Admitted = TypeVar("Admitted")


class TooSlowError(Exception):
    """A socket does not take its frames as fast as they come."""


class Close(NamedTuple):
    """Why a socket ends; `code` None: the client has ended it."""

    code: int | None = None
    reason: str = ""


def close_of(error: CordboardError) -> Close:
    """The end of a socket whose token is good no longer, or not good enough."""
    code = SIGNED_OUT if isinstance(error, UnauthenticatedError) else FORBIDDEN
    return Close(code, error.more_info or error.message)


async def first_of(*ways: Coroutine[Any, Any, Close]) -> Close:
    """How the first of them ended; the others are cancelled."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(iter(done)).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def socket_route(path: str, serve: Callable[[Socket], Awaitable[None]]) -> WebsocketRouteHandler:
    """The route of a WebSocket, for the application."""

    async def handle(socket: Socket) -> None:
        await serve(socket)

    # Litestar reads the annotations of handlers at run time.
    handle.__annotations__ = {"socket": Socket, "return": None}
    return websocket(path, name=f"GET {path}")(handle)


async def let_in(
    socket: Socket, path: str, admit: Callable[[Socket], Awaitable[Admitted]], subprotocol: str | None = None
) -> Admitted | None:
    """Whom `admit` admits, with the handshake accepted; None for whom it has refused by raising."""
    request_id = request_ids.adopt(socket.headers.get(REQUEST_ID_HEADER))
    try:
        admitted = await admit(socket)
    except Exception as error:  # noqa: BLE001  (what nobody foresaw is logged and answered without internals)
        refusal = refusal_of(error, path)
        HTTP_REQUESTS.labels(f"GET {path}", refusal.status).inc()
        await _refuse(socket, refusal, request_id)
        return None
    HTTP_REQUESTS.labels(f"GET {path}", 101).inc()
    await socket.accept(subprotocol, [(REQUEST_ID_HEADER.lower().encode(), request_id.encode())])
    return admitted


async def send_text(socket: Socket, text: str, seconds: float) -> None:
    """Sends a frame. Raises TooSlowError when the client lets it wait for so long."""
    try:
        async with asyncio.timeout(seconds):
            await socket.send({"type": "websocket.send", "bytes": None, "text": text})
    except TimeoutError as error:
        raise TooSlowError from error


async def hear(socket: Socket, messages: RateLimiter, heard: Callable[[], None] = lambda: None) -> Close:
    """Waits for the client's end. Messages are counted by `messages` and told to `heard`; what they say is not read."""
    while True:
        event: dict[str, Any] = dict(await socket.receive())
        if event["type"] != "websocket.receive":
            return Close()
        heard()
        if not messages.take(id(socket)).admitted:
            return Close(TOO_MANY, f"more than {MOST_MESSAGES} messages in a second")


async def _refuse(socket: Socket, error: CordboardError, request_id: str) -> None:
    """Answers the handshake by HTTP, in the envelope."""
    headers = {"Content-Type": "application/json", REQUEST_ID_HEADER: request_id}
    if isinstance(error, TooManyRequestsError):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    send: Any = socket.send  # Litestar's types lack the extension "websocket.http.response"
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": fields})
    await send({"type": "websocket.http.response.body", "body": envelope.failure(error)})
