"""Money on the hot path: holding and settling batches of 500; and the report of 90 days over five million entries.

One process and one PostgreSQL share this machine. Durability is as PostgreSQL ships it. `--scale 0.1` for a quick look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import uvloop
from tests.bench.own_database import measure

from cordboard.domain.billing.models import SERVICES, Rate, Settlement, Usage
from cordboard.domain.billing.service import BillingService
from cordboard.infra.db import Database, Tx
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.kit.clock import SystemClock, monotonic
from cordboard.kit.ids import Ids

ACCOUNTS = tuple(UUID(int=number) for number in range(1, 5))
PRICE = 7500
_BATCH = 500
_ROUNDS = 100
_DAYS = 90
_ENTRIES = 5_000_000
_REPORTS = 200

# As many entries a day and item as the ledger would hold; written as bookings write them, a whole day at once.
_FILL_LEDGER = """
insert into ledger_entries
    (account_id, id, booked_at, kind, sub_type, lob, item_code, amount, cost, quantity, description)
select $1, gen_random_uuid(), $2::timestamptz + (n % 86000) * interval '1 second', 'sms', 'so', 'api',
    (array['AsoUS', 'AsoGB', 'AsiUS', 'AscoUS', 'AstoUS', 'AmoUS', 'AciUS', 'AcoUS', 'AsipoUS', 'AcaUS'])[n % 10 + 1],
    -7500, 7500, 1, 'message to +19495550100'
from generate_series(1, $3::int) n
"""
_FILL_DAYS = """
insert into usage_days
select account_id, (booked_at at time zone 'UTC')::date, item_code, kind, sub_type, lob, count(*), sum(quantity),
    sum(seconds), sum(cost), sum(surcharge), sum(tax)
from ledger_entries where booked_at >= $1 and booked_at < $2 group by 1, 2, 3, 4, 5, 6
"""


class Bench:
    """The figures, one method each."""

    def __init__(self, database: Database, scale: float) -> None:
        self._database = database
        self._scale = scale
        self._clock = SystemClock()
        self._billing = BillingService(
            clock=self._clock,
            ids=Ids(self._clock),
            mode="postpaid",
            currency="USD",
            defaults=dict.fromkeys(SERVICES, PRICE),
        )

    async def run(self) -> None:
        """Prints the figures."""
        await self._prepare()
        await self.batches("without surcharges")
        async with self._database.transaction() as tx:
            lines = [Rate(service="*", tax_percent=8_250_000), Rate(service="sms_out", prefix="+1", surcharge=300)]
            await self._billing.put_rates(tx, lines)
        await self.batches("with a surcharge and a tax")
        await self.report()

    async def batches(self, how: str) -> None:
        """Holding and settling for 500 messages of four accounts, each in its transaction."""
        usages = [
            Usage(account_id=ACCOUNTS[n % 4], service="sms_out", number=f"+1949{2_000_000 + n}", own="20001")
            for n in range(_BATCH)
        ]

        async def hold(tx: Tx) -> None:
            quotes = await self._billing.quote(tx, [(usage, 1) for usage in usages])
            await self._billing.hold(tx, [(u.account_id, q.total) for u, q in zip(usages, quotes, strict=True)])

        async def settle(tx: Tx) -> None:
            await self._billing.settle(tx, [_settlement(usage) for usage in usages])

        await self._timed(f"hold {_BATCH} {how}", hold)
        await self._timed(f"settle {_BATCH} {how}", settle)

    async def report(self) -> None:
        """Request 28 for 90 days, the ledger being large; and what the same costs from the ledger itself."""
        entries = int(_ENTRIES * self._scale)
        today = self._clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        first = today - timedelta(days=_DAYS)
        await self._fill(first, entries)
        seconds = []
        for _ in range(_REPORTS):
            started = monotonic()
            async with self._database.transaction() as tx:
                lines = await self._billing.usage(tx, ACCOUNTS[0], first.date(), (today - timedelta(days=1)).date())
            seconds.append(monotonic() - started)
        assert sum(line.entries for line in lines) == entries // _DAYS * _DAYS
        print(f"report of {_DAYS} days, {entries:,} entries: {_percentiles(seconds)}")
        async with self._database.connection() as connection:
            started = monotonic()
            await connection.fetch(
                "select item_code, count(*), sum(cost) from ledger_entries where account_id = $1 and booked_at >= $2"
                " group by 1",
                ACCOUNTS[0],
                first,
                timeout=600,
            )
        print(f"the same from the ledger itself: {(monotonic() - started) * 1000:,.0f} ms")

    async def _prepare(self) -> None:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            for months in range(5):
                await maintain_partitions(tx, now - timedelta(days=30 * months))
            for account_id in ACCOUNTS:
                await tx.execute(
                    "insert into accounts (id, parent_id, name, created_at, modified_at) values ($1, $1, '', $2, $2)",
                    account_id,
                    now,
                )

    async def _fill(self, first: datetime, entries: int) -> None:
        async with self._database.connection() as connection:
            for day in range(_DAYS):
                start = first + timedelta(days=day)
                await connection.execute(_FILL_LEDGER, ACCOUNTS[0], start, entries // _DAYS, timeout=600)
                await connection.execute(_FILL_DAYS, start, start + timedelta(days=1), timeout=600)
            await connection.execute("vacuum analyze usage_days", timeout=600)

    async def _timed(self, what: str, work: Callable[[Tx], Awaitable[None]]) -> None:
        seconds = []
        for _ in range(max(10, int(_ROUNDS * self._scale))):
            started = monotonic()
            async with self._database.transaction() as tx:
                await work(tx)
            seconds.append(monotonic() - started)
        print(f"{what}: {_percentiles(seconds[len(seconds) // 5 :])}")


def _settlement(usage: Usage) -> Settlement:
    return Settlement(
        usage=usage,
        held=PRICE,
        cost=PRICE,
        quantity=1,
        subject_id=Ids.random_uuid(),
        description=f"message to {usage.number}",
    )


def _percentiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p50, p95 = (ordered[len(ordered) * percent // 100] * 1000 for percent in (50, 95))
    return f"p50 {p50:.2f} ms, p95 {p95:.2f} ms"


if __name__ == "__main__":
    uvloop.run(measure(lambda database, scale: Bench(database, scale).run(), __doc__, size=4))
