"""What campaigns did and cost (request 180)."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.reporting.models import CampaignReportQuery, CampaignReportRow
from cordboard.domain.reporting.repository import campaign_days
from cordboard.domain.workflows.service import CampaignService
from cordboard.infra.db import Tx


class CampaignReport(NamedTuple):
    """A page of rows, the names of the campaigns in it, and whether there are more rows."""

    rows: list[CampaignReportRow]
    names: dict[UUID, str]
    more: bool


class CampaignReportService:
    """The verb."""

    def __init__(self, campaigns: CampaignService) -> None:
        self._campaigns = campaigns

    async def report(self, tx: Tx, account_id: UUID, wanted: CampaignReportQuery) -> CampaignReport:
        """A page of the report."""
        rows = await campaign_days.report(tx, account_id, replace(wanted, limit=wanted.limit + 1))
        shown = rows[: wanted.limit]
        named = sorted({row.campaign_id for row in shown if row.campaign_id})
        return CampaignReport(shown, await self._campaigns.names(tx, account_id, named), len(rows) > wanted.limit)
