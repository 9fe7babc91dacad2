"""Structured logs: JSON lines for machines, colours for a terminal; phone numbers masked unless asked for.

Message bodies, passwords and tokens are never passed to a logger.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any
from uuid import UUID

import structlog

from cordboard.infra.telemetry import request_id

_NUMBER = re.compile(r"\+?\d{5,15}(?=\d{2}(?!\d))")
_SAFE = (int, float, UUID, type(None))
_PLAIN_KEYS = frozenset({"timestamp", "port", "pid", "request_id", "job", "ms"})


def configure(*, level: str, as_json: bool, show_numbers: bool) -> None:
    """Sets up logging for this process; the standard library's loggers go the same way."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
        structlog.processors.format_exc_info,
    ]
    if not show_numbers:
        processors.append(_mask_numbers)
    processors.append(structlog.processors.JSONRenderer() if as_json else _for_terminals())
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        handlers=[_Bridge()], level=max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]), force=True
    )


def _for_terminals() -> structlog.dev.ConsoleRenderer:
    """Exceptions arrive as text already, because numbers in them are masked too."""
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


class _Bridge(logging.Handler):
    """Carries the standard library's records into structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger(record.name)
        logger.log(record.levelno, record.getMessage(), exc_info=record.exc_info, logger=record.name)


def _add_request_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if "request_id" not in event and (current := request_id.current()):
        event["request_id"] = current
    return event


def _mask_numbers(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leaves the last two digits of whatever looks like a phone number."""
    for key, value in event.items():
        if key not in _PLAIN_KEYS:
            event[key] = _masked(value)
    return event


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _NUMBER.sub("***", value)
    if isinstance(value, Mapping):
        return {_masked(key): _masked(member) for key, member in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_masked(member) for member in value]
    return value if isinstance(value, _SAFE) else _NUMBER.sub("***", str(value))
