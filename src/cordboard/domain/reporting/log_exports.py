"""Exports of logs (request 100): asked for here, written by a job."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from cordboard.domain.reporting.errors import TooManyExportsError
from cordboard.domain.reporting.models import ExportKind, LogExport
from cordboard.domain.reporting.repository import exports
from cordboard.infra.db import Tx
from cordboard.infra.jobs.queue import Job, enqueue
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page

EXPORT_JOB: Final = "reporting.export"
FORGET_JOB: Final = "reporting.forget_export"
MOST_AN_HOUR: Final = 3
_HOUR: Final = timedelta(hours=1)
_NAME_BYTES: Final = 24


class LogExportService:
    """The verbs of exports."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    async def request(
        self, tx: Tx, account_id: UUID, *, kind: ExportKind, start_day: date, end_day: date, email: str
    ) -> LogExport:
        """Has an account's log of some days, both inclusive, written to a file, and a link to it mailed. Raises
        TooManyExportsError.
        """
        await exports.lock_account(tx, account_id)
        now = self._clock.now()
        recent = await exports.requested_since(tx, account_id, now - _HOUR)
        if len(recent) >= MOST_AN_HOUR:
            wait = (recent[-MOST_AN_HOUR] + _HOUR - now).total_seconds()
            raise TooManyExportsError(f"{MOST_AN_HOUR} exports an hour; ask again in {wait:.0f} s", retry_after=wait)
        export = LogExport(
            account_id=account_id,
            id=self._ids.time_uuid(),
            requested_at=now,
            email=email,
            kind=kind,
            start_day=start_day,
            end_day=end_day,
            file=self._ids.token(_NAME_BYTES),
        )
        await exports.insert(tx, export)
        await enqueue(tx, [job_of(export, self._clock)])
        return export

    async def page(self, tx: Tx, account_id: UUID, page: Page) -> list[LogExport]:
        """The account's exports, the newest first."""
        return await exports.page(tx, account_id, page.size, page.offset)


def job_of(export: LogExport, clock: Clock) -> Job:
    """The job that goes on with an export. It names how far the export has come, so that one that was overtaken ends
    at once.
    """
    payload = {"exportId": str(export.id), "part": export.part}
    return Job(EXPORT_JOB, export.account_id, payload, clock.now())
