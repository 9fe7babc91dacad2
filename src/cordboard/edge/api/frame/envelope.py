"""The JSON envelope of the v4, auth and ams dialects."""

from __future__ import annotations

from typing import Any

import msgspec

from cordboard.edge.api.frame.endpoint import Reply
from cordboard.kit.errors import CordboardError, FieldError, InvalidInputError

_encode = msgspec.json.Encoder().encode


def success(reply: Reply) -> bytes:
    """The envelope around a payload. Bulk requests may carry errors beside it."""
    body: dict[str, Any] = {
        "status": True,
        "count": len(reply.payload) if reply.count is None else reply.count,
        "page": 1,
        "payload": reply.payload,
    }
    if reply.errors:
        body["error"] = [_field_error(error) for error in reply.errors]
    return _encode({**body, **reply.extra})


def failure(error: CordboardError) -> bytes:
    """The envelope of a failure: one error object, or one for each bad field."""
    errors: list[dict[str, str | None]]
    if isinstance(error, InvalidInputError):
        errors = [_field_error(one) for one in error.errors]
    else:
        errors = [{"code": error.code, "message": error.message, "moreInfo": error.more_info}]
    return _encode({"status": False, "count": 0, "page": 0, "payload": [], "error": errors})


def _field_error(error: FieldError) -> dict[str, str | None]:
    return {"code": "400", "message": f"{error.field} {error.problem}", "moreInfo": error.field}
