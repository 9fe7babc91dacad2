"""What can be wrong with what a client sends."""

from __future__ import annotations

from collections.abc import Sequence


class HandshakeError(Exception):
    """A request opens no WebSocket: the HTTP `status` and `headers` to refuse it with."""

    def __init__(self, status: int, reason: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        self.status = status
        self.reason = reason
        self.headers = tuple(headers)
        super().__init__(f"{status} {reason}")


class WebSocketError(Exception):
    """The client broke the protocol: the connection ends with this close code (RFC 6455 7.4.1)."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"{code} {reason}")
