"""Statistics and the report of campaigns as they are asked for and answered; exports of logs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec

NOBODY: Final = UUID(int=0)
"""Stands where a row of statistics is not told apart by a set, a user or a workflow."""

RETENTION: Final = timedelta(days=397)
"""How far back statistics go: 13 months, as the logs."""

EXPORT_LIFETIME: Final = timedelta(hours=48)

Grouping = Literal["account", "number", "set", "user", "campaign"]
"""What rows are told apart by: nothing, a number of the account, its number set, a browser phone's user, a workflow."""

Period = Literal["hour", "day", "week"]

ReportDimension = Literal["date", "campaign", "template"]
"""What the report of campaigns tells apart."""

ExportKind = Literal["calls", "sms"]
ExportStatus = Literal["processing", "ready", "failed", "expired"]


class MinuteBucket(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in some minutes from `starts_at` on (request 144)."""

    starts_at: datetime
    calls_dialed: int = 0
    outbound_calls_started: int = 0
    inbound_calls_started: int = 0
    calls_completed: int = 0
    inbound_sms: int = 0
    outbound_sms: int = 0


class TrafficRow(msgspec.Struct, frozen=True, kw_only=True):
    """The traffic of a period and of what `grouping` tells apart, whose `key` it is (None: of all). Costs are
    micro-units, times seconds; a minimum or maximum of nothing is None.
    """

    starts_at: datetime
    key: str | UUID | None
    sms_in: int
    sms_out: int
    sms_in_cost: int
    sms_out_cost: int
    opt_outs: int
    calls_in: int
    calls_out: int
    seconds_in: int
    seconds_out: int
    calls_in_cost: int
    calls_out_cost: int
    smallest_sms: int | None
    largest_sms: int | None
    shortest_in: int | None
    longest_in: int | None
    shortest_out: int | None
    longest_out: int | None


class TrafficQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of traffic (requests 145, 146): of periods that begin at `start` <= t < `end`, grouped, of traffic
    that fits every filter given; of those the ones whose spend (micro-units) and duration of calls (seconds) are within
    bounds.
    """

    start: datetime
    end: datetime
    period: Period
    grouping: Grouping
    numbers: Sequence[str] | None = None
    client_ids: Sequence[UUID] | None = None
    number_set_id: UUID | None = None
    campaign_id: UUID | None = None
    min_spend: int | None = None
    max_spend: int | None = None
    min_seconds: int | None = None
    max_seconds: int | None = None
    newest_first: bool = False
    limit: int
    offset: int = 0


class CampaignFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What campaigns did (request 180). Amounts are micro-units: `cost` of messages both ways and of calls, `surcharge`
    what was added to it.
    """

    sends: int = 0
    replies: int = 0
    opt_outs: int = 0
    cost: int = 0
    surcharge: int = 0

    def __add__(self, other: CampaignFigures) -> CampaignFigures:
        """Both together."""
        return CampaignFigures(
            sends=self.sends + other.sends,
            replies=self.replies + other.replies,
            opt_outs=self.opt_outs + other.opt_outs,
            cost=self.cost + other.cost,
            surcharge=self.surcharge + other.surcharge,
        )


class CampaignReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """Figures and what they are of, as far as the report tells that apart; a `template_id` of NOBODY is of none."""

    figures: CampaignFigures
    day: date | None = None
    campaign_id: UUID | None = None
    template_id: UUID | None = None


class CampaignReportQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which figures (request 180): of days (UTC) from `first` to `last`, both inclusive, of a campaign or a template
    where one is named, told apart and ordered by `grouping`.
    """

    first: date
    last: date
    grouping: Sequence[ReportDimension] = ()
    campaign_id: UUID | None = None
    template_id: UUID | None = None
    limit: int
    offset: int = 0


class LogExport(msgspec.Struct, frozen=True, kw_only=True):
    """An export of an account's log (request 100) of whole days, UTC, both inclusive.

    `part`: how many pieces are written, of `records` in `raw_bytes` before compression; (`after_at`, `after_id`) is the
    last record in them, and `read` says that there are no more. `url` leads to the file until `expires_at`.
    """

    account_id: UUID
    id: UUID
    requested_at: datetime
    email: str
    kind: ExportKind
    start_day: date
    end_day: date
    status: ExportStatus = "processing"
    file: str
    part: int = 0
    after_at: datetime | None = None
    after_id: UUID | None = None
    read: bool = False
    records: int = 0
    raw_bytes: int = 0
    size: int | None = None
    url: str | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
