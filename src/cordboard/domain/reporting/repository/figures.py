"""Reading statistics."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cordboard.domain.reporting.counting import EXTREMES, MINUTE_FIELDS, SUMS
from cordboard.domain.reporting.models import NOBODY, Grouping, MinuteBucket, TrafficQuery, TrafficRow
from cordboard.infra.db import Tx

_KEYS: Final[dict[Grouping, str]] = {
    "account": "''",
    "number": "number",
    "set": "number_set_id",
    "user": "client_id",
    "campaign": "campaign_id",
}
_NOTHING: Final = {"number": "", "set": NOBODY, "user": NOBODY, "campaign": NOBODY}
_BUCKETS: Final = {
    "hour": ("hour", "starts_at"),
    "day": ("day", "starts_at"),
    "week": ("day", "date_bin('7 days', starts_at, '2001-01-01 00:00+00')"),
}
"""By the period asked for: the period that rows are kept by, and how a row finds its bucket. The first day of 2001 was
a Monday.
"""

_SPEND: Final = "sum(sms_in_cost + sms_out_cost + calls_in_cost + calls_out_cost)"
_SECONDS: Final = "sum(seconds_in + seconds_out)"
_SUMMED: Final = ", ".join(f"sum({name})::bigint as {name}" for name in SUMS)
_BOUNDED: Final = ", ".join(f"{('min', 'max')[index % 2]}({name}) as {name}" for index, name in enumerate(EXTREMES))
_MINUTES_SUMMED: Final = ", ".join(f"sum({name})::bigint as {name}" for name in MINUTE_FIELDS)


@dataclass(slots=True)
class _Conditions:
    """Conditions and their parameters."""

    texts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, text: str, value: Any) -> None:
        """`text` with the parameter's place in it as {}; nothing where there is no value."""
        if value is not None:
            self.values.append(value)
            self.texts.append(text.format(f"${len(self.values)}"))


async def minutes(tx: Tx, account_id: UUID, start: datetime, end: datetime, size: int) -> list[MinuteBucket]:
    """Buckets of `size` minutes, counted from `start`, in which something happened."""
    rows = await tx.fetch(
        "select $2::timestamptz + place * make_interval(mins => $4) as starts_at, * from ("
        f"select div(extract(epoch from minute - $2), $4 * 60)::int as place, {_MINUTES_SUMMED} from statistics_minutes"
        " where account_id = $1 and minute >= $2 and minute < $3 group by place) as summed order by place",
        account_id,
        start,
        end,
        size,
    )
    return [MinuteBucket(starts_at=row["starts_at"], **{name: row[name] for name in MINUTE_FIELDS}) for row in rows]


async def traffic(tx: Tx, account_id: UUID, wanted: TrafficQuery) -> list[TrafficRow]:
    """The rows that fit, by time and then by what they are of. Groups of nothing (traffic of no set, say) are left
    out.
    """
    kept, bucket = _BUCKETS[wanted.period]
    key = _KEYS[wanted.grouping]
    where = _Conditions()
    where.add("account_id = {}", account_id)
    where.add("period = {}", kept)
    where.texts.append(f"dimension = '{_dimension(wanted)}'")  # as a constant, so that its index is found
    where.add("starts_at >= {}", wanted.start)
    where.add("starts_at < {}", wanted.end)
    where.add("number = any({})", _listed(wanted.numbers))
    where.add("client_id = any({})", _listed(wanted.client_ids))
    where.add("number_set_id = {}", wanted.number_set_id)
    where.add("campaign_id = {}", wanted.campaign_id)
    where.add(f"{key} <> {{}}", _NOTHING.get(wanted.grouping))
    having = _Conditions(values=where.values)
    for text, bound in _bounds(wanted):
        having.add(text, bound)
    order = "desc" if wanted.newest_first else "asc"
    rows = await tx.fetch(
        f"select {bucket} as bucket, {key} as key, {_SUMMED}, {_BOUNDED} from traffic_statistics"
        f" where {' and '.join(where.texts)} group by bucket, key"
        + (f" having {' and '.join(having.texts)}" if having.texts else "")
        + f" order by bucket {order}, key limit {wanted.limit} offset {wanted.offset}",
        *where.values,
    )
    return [_row(row, wanted.grouping) for row in rows]


def _dimension(wanted: TrafficQuery) -> Grouping:
    """The dimension that all that is asked for can be read from: the one that is named, or that of numbers, which has
    everything.
    """
    asked: dict[Grouping, object] = {
        "number": wanted.numbers,
        "user": wanted.client_ids,
        "set": wanted.number_set_id,
        "campaign": wanted.campaign_id,
    }
    named = {dimension for dimension, value in asked.items() if value is not None}
    named |= {wanted.grouping} - {"account"}
    if len(named) > 1:
        return "number"
    return next(iter(named), "account")


def _bounds(wanted: TrafficQuery) -> Iterator[tuple[str, int | None]]:
    yield f"{_SPEND} >= {{}}", wanted.min_spend
    yield f"{_SPEND} <= {{}}", wanted.max_spend
    yield f"{_SECONDS} >= {{}}", wanted.min_seconds
    yield f"{_SECONDS} <= {{}}", wanted.max_seconds


def _listed(values: Any) -> list[Any] | None:
    return None if values is None else list(values)


def _row(row: Any, grouping: Grouping) -> TrafficRow:
    return TrafficRow(
        starts_at=row["bucket"],
        key=None if grouping == "account" else row["key"],
        **{name: row[name] for name in (*SUMS, *EXTREMES)},
    )
