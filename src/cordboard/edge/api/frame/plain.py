"""What is served outside of the envelope: health, readiness, metrics, stored files, and the OpenAPI document."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import Final

import asyncpg
from litestar import Response
from litestar.handlers import HTTPRouteHandler, get

from cordboard.edge.api.frame.docs_page import render_page
from cordboard.edge.api.frame.endpoint import Endpoint
from cordboard.edge.api.frame.media import MediaRoute
from cordboard.edge.api.frame.openapi import build_document, encode_document
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database
from cordboard.infra.db.migrate import current_revision, newest_revision
from cordboard.infra.telemetry import metrics

_READY_SECONDS: Final = 3.0
_WORDS: Final = "text/plain"
_PAGE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
}


class PlainRoutes:
    """The routes of one API process."""

    def __init__(self, *, database: Database, blobs: Blobs, endpoints: Sequence[Endpoint]) -> None:
        self._database = database
        self._media = MediaRoute(blobs)
        self._endpoints = endpoints
        self._wanted_revision = ""

    def handlers(self) -> tuple[HTTPRouteHandler, ...]:
        """The routes, for the application."""
        return (
            get("/healthz", media_type=_WORDS)(self.health),
            get("/readyz", media_type=_WORDS)(self.readiness),
            get("/metrics")(self.metrics),
            self._media.handler(),
            get("/openapi.json", media_type="application/json")(self.openapi),
            get("/docs", media_type="text/html")(self.docs),
        )

    async def health(self) -> Response[str]:
        """The process answers."""
        return Response("ok", media_type=_WORDS)

    async def readiness(self) -> Response[str]:
        """Whether requests can be served: 200, or 503 and why not."""
        problem = await self._problem()
        return Response(problem or "ready", status_code=503 if problem else 200, media_type=_WORDS)

    async def metrics(self) -> Response[bytes]:
        """Prometheus text of all processes of this node."""
        text = await asyncio.to_thread(metrics.render)
        return Response(text, headers={"Content-Type": metrics.CONTENT_TYPE})

    async def openapi(self) -> Response[bytes]:
        """The OpenAPI document of what this process serves."""
        return Response(self._document, media_type="application/json")

    async def docs(self) -> Response[bytes]:
        """The document as a page that needs no other host and no script."""
        return Response(self._page, headers=_PAGE_HEADERS, media_type="text/html")

    @cached_property
    def _document(self) -> bytes:
        return encode_document(build_document(self._endpoints))

    @cached_property
    def _page(self) -> bytes:
        return render_page(build_document(self._endpoints)).encode()

    async def _problem(self) -> str | None:
        if not self._wanted_revision:
            self._wanted_revision = await asyncio.to_thread(newest_revision)
        try:
            async with asyncio.timeout(_READY_SECONDS):
                revision = await current_revision(self._database.url)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return f"the database cannot be reached: {type(error).__name__}"
        if revision != self._wanted_revision:
            return (
                f"the database is at revision {revision or 'none'}, not {self._wanted_revision}: run cordboard migrate"
            )
        return None
