"""How much waits in each queue, for /metrics and `cordboard doctor`."""

from __future__ import annotations

import asyncio
from typing import Final

from cordboard.infra.db import Database, Tx
from cordboard.infra.telemetry.metrics import QUEUE_DEPTH

_EVERY_SECONDS: Final = 15.0
_COUNTED: Final = 100_000
"""Longer queues show as this many: counting a million rows would be a load of its own."""

_WAITING: Final = {
    "outbox": "outbox where not parked",
    "outbox_parked": "outbox where parked",
    "jobs": "jobs where not parked",
    "jobs_parked": "jobs where parked",
    "timers": "timers",
    "sms": "sms_queue",
    "webhooks": "webhook_queue",
}


async def watch_depths(database: Database) -> None:
    """Shows the depths as metrics until cancelled."""
    while True:
        async with database.connection() as connection:
            for queue, depth in (await depths(connection)).items():
                QUEUE_DEPTH.labels(queue).set(depth)
        await asyncio.sleep(_EVERY_SECONDS)


async def depths(tx: Tx) -> dict[str, int]:
    """Rows by queue; `..._parked` are those that failed so often that they are not tried any more."""
    counts = (
        f"(select count(*) from (select from {rows} limit {_COUNTED}) as counted) as {queue}"
        for queue, rows in _WAITING.items()
    )
    row = await tx.fetchrow(f"select {', '.join(counts)}")
    return dict(row) if row else {}
