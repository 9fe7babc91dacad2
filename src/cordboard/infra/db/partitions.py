"""Monthly partitions of the big logs: made ahead of time, dropped after the retention; the books are kept for good."""

from __future__ import annotations

from datetime import UTC, datetime

from cordboard.infra.db.pool import Tx

PARTITIONED = (
    "messages",
    "sms_sends",
    "calls",
    "recordings",
    "decisions",
    "debug_log",
    "ledger_entries",
    "webhook_deliveries",
    "conversation_events",
    "statistics_minutes",
    "traffic_statistics",
    "ended_runs",
    "cc_api_log",
)
MONTHS_AHEAD = 2
# A balance is the sum of its entries: money is not forgotten.
_BOOKS = frozenset({"ledger_entries"})
# Rows that are changed soon after they are written find room on their page, so that their indexes stay as they are.
_CHANGED_AFTERWARDS = frozenset({"messages", "sms_sends", "calls", "statistics_minutes", "traffic_statistics"})
_ROOM_TO_CHANGE = 70
MONTHS_KEPT = 13
_LOCK = 0x70617274  # "part"


async def maintain_partitions(tx: Tx, now: datetime) -> list[str]:
    """Makes the partitions of this and the next months, drops those past the retention; answers the names it
    touched.
    """
    await tx.execute("select pg_advisory_xact_lock($1)", _LOCK)
    existing = {
        row["name"]
        for row in await tx.fetch(
            "select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid"
            " join pg_class p on p.oid = i.inhparent where p.relname = any($1)",
            list(PARTITIONED),
        )
    }
    touched = []
    for table in PARTITIONED:
        for offset in range(-1, MONTHS_AHEAD + 1):
            name = f"{table}_{_month(now, offset):%Y%m}"
            if name not in existing:
                start, end = _month(now, offset), _month(now, offset + 1)
                await tx.execute(
                    f"create table {name} partition of {table}"
                    f" for values from ('{start:%Y-%m-%d} 00:00+00') to ('{end:%Y-%m-%d} 00:00+00')"
                    + (f" with (fillfactor = {_ROOM_TO_CHANGE})" if table in _CHANGED_AFTERWARDS else "")
                )
                touched.append(name)
    oldest = f"{_month(now, -MONTHS_KEPT):%Y%m}"
    for name in sorted(existing):
        table, _, month = name.rpartition("_")
        if month < oldest and table not in _BOOKS:
            await tx.execute(f"drop table {name}")
            touched.append(name)
    return touched


def _month(moment: datetime, offset: int) -> datetime:
    """The first of the month `offset` months from `moment`'s."""
    months = moment.year * 12 + moment.month - 1 + offset
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
