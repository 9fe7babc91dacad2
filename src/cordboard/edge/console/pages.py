"""The console's routes: `/console/phone`, and the files that its page asks for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import PurePath
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler, get

_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""Browsers keep the files and ask by their tag whether they are still good: a new version shows at once."""


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    media_type: str
    tag: str


class ConsolePages:
    """The routes of one API process; the files are read when the first is asked for."""

    def handlers(self) -> tuple[HTTPRouteHandler, ...]:
        """The routes, for the application."""
        return (get("/console/phone")(self.phone), get("/console/files/{name:str}")(self.file))

    async def phone(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """The browser phone."""
        return _answer(request, self._files["phone.html"])

    async def file(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """A style sheet or a module of a page."""
        found = self._files.get(request.path_params["name"])
        if found is None:
            raise NotFoundException
        return _answer(request, found)

    @cached_property
    def _files(self) -> dict[str, _File]:
        return {
            entry.name: _File(data := entry.read_bytes(), _TYPES[PurePath(entry.name).suffix], _tag_of(data))
            for entry in files(__package__).joinpath("static").iterdir()
            if PurePath(entry.name).suffix in _TYPES
        }


def _answer(request: Request[Any, Any, Any], file: _File) -> Response[bytes]:
    headers = {**_HEADERS, "ETag": file.tag}
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(file.data, headers=headers, media_type=file.media_type)


def _tag_of(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:20]}"'
