"""Request 180: what campaigns did and cost."""

from __future__ import annotations

from typing import Any, Final, get_args
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.reporting.campaign_report import CampaignReport, CampaignReportService
from cordboard.domain.reporting.models import NOBODY, CampaignReportQuery, CampaignReportRow, ReportDimension
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.days import day_span
from cordboard.edge.api.v4.statistics_fields import MOST_ROWS, check_rows
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.money import to_number

_USUAL_DAYS: Final = 30
_DIMENSIONS: Final[dict[str, ReportDimension]] = {name: name for name in get_args(ReportDimension)}
_EXAMPLE: Final = {
    "day": "2021-01-15",
    "sends": 287,
    "replies": 12,
    "optOuts": 1,
    "cost": 2.1525,
    "surcharge": 0.861,
}


class ReportQuery(msgspec.Struct, rename="camel", kw_only=True):
    """Dates as YYYY-MM-DD or YYYYMMDD, UTC, both ends inclusive; 30 days from each other, up to today, where they are
    not given. `grouping` is a list of date, campaign and template, separated by commas. `size` (at most 10,000) and
    `offset`: which of the rows.
    """

    campaign_id: UUID | None = None
    template_id: UUID | None = None
    start_date: str | None = None
    end_date: str | None = None
    grouping: str = ""
    size: int = MOST_ROWS
    offset: int = 0


class CampaignReportResource:
    """`/v4/campaign/report`."""

    def __init__(self, reports: CampaignReportService, clock: Clock) -> None:
        self._reports = reports
        self._clock = clock

    async def get_report(self, call: Call) -> Reply:
        """Sends, replies, opt-outs and cost of campaigns: by the day, the campaign and the template, or in all."""
        wanted = self._wanted(call.query)
        report = await self._reports.report(call.tx, call.principal.account_id, wanted)
        more = {"nextOffset": wanted.offset + wanted.limit} if report.more else {}
        return Reply([_render(row, wanted, report) for row in report.rows], extra=more)

    def _wanted(self, query: ReportQuery) -> CampaignReportQuery:
        errors: list[FieldError] = []
        first, last = day_span(query.start_date, query.end_date, self._clock.now(), errors, usual=_USUAL_DAYS)
        grouping = _grouping(query.grouping, errors)
        check_rows(query.size, query.offset, errors)
        if errors:
            raise InvalidInputError(errors)
        return CampaignReportQuery(
            first=first,
            last=last,
            grouping=grouping,
            campaign_id=query.campaign_id,
            template_id=query.template_id,
            limit=query.size,
            offset=query.offset,
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="180",
                method="GET",
                path="/v4/campaign/report",
                handler=self.get_report,
                summary="Get report",
                privilege=Privilege.WORKFLOW_READ,
                query=ReportQuery,
                tag="Campaigns",
                example=Example(
                    query={"startDate": "2021-01-15", "endDate": "2021-01-16", "grouping": "date"}, response=_EXAMPLE
                ),
            ),
        )


def _grouping(given: str, errors: list[FieldError]) -> list[ReportDimension]:
    """The dimensions, in the order of the reference whatever theirs; what is none is an error."""
    words = {word.strip().lower() for word in given.split(",")} if given.strip() else set()
    if words - set(_DIMENSIONS):
        errors.append(FieldError("grouping", f"must be a list of {', '.join(_DIMENSIONS)} with commas between"))
    return [dimension for name, dimension in _DIMENSIONS.items() if name in words]


def _render(row: CampaignReportRow, wanted: CampaignReportQuery, report: CampaignReport) -> dict[str, Any]:
    figures = row.figures
    shown: dict[str, Any] = {}
    if "campaign" in wanted.grouping:
        name = report.names.get(row.campaign_id) if row.campaign_id else None
        shown |= {"campaignId": row.campaign_id, "campaignName": name}
    if "template" in wanted.grouping:
        shown["templateId"] = None if row.template_id == NOBODY else row.template_id
    shown |= {
        "sends": figures.sends,
        "replies": figures.replies,
        "optOuts": figures.opt_outs,
        "cost": to_number(figures.cost),
        "surcharge": to_number(figures.surcharge),
    }
    return shown | ({"day": f"{row.day}"} if "date" in wanted.grouping else {})
