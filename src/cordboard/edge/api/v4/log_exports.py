"""Request 100: a log as a file, by mail; ours: the exports that were asked for."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.reporting.log_exports import LogExportService
from cordboard.domain.reporting.models import ExportKind, LogExport
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.days import parse_day
from cordboard.infra.mail.address import parse_address
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.paging import Page

_TAG: Final = "Logs"
_KINDS: Final[dict[int, ExportKind]] = {1: "calls", 2: "sms"}
_TYPES: Final = {kind: number for number, kind in _KINDS.items()}
_MONTHS: Final = 3


class ExportBody(msgspec.Struct, rename="lower", kw_only=True):
    """Days as YYYY-MM-DD, UTC, both ends inclusive, at most three months. `type`: 1 calls, 2 SMS."""

    email: str
    startdate: str
    enddate: str
    type: int


class ExportsQuery(msgspec.Struct, kw_only=True):
    """Which of them, the newest first."""

    size: int | None = None
    offset: int | None = None


class LogExportsResource:
    """`/v4/logs/export`."""

    def __init__(self, log_exports: LogExportService) -> None:
        self._log_exports = log_exports

    async def export_logs(self, call: Call) -> Reply:
        """Has a log written to a file, and a link to it mailed. Three an hour."""
        body: ExportBody = call.body
        errors: list[FieldError] = []
        email = parse_address(body.email)
        if email is None:
            errors.append(FieldError("email", "is not an e-mail address; send one such as you@example.com"))
        if body.type not in _KINDS:
            errors.append(FieldError("type", "must be 1 for calls or 2 for SMS"))
        start, end = _day(body.startdate, "startdate", errors), _day(body.enddate, "enddate", errors)
        if start and end and end < start:
            errors.append(FieldError("enddate", "must not be before startdate"))
        elif start and end and end >= _months_after(start, _MONTHS):
            errors.append(FieldError("enddate", f"must be less than {_MONTHS} months after startdate"))
        if errors or start is None or end is None or email is None:
            raise InvalidInputError(errors)
        export = await self._log_exports.request(
            call.tx,
            call.principal.account_id,
            kind=_KINDS[body.type],
            start_day=start,
            end_day=end,
            email=email,
        )
        return Reply([_render(export)], extra={"Message360": _message(export)})

    async def get_exports(self, call: Call) -> Reply:
        """Exports of the last 90 days, the newest first; `url` while the file is there."""
        query: ExportsQuery = call.query
        page = Page.of(query.size, query.offset)
        found = await self._log_exports.page(call.tx, call.principal.account_id, page)
        return Reply([_render(export) for export in found])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="100",
                method="POST",
                path="/v4/logs/export",
                handler=self.export_logs,
                summary="Export call or SMS logs",
                privilege=Privilege.LOG_EXPORT,
                body=ExportBody,
                tag=_TAG,
                example=Example(
                    body={"email": "you@example.com", "startdate": "2026-01-01", "enddate": "2026-01-31", "type": "2"},
                    response=_EXAMPLE,
                ),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path="/v4/logs/export",
                handler=self.get_exports,
                summary="List exports of logs",
                privilege=Privilege.LOG_EXPORT,
                query=ExportsQuery,
                tag=_TAG,
                example=Example(query={"size": "10"}, response=_EXAMPLE),
            ),
        )


def _day(given: str, field: str, errors: list[FieldError]) -> date | None:
    try:
        return parse_day(given).date()
    except ValueError:
        errors.append(FieldError(field, "must be a date such as 2026-01-31"))
        return None


def _months_after(day: date, months: int) -> date:
    """The same day some months later, or the first day after that month where it has none such; the last day that
    there is, where the calendar ends before.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    try:
        return day.replace(year=year, month=month + 1)
    except ValueError:
        return _months_after(day.replace(day=1), months + 1)


def _message(export: LogExport) -> dict[str, Any]:
    """The answer as the reference shows it."""
    return {
        "ResponseStatus": 1,
        "Message": {"ApiVersion": "4", "LogID": export.id.hex, "Status": export.status},
    }


def _render(export: LogExport) -> dict[str, Any]:
    return {
        "logId": export.id,
        "status": export.status,
        "type": _TYPES[export.kind],
        "startdate": export.start_day,
        "enddate": export.end_day,
        "email": export.email,
        "requestedAt": epoch_ms(export.requested_at),
        "finishedAt": epoch_ms(export.finished_at) if export.finished_at else None,
        "expiresAt": epoch_ms(export.expires_at) if export.expires_at else None,
        "records": export.records,
        "size": export.size,
        "url": export.url,
    }


_EXAMPLE: Final = {
    "logId": "0bccc560-9c1c-11ed-ad9e-4f8cf7a9d8e0",
    "status": "processing",
    "type": 2,
    "startdate": "2026-01-01",
    "enddate": "2026-01-31",
    "email": "you@example.com",
    "requestedAt": 1769904000000,
    "finishedAt": None,
    "expiresAt": None,
    "records": 0,
    "size": None,
    "url": None,
}
