"""What to ask next after a redirect (RFC 9110, 15.4)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from multidict import CIMultiDict
from yarl import URL

from cordboard.infra.http.errors import InvalidUrlError
from cordboard.infra.http.urls import parse_url

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_KEEPS_METHOD: Final = frozenset({307, 308})
_SENSITIVE: Final = ("Authorization", "Proxy-Authorization", "Cookie", "Host")
_OF_THE_BODY: Final = (
    "Content-Type",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Content-Length",
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request on its way."""

    method: str
    url: URL
    headers: CIMultiDict[str]
    body: bytes | None


def redirected(request: Outgoing, status: int, location: str, sensitive: Collection[str]) -> Outgoing:
    """The request that follows `request` to `location`. A POST becomes a GET on 301 and 302, everything but
    HEAD does on 303; headers that tell who we are (and those in `sensitive`) stay with the origin they were
    meant for. Raises InvalidUrlError."""
    url = _target(request.url, location)
    headers = request.headers.copy()
    method, body = request.method, request.body
    if _becomes_get(method, status):
        method, body = "GET", None
        _drop(headers, _OF_THE_BODY)
    if url.origin() != request.url.origin():
        _drop(headers, (*_SENSITIVE, *sensitive))
    return Outgoing(method, url, headers, body)


def _target(base: URL, location: str) -> URL:
    try:
        joined = base.join(URL(location))
    except ValueError as error:
        raise InvalidUrlError("the redirect's address cannot be read") from error
    url = parse_url(str(joined))
    return url if url.raw_fragment else url.with_fragment(base.raw_fragment or None)


def _becomes_get(method: str, status: int) -> bool:
    if status in _KEEPS_METHOD or method in ("GET", "HEAD"):
        return False
    return status == 303 or method == "POST"


def _drop(headers: CIMultiDict[str], names: Collection[str]) -> None:
    for name in names:
        headers.popall(name, None)
