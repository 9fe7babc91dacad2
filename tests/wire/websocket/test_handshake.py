"""The opening handshake, by the RFC's example."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cordboard.wire.websocket.errors import HandshakeError
from cordboard.wire.websocket.handshake import read_key, read_subprotocols, write_acceptance, write_response

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GOOD = {"upgrade": "WebSocket", "sec-websocket-version": "13", "sec-websocket-key": KEY}


def test_the_example_of_the_rfc() -> None:
    assert write_acceptance(read_key("GET", GOOD), "sip", [("X-Request-Id", "r1")]) == (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: sip\r\nX-Request-Id: r1\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("method", "headers", "status", "header"),
    [
        ("POST", {}, 405, ("Allow", "GET")),
        ("GET", {"upgrade": "h2c"}, 426, ("Upgrade", "websocket")),
        ("GET", {"sec-websocket-version": "8"}, 426, ("Sec-WebSocket-Version", "13")),
        ("GET", {"sec-websocket-key": "!!"}, 400, None),
        ("GET", {"sec-websocket-key": "c2hvcnQ="}, 400, None),
        ("GET", {"sec-websocket-key": "é"}, 400, None),
    ],
)
def test_what_is_no_handshake(
    method: str, headers: Mapping[str, str], status: int, header: tuple[str, str] | None
) -> None:
    with pytest.raises(HandshakeError) as refused:
        read_key(method, {**GOOD, **headers})

    assert refused.value.status == status
    assert refused.value.headers == ((header,) if header else ())


def test_a_refusal_closes_the_connection() -> None:
    assert write_response(403, [("A", "b")], b"no") == (
        b"HTTP/1.1 403 Forbidden\r\nA: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
    )


def test_subprotocols_are_limited() -> None:
    assert read_subprotocols(" sip , bearer.x,, ") == ["sip", "bearer.x"]
    assert len(read_subprotocols(",".join("abcdefghijklmnopqrstuvwxyz"))) == 16
