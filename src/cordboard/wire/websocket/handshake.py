"""The opening handshake (RFC 6455 4.2): an HTTP request that asks for a WebSocket, and its answer."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

from cordboard.wire.websocket.errors import HandshakeError

VERSION: Final = "13"
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_OCTETS: Final = 16
_MOST_SUBPROTOCOLS: Final = 16


def read_key(method: str, headers: Mapping[str, str]) -> str:
    """The key of a request that opens a WebSocket; `headers` by lower-case name. Raises HandshakeError."""
    if method != "GET":
        raise HandshakeError(405, "a WebSocket is opened by GET", [("Allow", "GET")])
    if headers.get("upgrade", "").strip().lower() != "websocket":
        raise HandshakeError(426, "this path is a WebSocket", [("Upgrade", "websocket")])
    if headers.get("sec-websocket-version", "").strip() != VERSION:
        raise HandshakeError(426, f"only version {VERSION} is spoken", [("Sec-WebSocket-Version", VERSION)])
    key = headers.get("sec-websocket-key", "").strip()
    try:
        octets = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError) as error:
        raise HandshakeError(400, "Sec-WebSocket-Key is not base64") from error
    if len(octets) != _KEY_OCTETS:
        raise HandshakeError(400, f"Sec-WebSocket-Key is not of {_KEY_OCTETS} octets")
    return key


def accept_key(key: str) -> str:
    """What proves that the server understood the request."""
    digest = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def read_subprotocols(value: str) -> list[str]:
    """The subprotocols that a client offers, its favourite first; those beyond the first 16 are left out."""
    return [name for part in value.split(",") if (name := part.strip())][:_MOST_SUBPROTOCOLS]


def write_response(status: int, headers: Iterable[tuple[str, str]], body: bytes = b"") -> bytes:
    """An HTTP answer: 101, or a refusal with its body, after which the connection is closed."""
    lines = [f"HTTP/1.1 {status} {_phrase(status)}", *(f"{name}: {value}" for name, value in headers)]
    if status != HTTPStatus.SWITCHING_PROTOCOLS:
        lines += [f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def write_acceptance(key: str, subprotocol: str | None, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """The 101 that opens the WebSocket."""
    fields = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept_key(key))]
    if subprotocol:
        fields.append(("Sec-WebSocket-Protocol", subprotocol))
    return write_response(HTTPStatus.SWITCHING_PROTOCOLS, [*fields, *headers])


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
