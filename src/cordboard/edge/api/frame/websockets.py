"""WebSockets under uvicorn, by our own protocol: `wire.websocket` on the connection, ASGI towards the application."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Literal, cast
from urllib.parse import unquote

import structlog
from uvicorn import Config
from uvicorn._types import HTTPScope
from uvicorn.server import ServerState

from cordboard.wire.websocket.errors import HandshakeError, WebSocketError
from cordboard.wire.websocket.frames import Opcode, encode_close, encode_frame
from cordboard.wire.websocket.handshake import read_key, read_subprotocols, write_acceptance, write_response
from cordboard.wire.websocket.messages import (
    NO_CODE,
    BinaryMessage,
    CloseAsked,
    MessageReader,
    Pinged,
    TextMessage,
    WebSocketEvent,
)

LARGEST_MESSAGE: Final = 64 * 1024
"""Octets, either way of sending them."""
PING_SECONDS: Final = 25.0
"""A client that says nothing for so long is asked whether it is there, and dropped when it goes on saying nothing."""

_MOST_WAITING: Final = 32
"""Messages that the application has not taken yet, before no more are read."""
_CLOSE_SECONDS: Final = 5.0
_NORMAL, _GOING_AWAY, _LOST, _BROKEN = 1000, 1012, 1006, 1011
_OPENING_FAILED: Final = 500
_NOT_HERE: Final = 404
_log = structlog.get_logger(__name__)

State = Literal["opening", "open", "closing", "closed"]
Message = dict[str, Any]


class WebSocketProtocol(asyncio.Protocol):
    """One connection, from its upgrade on. `scope` is the HTTP request's as far as uvicorn has read it, `url` its
    target.
    """

    def __init__(self, config: Config, server_state: ServerState, scope: HTTPScope, url: bytes) -> None:
        self._app = config.loaded_app
        self._state: State = "opening"
        self._tasks = server_state.tasks
        # All that uvicorn does with them is to count them and to call `shutdown`.
        self._connections = cast("set[WebSocketProtocol]", server_state.connections)
        self._scope = _websocket_scope(scope, url)
        self._headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in cast("Message", scope)["headers"]
        }
        self._method = scope["method"]
        self._key = ""
        self._messages = MessageReader(LARGEST_MESSAGE)
        self._waiting: asyncio.Queue[Message] = asyncio.Queue()
        self._writable = asyncio.Event()
        self._writable.set()
        self._is_reading = True
        self._has_heard = True
        self._is_over = False
        self._timer: asyncio.TimerHandle | None = None
        self._refusal: tuple[int, list[tuple[str, str]]] | None = None
        self._refusal_body = b""
        self._transport: asyncio.Transport

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The upgrade has come: the application is asked, unless it is no handshake."""
        # uvloop's transport is none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        try:
            self._key = read_key(self._method, self._headers)
        except HandshakeError as error:
            self._refuse(error.status, list(error.headers), error.reason.encode())
            return
        self._waiting.put_nowait({"type": "websocket.connect"})
        task = asyncio.get_running_loop().create_task(self._run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def data_received(self, data: bytes) -> None:
        """Frames; none count before the WebSocket is open, nor after it is closed."""
        self._has_heard = True
        if self._state not in ("open", "closing"):
            return
        try:
            for event in self._messages.feed(data):
                self._take(event)
        except WebSocketError as error:
            self._close(error.code, error.reason)
            self._finish(error.code)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone, with or without a close."""
        self._connections.discard(self)
        self._stop_timer()
        self._finish(_LOST)
        self._state = "closed"
        self._writable.set()

    def eof_received(self) -> bool:
        """A half-closed WebSocket is none."""
        return False

    def pause_writing(self) -> None:
        """The client is slow."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable.set()

    def shutdown(self) -> None:
        """The server is going down."""
        if self._state == "opening":
            self._refuse(503, [("Retry-After", "5")])
        else:
            self._close(_GOING_AWAY, "the server restarts")
            self._finish(_GOING_AWAY)

    # The application

    async def _run(self) -> None:
        try:
            await self._app(cast("Any", self._scope), cast("Any", self._receive), cast("Any", self._send))
        except Exception:  # noqa: BLE001  (logged; what nobody foresaw ends this connection, not the others)
            _log.exception("websocket.failed", path=self._scope["path"])
            self._close(_BROKEN, "internal error")
        if self._state == "opening":
            self._refuse(_OPENING_FAILED)
        elif self._state == "open":
            self._close(_NORMAL)

    async def _receive(self) -> Message:
        message = await self._waiting.get()
        if not self._is_reading and self._waiting.qsize() < _MOST_WAITING // 2 and self._state != "closed":
            self._is_reading = True
            self._transport.resume_reading()
        return message

    async def _send(self, message: Message) -> None:
        """What the application says. Messages for a client that is gone are dropped; it is told by `receive`."""
        match message["type"]:
            case "websocket.accept":
                self._accept(message)
            case "websocket.send" if self._state == "open":
                text = message.get("text")
                data = message["bytes"] if text is None else text.encode()
                self._transport.write(encode_frame(Opcode.BINARY if text is None else Opcode.TEXT, data))
                await self._writable.wait()
            case "websocket.close" if self._state == "opening":
                self._refuse(_NOT_HERE)  # routes refuse by an HTTP response: nobody takes WebSockets at this path
            case "websocket.close":
                self._close(message.get("code") or _NORMAL, message.get("reason") or "")
            case "websocket.http.response.start":
                headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
                self._refusal = (message["status"], headers)
            case "websocket.http.response.body" if self._refusal is not None:
                self._refusal_body += message.get("body", b"")
                if not message.get("more_body", False):
                    self._refuse(*self._refusal, self._refusal_body)

    def _accept(self, message: Message) -> None:
        if self._state != "opening":
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
        self._transport.write(write_acceptance(self._key, message.get("subprotocol"), headers))
        self._state = "open"
        self._watch()

    def _refuse(self, status: int, headers: list[tuple[str, str]] | None = None, body: bytes = b"") -> None:
        """Answers the upgrade by an HTTP response."""
        if self._state != "opening":
            return
        self._state = "closing"
        self._transport.write(write_response(status, headers or [], body))
        self._transport.close()

    # Messages and the close

    def _take(self, event: WebSocketEvent) -> None:
        if isinstance(event, CloseAsked):
            self._close(_NORMAL if event.code == NO_CODE else event.code)
            self._finish(event.code)
            self._transport.close()
        elif self._state != "open":
            return
        elif isinstance(event, Pinged):
            self._transport.write(encode_frame(Opcode.PONG, event.payload))
        elif isinstance(event, TextMessage):
            self._queue({"type": "websocket.receive", "text": event.text})
        elif isinstance(event, BinaryMessage):
            self._queue({"type": "websocket.receive", "bytes": event.data})

    def _queue(self, message: Message) -> None:
        self._waiting.put_nowait(message)
        if self._is_reading and self._waiting.qsize() >= _MOST_WAITING:
            self._is_reading = False
            self._transport.pause_reading()

    def _close(self, code: int, reason: str = "") -> None:
        """Says goodbye, once, and gives the client a moment for its own."""
        if self._state != "open":
            return
        self._state = "closing"
        self._transport.write(encode_close(code, reason))
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(_CLOSE_SECONDS, self._transport.abort)
        if not self._is_reading:
            self._is_reading = True
            self._transport.resume_reading()

    def _finish(self, code: int) -> None:
        """Tells the application, once, that nothing more comes."""
        if not self._is_over:
            self._is_over = True
            self._waiting.put_nowait({"type": "websocket.disconnect", "code": code})

    # Is anybody there?

    def _watch(self) -> None:
        self._has_heard = False
        self._timer = asyncio.get_running_loop().call_later(PING_SECONDS, self._ask)

    def _ask(self) -> None:
        """Nothing heard: a ping, and the connection's end when that helps nothing."""
        if self._has_heard:
            self._watch()
            return
        self._transport.write(encode_frame(Opcode.PING, b""))
        self._timer = asyncio.get_running_loop().call_later(PING_SECONDS, self._judge)

    def _judge(self) -> None:
        if self._has_heard:
            self._watch()
        else:
            self._transport.abort()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _websocket_scope(scope: HTTPScope, url: bytes) -> Message:
    """The ASGI scope of a WebSocket (ASGI specification, "WebSocket"), with HTTP answers to handshakes."""
    raw_path, _, query = url.partition(b"?")
    headers = list(scope["headers"])
    offered = ",".join(value.decode("latin-1") for name, value in headers if name == b"sec-websocket-protocol")
    kept = {name: value for name, value in scope.items() if name != "method"}
    return {
        **kept,
        "type": "websocket",
        "asgi": {**scope["asgi"], "spec_version": "2.4"},
        "scheme": "wss" if scope["scheme"] == "https" else "ws",
        "path": unquote(raw_path.decode("latin-1")),
        "raw_path": raw_path,
        "query_string": query,
        "headers": headers,
        "subprotocols": read_subprotocols(offered),
        "extensions": {"websocket.http.response": {}},
    }
