"""The request id: one string through the log lines, rows and callbacks that one request caused."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

_ACCEPTABLE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def adopt(candidate: str | None) -> str:
    """Makes the caller's id, or a fresh one where it is missing or odd, the current one and answers it."""
    request_id = candidate if candidate and _ACCEPTABLE.fullmatch(candidate) else secrets.token_hex(12)
    _current.set(request_id)
    return request_id


def current() -> str | None:
    """The id of the request that is being worked on."""
    return _current.get()
