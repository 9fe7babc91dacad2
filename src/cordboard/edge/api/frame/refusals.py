"""Whatever went wrong as a `CordboardError`: what may be told, and what is only logged."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from litestar.exceptions import HTTPException

from cordboard.infra.telemetry import request_id as request_ids
from cordboard.kit.errors import CordboardError, InvalidInputError, NotFoundError, PayloadTooLargeError

LARGEST_BODY = 1024 * 1024
_log = structlog.get_logger(__name__)


class MethodNotAllowedError(CordboardError):
    """The path exists, the method does not."""

    status = 405
    code = "405"
    message = "Method not allowed"
    fix = "Use one of the methods that moreInfo and the header Allow name."


def refusal_of(error: Exception, route: str) -> CordboardError:
    """The failure to answer `error` with. What nobody foresaw is logged and shown without internals."""
    if isinstance(error, CordboardError):
        return error
    if isinstance(error, HTTPException):
        return _of_framework(error)
    request_id = request_ids.current()
    _log.error("http.failed", route=route, request_id=request_id, exc_info=error)
    return CordboardError(f"request {request_id}")


def _of_framework(error: HTTPException) -> CordboardError:
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return NotFoundError("no such path")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return MethodNotAllowedError(f"use {(error.headers or {}).get('allow', 'another method')}")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return PayloadTooLargeError(f"a body may have {LARGEST_BODY} bytes")
        case _:
            return InvalidInputError.of("request", error.detail or "cannot be understood")
