"""`/media/{name}`: stored files, in a way that no browser takes for a page of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from litestar import Request, Response
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from cordboard.infra.blobs import Blobs
from cordboard.infra.blobs.answers import FRESH
from cordboard.infra.blobs.names import headers_of

_SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": FRESH,
    "Accept-Ranges": "bytes",
}
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_OK: Final = 200
_PARTIAL: Final = 206
_ELSEWHERE: Final = 307
_UNSATISFIABLE: Final = 416


class _Part(NamedTuple):
    """What of a file is asked for: `length` bytes from `start` on; a length of 0 where nothing is there."""

    start: int
    length: int


class MediaRoute:
    """The route of one API process."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def handler(self) -> HTTPRouteHandler:
        """The route, for the application."""
        return HTTPRouteHandler("/media/{name:str}", http_method=["GET", "HEAD"])(self.media)

    async def media(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """A stored file or a part of it (RFC 9110, 14), or where its store gives it."""
        name: str = request.path_params["name"]
        if request.method == "GET" and (elsewhere := await self._blobs.signed_url(name)):
            headers = {**_SAFE, "Location": elsewhere, "Cache-Control": "no-store"}
            return Response(b"", status_code=_ELSEWHERE, headers=headers)
        size = await self._blobs.size(name)
        if size is None:
            raise NotFoundException
        part = _asked_part(request.headers, size)
        headers = {**_SAFE, **headers_of(name), "Content-Length": str(size if part is None else part.length)}
        if part is None:
            return self._answer(request, name, _Part(0, size), _OK, headers)
        if not part.length:
            return Response(b"", status_code=_UNSATISFIABLE, headers={**_SAFE, "Content-Range": f"bytes */{size}"})
        headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{size}"
        return self._answer(request, name, part, _PARTIAL, headers)

    def _answer(
        self, request: Request[Any, Any, Any], name: str, part: _Part, status: int, headers: dict[str, str]
    ) -> Response[Any]:
        kind = headers.pop("Content-Type")
        if request.method == "HEAD":
            return Response(b"", status_code=status, headers=headers, media_type=kind)
        pieces = self._blobs.stream(name, start=part.start, length=part.length)
        return Stream(pieces, status_code=status, headers=headers, media_type=kind)


def _asked_part(headers: Mapping[str, str], size: int) -> _Part | None:
    """The part that is asked for; None for all of it: also for several parts at once, and under an `If-Range`, for
    there are no validators to compare with.
    """
    asked = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if asked is None or "if-range" in headers or not (asked[1] or asked[2]):
        return None
    if not asked[1]:
        length = min(int(asked[2]), size)
        return _Part(size - length, length)
    start = int(asked[1])
    last = min(int(asked[2]) if asked[2] else size, size - 1)
    if asked[2] and int(asked[2]) < start:
        return None
    return _Part(start, max(0, last - start + 1))
