"""Requests 144 to 146: what happened by the minute, and traffic by the hour, the day or the week."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.reporting.models import Grouping, MinuteBucket, Period, TrafficQuery, TrafficRow
from cordboard.domain.reporting.service import StatisticsService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.statistics_fields import (
    MOST_ROWS,
    amounts,
    ceiling,
    check_rows,
    check_seconds,
    floor,
    numbers,
    time_range,
    users,
)
from cordboard.kit.clock import Clock, epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.money import to_number

_TAG: Final = "Statistics"
_MINUTE: Final = timedelta(minutes=1)
_LARGEST_BUCKET: Final = 1440
_MOST_BUCKETS: Final = 10_080  # a week of minutes
_USUAL_SPAN: Final[dict[Period, timedelta]] = {
    "hour": timedelta(days=1),
    "day": timedelta(days=30),
    "week": timedelta(weeks=12),
}
_STEPS: Final[dict[Period, timedelta]] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_PERIODS: Final[dict[str, Period]] = {"hours": "hour", "days": "day", "weeks": "week"}
_HOURLY_GROUPINGS: Final[dict[str, Grouping]] = {"phoneNumber": "number", "campaignId": "campaign"}
_GROUPINGS: Final[dict[str, Grouping]] = {
    "phoneNumber": "number",
    "webrtcUser": "user",
    "numberSet": "set",
    "none": "account",
}
_HOURLY_MEMBERS: Final = {"number": "number", "campaign": "campaignId"}
_MEMBERS: Final = {"number": "number", "user": "webrtcUserId", "set": "numberSetId"}


class AggregateQuery(msgspec.Struct, rename="camel", kw_only=True):
    """Times in epoch milliseconds; the last hour by the minute where nothing is given. At most 10,080 buckets."""

    start_time_ms: int | None = None
    end_time_ms: int | None = None
    minutes_aggregate: int = 1


class HourlyQuery(msgspec.Struct, rename="camel", kw_only=True):
    """Times in epoch milliseconds; the last day where nothing is given. `size` (at most 10,000) and `offset`: which of
    the rows.
    """

    start_time_ms: int | None = None
    end_time_ms: int | None = None
    grouping: Literal["phoneNumber", "campaignId"] = "phoneNumber"
    phone_number: str | None = None
    campaign_id: UUID | None = None
    size: int = MOST_ROWS
    offset: int = 0


class CommunicationsQuery(msgspec.Struct, rename="camel", kw_only=True):
    """Times in epoch milliseconds. Spend is a decimal amount in the account's currency and duration whole seconds; both
    choose among the rows of the answer. Lists are separated by commas.
    """

    start_time_ms: int | None = None
    end_time_ms: int | None = None
    grouping: Literal["phoneNumber", "webrtcUser", "numberSet", "none"] = "none"
    aggregate_period: Literal["hours", "days", "weeks"] = "hours"
    min_spend: str | None = None
    max_spend: str | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    phone_numbers: str | None = None
    webrtc_client_ids: str | None = None
    number_set_id: UUID | None = None
    sort_by_hour_ms: Literal["asc", "desc"] = "asc"
    size: int = MOST_ROWS
    offset: int = 0


class StatisticsResource:
    """`/v4/statistics`."""

    def __init__(self, statistics: StatisticsService, clock: Clock) -> None:
        self._statistics = statistics
        self._clock = clock

    async def get_aggregate(self, call: Call) -> Reply:
        """What happened, by so many minutes at a time, counted from the start; also where nothing did."""
        query: AggregateQuery = call.query
        errors: list[FieldError] = []
        present = self._clock.now().replace(second=0, microsecond=0) + _MINUTE
        start, end = time_range(query.start_time_ms, query.end_time_ms, present, timedelta(hours=1), errors)
        start, end = floor(start, _MINUTE), ceiling(end, _MINUTE)
        if not 1 <= query.minutes_aggregate <= _LARGEST_BUCKET:
            errors.append(FieldError("minutesAggregate", f"must be from 1 to {_LARGEST_BUCKET}"))
        elif not errors and (end - start) / _MINUTE / query.minutes_aggregate > _MOST_BUCKETS:
            errors.append(
                FieldError("minutesAggregate", f"would make more than {_MOST_BUCKETS} buckets; make it larger")
            )
        if errors:
            raise InvalidInputError(errors)
        found = await self._statistics.by_minutes(
            call.tx, call.principal.account_id, start, end, query.minutes_aggregate
        )
        return Reply([_render_bucket(bucket) for bucket in found])

    async def get_hourly(self, call: Call) -> Reply:
        """Traffic by the hour, of each number or each workflow; hours without any are left out."""
        query: HourlyQuery = call.query
        errors: list[FieldError] = []
        start, end = self._periods(query.start_time_ms, query.end_time_ms, "hour", errors)
        only = numbers(query.phone_number, "phoneNumber", errors) if query.phone_number else None
        check_rows(query.size, query.offset, errors)
        if errors:
            raise InvalidInputError(errors)
        wanted = TrafficQuery(
            start=start,
            end=end,
            period="hour",
            grouping=_HOURLY_GROUPINGS[query.grouping],
            numbers=only,
            campaign_id=query.campaign_id,
            limit=query.size,
            offset=query.offset,
        )
        rows, more = await self._statistics.traffic(call.tx, call.principal.account_id, wanted)
        return _page([_render_hour(row, wanted.grouping) for row in rows], wanted, more=more)

    async def get_communications(self, call: Call) -> Reply:
        """Traffic, what it cost, and its extremes, by the hour, the day or the week (UTC; weeks begin on Monday)."""
        query: CommunicationsQuery = call.query
        errors: list[FieldError] = []
        period = _PERIODS[query.aggregate_period]
        start, end = self._periods(query.start_time_ms, query.end_time_ms, period, errors)
        spend = amounts({"minSpend": query.min_spend, "maxSpend": query.max_spend}, errors)
        check_seconds({"minDuration": query.min_duration, "maxDuration": query.max_duration}, errors)
        check_rows(query.size, query.offset, errors)
        only = numbers(query.phone_numbers, "phoneNumbers", errors) if query.phone_numbers else None
        only_users = users(query.webrtc_client_ids, "webrtcClientIds", errors) if query.webrtc_client_ids else None
        if errors:
            raise InvalidInputError(errors)
        wanted = TrafficQuery(
            start=start,
            end=end,
            period=period,
            grouping=_GROUPINGS[query.grouping],
            numbers=only,
            client_ids=only_users,
            number_set_id=query.number_set_id,
            min_spend=spend[0],
            max_spend=spend[1],
            min_seconds=query.min_duration,
            max_seconds=query.max_duration,
            newest_first=query.sort_by_hour_ms == "desc",
            limit=query.size,
            offset=query.offset,
        )
        rows, more = await self._statistics.traffic(call.tx, call.principal.account_id, wanted)
        return _page([_render_communications(row, wanted.grouping) for row in rows], wanted, more=more)

    def _periods(
        self, start_ms: int | None, end_ms: int | None, period: Period, errors: list[FieldError]
    ) -> tuple[datetime, datetime]:
        """The whole periods that a range touches."""
        now = self._clock.now() + timedelta(milliseconds=1)
        start, end = time_range(start_ms, end_ms, now, _USUAL_SPAN[period], errors)
        step = _STEPS[period]
        return floor(start, step), ceiling(end, step)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="144",
                method="GET",
                path="/v4/statistics/aggregate",
                handler=self.get_aggregate,
                summary="Aggregate statistics",
                privilege=Privilege.STATISTICS_READ,
                query=AggregateQuery,
                tag=_TAG,
                example=Example(query={"minutesAggregate": "5"}, response=_AGGREGATE_EXAMPLE),
            ),
            Endpoint(
                number="145",
                method="GET",
                path="/v4/statistics/numbers/hourly",
                handler=self.get_hourly,
                summary="Hourly statistics of numbers or workflows",
                privilege=Privilege.STATISTICS_READ,
                query=HourlyQuery,
                tag=_TAG,
                example=Example(query={"grouping": "phoneNumber"}, response=_HOURLY_EXAMPLE),
            ),
            Endpoint(
                number="146",
                method="GET",
                path="/v4/statistics/communications/aggregate",
                handler=self.get_communications,
                summary="Communication aggregate statistics",
                privilege=Privilege.STATISTICS_READ,
                query=CommunicationsQuery,
                tag=_TAG,
                example=Example(
                    query={"grouping": "phoneNumber", "aggregatePeriod": "days"}, response=_COMMUNICATIONS_EXAMPLE
                ),
            ),
        )


def _page(payload: list[dict[str, Any]], wanted: TrafficQuery, *, more: bool) -> Reply:
    """The rows; `nextOffset` stands beside them where there are more."""
    return Reply(payload, extra={"nextOffset": wanted.offset + wanted.limit} if more else {})


def _render_bucket(bucket: MinuteBucket) -> dict[str, Any]:
    return {
        "timeMs": epoch_ms(bucket.starts_at),
        "callsDialed": bucket.calls_dialed,
        "outboundCallsStarted": bucket.outbound_calls_started,
        "inboundCallsStarted": bucket.inbound_calls_started,
        "callsCompleted": bucket.calls_completed,
        "inboundSms": bucket.inbound_sms,
        "outboundSms": bucket.outbound_sms,
    }


def _render_hour(row: TrafficRow, grouping: Grouping) -> dict[str, Any]:
    return {
        _HOURLY_MEMBERS[grouping]: row.key,
        "hourMs": epoch_ms(row.starts_at),
        "sms": {"inbound": row.sms_in, "outbound": row.sms_out},
        "call": {
            "inbound": row.calls_in,
            "outbound": row.calls_out,
            "inboundDurationSeconds": row.seconds_in,
            "outboundDurationSeconds": row.seconds_out,
        },
    }


def _render_communications(row: TrafficRow, grouping: Grouping) -> dict[str, Any]:
    """A row as the reference lists it. A minimum or maximum of nothing is 0."""
    named = {_MEMBERS[grouping]: row.key} if grouping in _MEMBERS else {}
    return {
        "hourMs": epoch_ms(row.starts_at),
        **named,
        "sms": {
            "inbound": row.sms_in,
            "outbound": row.sms_out,
            "inboundCost": to_number(row.sms_in_cost),
            "outboundCost": to_number(row.sms_out_cost),
            "minMessageCount": row.smallest_sms or 0,
            "maxMessageCount": row.largest_sms or 0,
            "optOuts": row.opt_outs,
        },
        "call": {
            "inboundCount": row.calls_in,
            "outboundCount": row.calls_out,
            "inboundCallDuration": row.seconds_in,
            "outboundCallDuration": row.seconds_out,
            "minInboundDuration": row.shortest_in or 0,
            "maxInboundDuration": row.longest_in or 0,
            "minOutboundDuration": row.shortest_out or 0,
            "maxOutboundDuration": row.longest_out or 0,
            "inboundCost": to_number(row.calls_in_cost),
            "outboundCost": to_number(row.calls_out_cost),
        },
    }


_AGGREGATE_EXAMPLE: Final = {
    "timeMs": 1767614400000,
    "callsDialed": 12,
    "outboundCallsStarted": 9,
    "inboundCallsStarted": 4,
    "callsCompleted": 11,
    "inboundSms": 7,
    "outboundSms": 31,
}
_HOURLY_EXAMPLE: Final = {
    "number": "+19495551234",
    "hourMs": 1767614400000,
    "sms": {"inbound": 7, "outbound": 31},
    "call": {"inbound": 4, "outbound": 9, "inboundDurationSeconds": 391, "outboundDurationSeconds": 812},
}
_COMMUNICATIONS_EXAMPLE: Final = {
    "hourMs": 1767571200000,
    "number": "+19495551234",
    "sms": {
        "inbound": 7,
        "outbound": 31,
        "inboundCost": 0,
        "outboundCost": 0.2475,
        "minMessageCount": 1,
        "maxMessageCount": 3,
        "optOuts": 1,
    },
    "call": {
        "inboundCount": 4,
        "outboundCount": 9,
        "inboundCallDuration": 391,
        "outboundCallDuration": 812,
        "minInboundDuration": 12,
        "maxInboundDuration": 240,
        "minOutboundDuration": 0,
        "maxOutboundDuration": 371,
        "inboundCost": 0.0364,
        "outboundCost": 0.1137,
    },
}
