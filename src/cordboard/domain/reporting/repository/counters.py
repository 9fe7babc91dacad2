"""Adding to statistics (`statistics_minutes`, `traffic_statistics`)."""

from __future__ import annotations

from typing import Final

from cordboard.domain.reporting.counting import EXTREMES, MINUTE_FIELDS, SUMS, Tally
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert, insert_together

TRAFFIC_KEY: Final = {
    "account_id": "uuid",
    "period": "text",
    "dimension": "text",
    "starts_at": "timestamptz",
    "number": "text",
    "number_set_id": "uuid",
    "client_id": "uuid",
    "campaign_id": "uuid",
}
_MINUTE_KEY: Final = {"account_id": "uuid", "minute": "timestamptz"}


def _adding(table: str, key: dict[str, str], sums: tuple[str, ...], extremes: tuple[str, ...] = ()) -> str:
    changes = [f"{name} = {table}.{name} + excluded.{name}" for name in sums]
    for name, function in zip(extremes, ("least", "greatest") * len(extremes), strict=False):
        changes.append(f"{name} = {function}({table}.{name}, excluded.{name})")
    return f"on conflict ({', '.join(key)}) do update set {', '.join(changes)}"


ADDED_TO_TRAFFIC: Final = _adding("traffic_statistics", TRAFFIC_KEY, SUMS, EXTREMES)
ADDED_TO_MINUTES: Final = _adding("statistics_minutes", _MINUTE_KEY, MINUTE_FIELDS)
_MINUTES: Final = BulkInsert(
    "statistics_minutes", {**_MINUTE_KEY, **dict.fromkeys(MINUTE_FIELDS, "integer")}, ADDED_TO_MINUTES
)
_TRAFFIC: Final = BulkInsert(
    "traffic_statistics", {**TRAFFIC_KEY, **dict.fromkeys((*SUMS, *EXTREMES), "bigint")}, ADDED_TO_TRAFFIC
)


async def add(tx: Tx, tally: Tally) -> None:
    """Adds what a batch comes to, in one statement. Its rows are in the order of their keys, which all who add share,
    so that they wait for each other instead of deadlocking.
    """
    minutes = [[*key, *values] for key, values in tally.minute_rows()]
    traffic = [[*key, *measures] for key, measures in tally.traffic_rows()]
    await insert_together(tx, [(_MINUTES, minutes), (_TRAFFIC, traffic)])
