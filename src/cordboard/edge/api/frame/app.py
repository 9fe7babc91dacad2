"""The ASGI application: every endpoint of the table as a route of Litestar's trie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.response_cache import ResponseCacheConfig
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import LifespanHook

from cordboard.edge.api.frame.endpoint import Endpoint
from cordboard.edge.api.frame.frame import LARGEST_BODY, Frame
from cordboard.infra.telemetry import request_id as request_ids
from cordboard.kit.errors import CordboardError, InvalidInputError, NotFoundError, PayloadTooLargeError


class MethodNotAllowedError(CordboardError):
    """The path exists, the method does not."""

    status = 405
    code = "405"
    message = "Method not allowed"


def build_app(
    frame: Frame,
    endpoints: Sequence[Endpoint],
    plain_routes: Sequence[HTTPRouteHandler],
    on_shutdown: Sequence[LifespanHook] = (),
) -> Litestar:
    """The application that serves `endpoints` in the envelope, and `plain_routes` (health, metrics, media) as they
    are.
    """

    def unrouted(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
        headers = {"X-Request-Id": request_ids.adopt(request.headers.get("x-request-id"))}
        status, body = frame.render(_as_cordboard_error(error), headers)
        return Response(body, status_code=status, headers=headers, media_type="application/json")

    return Litestar(
        route_handlers=[*(_route(frame, endpoint) for endpoint in endpoints), *plain_routes],
        exception_handlers={HTTPException: unrouted},
        openapi_config=None,
        request_max_body_size=LARGEST_BODY,
        on_shutdown=list(on_shutdown),
        response_cache_config=ResponseCacheConfig(),
        logging_config=None,
    )


def _route(frame: Frame, endpoint: Endpoint) -> HTTPRouteHandler:
    path = endpoint.path.replace("}", ":str}")

    async def handler(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await frame.serve(endpoint, request)

    # Litestar reads the annotations of handlers at run time.
    handler.__annotations__ = {"request": Request[Any, Any, Any], "return": Response[bytes]}
    return HTTPRouteHandler(
        path, http_method=endpoint.method, status_code=200, name=f"{endpoint.method} {endpoint.path}"
    )(handler)


def _as_cordboard_error(error: HTTPException) -> CordboardError:
    known: dict[int, CordboardError] = {
        404: NotFoundError("no such path"),
        405: MethodNotAllowedError(error.detail or None),
        413: PayloadTooLargeError(f"a body may have {LARGEST_BODY} bytes"),
    }
    return known.get(error.status_code) or InvalidInputError.of("request", error.detail or "cannot be understood")
