"""uvicorn with limits that httptools leaves open: how large a request's head may grow and how long it may take."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cordboard.edge.api.frame.websockets import WebSocketProtocol

LARGEST_HEAD = 32 * 1024
HEAD_SECONDS = 15.0
_LINGER_SECONDS = 1.0
_HEAD_END = b"\r\n\r\n"
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class GuardedHttpProtocol(HttpToolsProtocol):
    """Closes connections whose request head is too large or too slow (header bombs, slow loris)."""

    _head_bytes = 0
    _last_bytes = b""
    _in_head = True
    _refused = False
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the clock of the first request's head."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Counts what comes before the end of the head."""
        if self._refused:
            return
        if self._in_head:
            end = (self._last_bytes + data).find(_HEAD_END)
            self._head_bytes += len(data) if end < 0 else max(0, end - len(self._last_bytes))
            if self._head_bytes > LARGEST_HEAD:
                self._refuse()
                return
            self._last_bytes = data[1 - len(_HEAD_END) :]
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request starts."""
        if not self._in_head:
            self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there; the body has its own limit in the application."""
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """The connection becomes a WebSocket, of our own making."""
        self.connections.discard(self)
        protocol = WebSocketProtocol(self.config, self.server_state, self.scope, self.url)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)

    def _refuse(self) -> None:
        """Answers, and reads on for a moment: a connection closed on unread bytes is reset, and the answer lost."""
        self._refused = True
        self._stop_timer()
        self.transport.write(_TOO_LARGE)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, self.transport.close)

    def _expect_head(self) -> None:
        self._in_head, self._head_bytes, self._last_bytes = True, 0, b""
        self._stop_timer()
        self._head_timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._give_up)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        if self._in_head and not self.transport.is_closing():
            self.transport.close()


class ApiServer(uvicorn.Server):
    """uvicorn inside a role's own loop: signals stay with the role."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The role handles signals."""
        yield


def make_server(app: Any, *, drain_seconds: int = 10) -> ApiServer:
    """A server for `app`; give its `serve` the sockets."""
    config = uvicorn.Config(
        app,
        http=GuardedHttpProtocol,
        ws=WebSocketProtocol,  # its name alone counts: see `handle_websocket_upgrade`
        loop="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=drain_seconds,
        timeout_keep_alive=75,
        h11_max_incomplete_event_size=LARGEST_HEAD,
    )
    return ApiServer(config)


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A listening socket; `shared` lets several processes accept from one port (SO_REUSEPORT)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
