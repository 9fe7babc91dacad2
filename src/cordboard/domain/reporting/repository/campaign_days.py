"""What campaigns did by the day (`campaign_days`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from cordboard.domain.reporting.models import CampaignFigures, CampaignReportQuery, CampaignReportRow, ReportDimension
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert


class CampaignDay(NamedTuple):
    """The key of a row; `template_id` NOBODY for what has none."""

    account_id: UUID
    day: date
    campaign_id: UUID
    template_id: UUID


_KEY: Final = {"account_id": "uuid", "day": "date", "campaign_id": "uuid", "template_id": "uuid"}
_SUMS: Final = CampaignFigures.__struct_fields__
_COLUMNS: Final[dict[ReportDimension, str]] = {"date": "day", "campaign": "campaign_id", "template": "template_id"}
_ADDED: Final = ", ".join(f"{name} = campaign_days.{name} + excluded.{name}" for name in _SUMS)
_ADD: Final = BulkInsert(
    "campaign_days",
    {**_KEY, **dict.fromkeys(_SUMS, "bigint")},
    f"on conflict ({', '.join(_KEY)}) do update set {_ADDED}",
)
_SUMMED: Final = ", ".join(f"coalesce(sum({name}), 0)::bigint as {name}" for name in _SUMS)


async def add(tx: Tx, figures: Sequence[tuple[CampaignDay, CampaignFigures]]) -> None:
    """Adds what a batch comes to, each key once. The rows are written in the order of their keys, which all who add
    share, so that they wait for each other instead of deadlocking.
    """
    await _ADD(tx, [[*key, *(getattr(one, name) for name in _SUMS)] for key, one in sorted(figures, key=_key)])


async def report(tx: Tx, account_id: UUID, wanted: CampaignReportQuery) -> list[CampaignReportRow]:
    """The sums by what they are grouped by, in that order; a single row where that is nothing."""
    keys = ", ".join(_COLUMNS[one] for one in wanted.grouping)
    rows = await tx.fetch(
        f"select {_SUMMED} {', ' + keys if keys else ''} from campaign_days"
        " where account_id = $1 and day >= $2 and day <= $3 and ($4::uuid is null or campaign_id = $4)"
        " and ($5::uuid is null or template_id = $5)"
        + (f" group by {keys} order by {keys}" if keys else "")
        + f" limit {wanted.limit} offset {wanted.offset}",
        account_id,
        wanted.first,
        wanted.last,
        wanted.campaign_id,
        wanted.template_id,
    )
    return [
        CampaignReportRow(
            figures=CampaignFigures(**{name: row[name] for name in _SUMS}),
            **{_COLUMNS[one]: row[_COLUMNS[one]] for one in wanted.grouping},
        )
        for row in rows
    ]


async def forget(tx: Tx, before: date) -> None:
    """Removes days that nobody asks for any more."""
    await tx.execute("delete from campaign_days where day < $1", before)


def _key(pair: tuple[CampaignDay, CampaignFigures]) -> CampaignDay:
    return pair[0]
