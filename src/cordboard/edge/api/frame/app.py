"""The ASGI application: every endpoint of the table as a route of Litestar's trie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Request
from litestar.config.response_cache import ResponseCacheConfig
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler, WebsocketRouteHandler
from litestar.response import Response
from litestar.response.base import ASGIResponse
from litestar.types import LifespanHook, Message, Scope

from cordboard.edge.api.frame.endpoint import Endpoint
from cordboard.edge.api.frame.frame import REQUEST_ID_HEADER, Frame
from cordboard.edge.api.frame.refusals import LARGEST_BODY, refusal_of
from cordboard.infra.telemetry import request_id as request_ids
from cordboard.infra.telemetry.metrics import HTTP_REQUESTS

_REQUEST_ID = REQUEST_ID_HEADER.lower().encode()


def build_app(
    frame: Frame,
    endpoints: Sequence[Endpoint],
    plain_routes: Sequence[HTTPRouteHandler | WebsocketRouteHandler],
    on_shutdown: Sequence[LifespanHook] = (),
) -> Litestar:
    """The application that serves `endpoints` in the envelope, and `plain_routes` (health, metrics, media,
    pages, WebSockets) as they are.
    """

    def unrouted(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """Answers what failed outside of an endpoint: no such path, no such method, a plain route that broke."""
        headers = {REQUEST_ID_HEADER: request_ids.adopt(request.headers.get(REQUEST_ID_HEADER))}
        status, body = frame.render(refusal_of(error, request.scope["path"]), headers)
        if isinstance(error, HTTPException) and (allowed := (error.headers or {}).get("allow")):
            headers["Allow"] = allowed
        HTTP_REQUESTS.labels("(none)", status).inc()
        return Response(body, status_code=status, headers=headers, media_type="application/json")

    return Litestar(
        route_handlers=[*(_route(frame, endpoint) for endpoint in endpoints), *plain_routes],
        exception_handlers={HTTPException: unrouted, Exception: unrouted},
        before_send=[_stamp],
        openapi_config=None,
        request_max_body_size=LARGEST_BODY,
        on_shutdown=list(on_shutdown),
        response_cache_config=ResponseCacheConfig(),
        logging_config=None,
    )


def _route(frame: Frame, endpoint: Endpoint) -> HTTPRouteHandler:
    path = endpoint.path.replace("}", ":str}")

    async def handler(request: Request[Any, Any, Any]) -> ASGIResponse:
        return await frame.serve(endpoint, request)

    # Litestar reads the annotations of handlers at run time.
    handler.__annotations__ = {"request": Request[Any, Any, Any], "return": ASGIResponse}
    return HTTPRouteHandler(
        path,
        http_method=endpoint.method,
        status_code=200,
        name=f"{endpoint.method} {endpoint.path}",
        request_max_body_size=endpoint.form.largest if endpoint.form else LARGEST_BODY,
    )(handler)


async def _stamp(message: Message, scope: Scope) -> None:
    """Puts the request id on responses that carry none yet: plain routes and OPTIONS."""
    if message["type"] != "http.response.start" or any(name == _REQUEST_ID for name, _ in message["headers"]):
        return
    given = next((value for name, value in scope["headers"] if name == _REQUEST_ID), b"")
    message["headers"] = [*message["headers"], (_REQUEST_ID, request_ids.adopt(given.decode("latin-1")).encode())]
