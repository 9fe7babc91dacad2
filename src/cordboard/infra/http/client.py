"""The one client for requests that customers can steer: callbacks, webhooks, document and media fetches."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy

from cordboard.infra.http.addresses import AddressPolicy
from cordboard.infra.http.body import ACCEPT_ENCODING, read_body
from cordboard.infra.http.errors import (
    BlockedAddressError,
    ConnectError,
    HttpError,
    HttpTimeoutError,
    InvalidUrlError,
    ProtocolError,
    TooManyRedirectsError,
)
from cordboard.infra.http.guard import BlockedSocketError, GuardedResolver, Lookup, SocketGuard, SystemLookup
from cordboard.infra.http.redirects import REDIRECTS, Outgoing, redirected
from cordboard.infra.http.urls import parse_url, require_allowed_host
from cordboard.kit.clock import monotonic

_MAX_HEADERS: Final = 128
_MAX_HEADER_BYTES: Final = 8_190
_IDLE_SECONDS: Final = 15.0
_NAMES_KEPT_SECONDS: Final = 30
_NEVER_ROUNDED: Final = float("inf")


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The final answer: `url` is where it came from after redirects, `body` is decompressed."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    url: str
    elapsed_ms: int


Own = Callable[[str], Awaitable[HttpReply | None]]
"""Answers for a URL that is the platform's own; None for any other. Raises HttpError."""


class GuardedClient:
    """Reaches public addresses only, whatever a URL, a name's addresses or a redirect says, and never takes
    more bytes or time than allowed. Keeps connections, but no cookies; reads no proxy from the environment.
    Many tasks may use it at once; it belongs to the loop of its first request.

    `allow_private` opens every address but the unspecified one (laptops, tests), `allowed_networks` only
    those. Times are seconds; `total_timeout` covers a request with its redirects, `max_body_bytes` a response
    as sent and decompressed. `tls` replaces the system's trust, `lookup` its resolver. `own` gives the platform's own
    files from where they lie, whatever the address at which others find them.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        user_agent: str = "Cordboard",
        connect_timeout: float = 5.0,
        total_timeout: float = 15.0,
        max_body_bytes: int = 1_048_576,
        max_redirects: int = 5,
        connections_per_host: int = 50,
        allowed_networks: Sequence[str] = (),
        tls: ssl.SSLContext | None = None,
        lookup: Lookup | None = None,
        own: Own | None = None,
    ) -> None:
        self._policy = AddressPolicy.of(allow_private=allow_private, allowed_networks=allowed_networks)
        self._defaults = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": ACCEPT_ENCODING}
        self._connect_timeout = connect_timeout
        self._total_timeout = total_timeout
        self._max_body_bytes = max_body_bytes
        self._max_redirects = max_redirects
        self._connections_per_host = connections_per_host
        self._tls = tls
        self._lookup = lookup or SystemLookup()
        self._own = own
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. Safe to repeat."""
        if self._session is not None:
            await self._session.close()
        if isinstance(self._lookup, SystemLookup):
            self._lookup.close()

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,
        follow_redirects: bool = True,
        sensitive: Collection[str] = (),
    ) -> HttpReply:
        """Ask and read the whole answer, whatever its status. `timeout` replaces the total one; `sensitive`
        names headers that, like Authorization and Cookie, do not follow a redirect to another origin.
        Raises HttpError; ValueError on a method or header that HTTP does not allow."""
        started = monotonic()
        seconds = self._total_timeout if timeout is None else timeout
        merged = CIMultiDict(self._defaults)
        merged.update(headers or {})
        request = Outgoing(method.upper(), parse_url(url), merged, body)
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(request, started, sensitive, follow=follow_redirects)
        except TimeoutError as error:
            raise HttpTimeoutError(f"no complete answer within {seconds:g} s", sent=True) from error

    async def _follow(
        self, request: Outgoing, started: float, sensitive: Collection[str], *, follow: bool
    ) -> HttpReply:
        for hop in range(self._max_redirects + 1):
            try:
                answer = await self._ask(request, started, follow=follow)
                if isinstance(answer, HttpReply):
                    return answer
                status, location = answer
                request = redirected(request, status, location, sensitive)
            except HttpError as error:
                error.sent = error.sent or hop > 0
                raise
        raise TooManyRedirectsError(f"redirected more than {self._max_redirects} times", sent=True)

    async def _ask(self, request: Outgoing, started: float, *, follow: bool) -> HttpReply | tuple[int, str]:
        """One hop: the answer, or the status and location of a redirect to follow."""
        if self._own is not None and (reply := await self._own(str(request.url))):
            return reply
        require_allowed_host(request.url, self._policy)
        try:
            async with self._opened().request(
                request.method, request.url, headers=request.headers, data=request.body, allow_redirects=False
            ) as response:
                location = response.headers.get("Location")
                if follow and location and response.status in REDIRECTS:
                    return response.status, location
                body = await read_body(response, self._max_body_bytes)
                elapsed_ms = round((monotonic() - started) * 1000)
                return HttpReply(response.status, response.headers, body, str(response.url), elapsed_ms)
        except aiohttp.ClientError as error:
            raise self._translated(error, request) from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = self._open()
        return self._session

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._policy, self._lookup),
            socket_factory=SocketGuard(self._policy),
            ttl_dns_cache=_NAMES_KEPT_SECONDS,
            limit=0,  # a common limit would be used up by one slow host; callers bound what runs at once
            limit_per_host=self._connections_per_host,
            keepalive_timeout=_IDLE_SECONDS,
            ssl=self._tls or True,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._connect_timeout, ceil_threshold=_NEVER_ROUNDED
            ),
            skip_auto_headers=("Content-Type",),
            auto_decompress=False,
            trust_env=False,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
            max_headers=_MAX_HEADERS,
        )

    def _translated(self, error: aiohttp.ClientError, request: Outgoing) -> HttpError:
        """The library's error in our tree."""
        host = request.url.host
        if isinstance(error, aiohttp.ClientConnectorError):
            if isinstance(error.os_error, BlockedSocketError):
                return BlockedAddressError(str(error.os_error))
            return ConnectError(_connect_reason(error, host))
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return HttpTimeoutError(f"no connection to {host} within {self._connect_timeout:g} s")
        if isinstance(error, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)):
            return InvalidUrlError("the URL cannot be fetched")
        return ProtocolError(_protocol_reason(error), sent=True)


def _connect_reason(error: aiohttp.ClientConnectorError, host: str | None) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {host} does not resolve"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"the certificate of {host} is not trusted"
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return f"no TLS connection to {host}"
    return f"no connection to {host}: {error.os_error.strerror or 'failed'}"


def _protocol_reason(error: aiohttp.ClientError) -> str:
    if isinstance(error, aiohttp.ClientResponseError):
        return "the answer is not valid HTTP"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer's body is incomplete"
    return "the peer closed the connection before answering"
