"""The routes of carriers' webhooks: one URL a carrier, which its signature opens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler, post

from cordboard.edge.api.frame import envelope
from cordboard.edge.api.frame.refusals import refusal_of
from cordboard.edge.carriers.http_api import WEBHOOKS
from cordboard.edge.carriers.inbox import CarrierInbox
from cordboard.edge.carriers.port import CarrierWebhook, WebhookReader
from cordboard.infra.db import Database
from cordboard.kit.errors import NotFoundError

_TAKEN: Final = b"<Response/>"
"""Nothing more to do, in the language that Twilio wants an answer in; the others look at the status alone."""


class CarrierWebhooks:
    """Verifies, stores, and only then answers 200. Any other status makes the carrier tell it again, so that the
    failures that the API may hide behind a 200 (`compat.errors_as_200`) never are here.
    """

    def __init__(
        self, *, database: Database, inbox: CarrierInbox, readers: Iterable[WebhookReader], public_url: str
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._readers = {reader.name: reader for reader in readers}
        self._public_url = public_url.rstrip("/")

    def handlers(self) -> tuple[HTTPRouteHandler, ...]:
        """The routes, for the application."""
        return (post(WEBHOOKS, status_code=200)(self.take),)

    async def take(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Takes a webhook in."""
        try:
            await self._take(request)
        except Exception as error:  # noqa: BLE001  (what nobody foresaw is logged and answered without internals)
            refusal = refusal_of(error, WEBHOOKS)
            return Response(envelope.failure(refusal), status_code=refusal.status, media_type="application/json")
        return Response(_TAKEN, media_type="text/xml")

    async def _take(self, request: Request[Any, Any, Any]) -> None:
        reader = self._readers.get(request.path_params["name"])
        if reader is None:
            raise NotFoundError("no such carrier")
        heard = reader.read(
            CarrierWebhook(
                url=self._url_of(request),
                headers={name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]},
                body=await request.body(),
            )
        )
        if heard:
            async with self._database.transaction() as tx:
                await self._inbox.take(tx, reader.name, heard)

    def _url_of(self, request: Request[Any, Any, Any]) -> str:
        """The URL as the carrier called it: a proxy may have changed host and scheme on the way."""
        query = request.scope["query_string"].decode("latin-1")
        path = request.scope["raw_path"].partition(b"?")[0].decode("latin-1")
        return f"{self._public_url}{path}{'?' + query if query else ''}"
