"""What can go wrong with an outbound request.

HttpError
├── InvalidUrlError        the URL is not one that may be fetched
├── BlockedAddressError    it leads to an address that is not on the public Internet
├── ConnectError           no connection: the name does not resolve, refused, unreachable, bad certificate
├── HttpTimeoutError       a time limit passed
├── ResponseTooLargeError  more bytes than allowed, as sent or decompressed
├── TooManyRedirectsError
└── ProtocolError          the peer hung up early, or what it sent is not HTTP
"""

from __future__ import annotations


class HttpError(Exception):
    """`reason` is for people and names no internals. `sent` says whether the peer may have got the request:
    a request that is not `sent` is safe to repeat, whatever it does."""

    def __init__(self, reason: str, *, sent: bool = False) -> None:
        self.reason = reason
        self.sent = sent
        super().__init__(reason)


class InvalidUrlError(HttpError):
    """The URL is not http or https, has no host, holds credentials, or cannot be read."""


class BlockedAddressError(HttpError):
    """The host is, or resolves to, an address that this client must not reach."""


class ConnectError(HttpError):
    """No connection could be made."""


class HttpTimeoutError(HttpError):
    """The connection or the answer took too long."""


class ResponseTooLargeError(HttpError):
    """The response has more bytes than the limit."""


class TooManyRedirectsError(HttpError):
    """The peer redirected more often than allowed."""


class ProtocolError(HttpError):
    """The peer hung up before its answer was complete, or the answer cannot be read."""
