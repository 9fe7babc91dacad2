"""Statistics: requests 144 to 146 over what 100 million records of 30 days leave, and what counting an event costs.

An account's numbers have traffic in every hour of 30 days: 500 numbers, then 5,000. Requests go over HTTP to a running
platform, one after the other. `python -m tests.bench.bench_statistics [numbers ...]`.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
import uvloop
from tests.bench import processes
from tests.harness import settings_for_tests
from tests.installation import Served, connected, serving

from cordboard.domain.messaging.events import SENT, MessageEvent
from cordboard.domain.reporting.subscribers import StatisticsSubscribers
from cordboard.infra.db import Database
from cordboard.infra.db.embedded import EmbeddedPostgres
from cordboard.infra.db.migrate import migrate
from cordboard.infra.db.partitions import maintain_partitions
from cordboard.infra.events import Dispatcher, Event, append
from cordboard.kit.clock import SystemClock, epoch_ms, monotonic
from cordboard.run.platform import Platform, build_platform

NUMBERS: Final = (500, 5_000)
DAYS: Final = 30
RECORDS: Final = 100_000_000
_TIMES: Final = 20
_EVENTS: Final = 20_000
_NUMBER: Final = "'+1949' || lpad(n::text, 7, '0')"
_SET: Final = "lpad((n % 20)::text, 32, '0')::uuid"
_NIL: Final = "'00000000-0000-0000-0000-000000000000'::uuid"


async def main(numbers: Sequence[int]) -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        async with serving(Path(folder) / "data", []) as served:
            await served.call("GET", "/v4/statistics/aggregate")
            present = 0
            for count in numbers:
                await fill(served, present, count)
                present = count
                await questions(served, count)
    for senders in (1, 40, 500):
        with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
            await counting(Path(folder), senders)


async def fill(served: Served, first: int, last: int) -> None:
    """Traffic of the numbers from `first` to `last` in every hour, and of their account in every minute."""
    started = monotonic()
    end = SystemClock().now().replace(minute=0, second=0, microsecond=0)
    async with connected(served) as connection:
        account_id: UUID = await connection.fetchval("select account_id from users limit 1")
        await _fill_traffic(connection, account_id, end - timedelta(days=DAYS), end, (first, last))
        await connection.execute(
            "insert into statistics_minutes (account_id, minute, calls_dialed, inbound_sms, outbound_sms)"
            " select $1, m, 10, 100, 1000 from generate_series($2::timestamptz, $3, interval '1 minute') m"
            " on conflict do nothing",
            account_id,
            end - timedelta(days=DAYS),
            end,
        )
        await connection.execute("vacuum analyze traffic_statistics, statistics_minutes", timeout=600)
        rows = await connection.fetchval("select count(*) from traffic_statistics", timeout=600)
        size = await connection.fetchval(
            "select sum(pg_total_relation_size(inhrelid))::float from pg_inherits"
            " where inhparent = 'traffic_statistics'::regclass"
        )
    print(
        f"{last:,} numbers, {DAYS} days: {rows:,} rows, {size / 1e6:,.0f} MB, filled in {monotonic() - started:.0f} s;"
        f" {RECORDS:,} records of logs would be {RECORDS / last / DAYS / 24:,.0f} a number and hour"
    )


async def _fill_traffic(
    connection: asyncpg.Connection[Any], account_id: UUID, start: datetime, end: datetime, numbers: tuple[int, int]
) -> None:
    """Rows by number, then those that sum them up."""
    measured = "1, 138, 0, 1000000, 1, 2, 3, 240, 300, 22400, 42000, 1, 3, 5, 180, 0, 240"
    await connection.execute(
        f"insert into traffic_statistics select $1, 'hour', 'number', h, {_NUMBER}, {_SET}, {_NIL}, {_NIL}, {measured}"
        " from generate_series($2::timestamptz, $3::timestamptz - interval '1 hour', interval '1 hour') h,"
        " generate_series($4::int, $5::int - 1) n",
        account_id,
        start,
        end,
        *numbers,
        timeout=1800,
    )
    await connection.execute("delete from traffic_statistics where period = 'day' or dimension <> 'number'")
    for period, dimension, place in (
        ("day", "number", f"number, number_set_id, {_NIL}, {_NIL}"),
        ("hour", "account", f"'', {_NIL}, {_NIL}, {_NIL}"),
        ("day", "account", f"'', {_NIL}, {_NIL}, {_NIL}"),
        ("hour", "set", f"'', number_set_id, {_NIL}, {_NIL}"),
        ("day", "set", f"'', number_set_id, {_NIL}, {_NIL}"),
    ):
        await connection.execute(
            f"insert into traffic_statistics select account_id, '{period}', '{dimension}',"
            f" date_trunc('{period}', starts_at) as at, {place}, sum(sms_in), sum(sms_out), sum(sms_in_cost),"
            " sum(sms_out_cost), sum(opt_outs), sum(calls_in), sum(calls_out), sum(seconds_in), sum(seconds_out),"
            " sum(calls_in_cost), sum(calls_out_cost), min(smallest_sms), max(largest_sms), min(shortest_in),"
            " max(longest_in), min(shortest_out), max(longest_out) from traffic_statistics"
            " where period = 'hour' and dimension = 'number' group by account_id, at, 5, 6, 7, 8",
            timeout=1800,
        )


async def questions(served: Served, numbers: int) -> None:
    """What dashboards ask."""
    now = SystemClock().now()
    month = {"startTimeMs": epoch_ms(now - timedelta(days=DAYS)), "endTimeMs": epoch_ms(now)}
    day = {"startTimeMs": epoch_ms(now - timedelta(days=1)), "endTimeMs": epoch_ms(now)}
    some = ",".join(f"+1949{n:07}" for n in range(100))
    one, a_set = "+19490000007", UUID(int=7)
    hourly, communications = "/v4/statistics/numbers/hourly", "/v4/statistics/communications/aggregate"
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("144 30 days by the hour", "/v4/statistics/aggregate", {**month, "minutesAggregate": 60}),
        ("144 a day by the minute", "/v4/statistics/aggregate", day),
        ("145 30 days of one number", hourly, {**month, "phoneNumber": one}),
        ("145 30 days, first 1,000 rows", hourly, {**month, "size": 1000}),
        ("145 30 days, first 10,000 rows", hourly, month),
        ("146 30 days by the hour", communications, month),
        ("146 30 days by the day", communications, {**month, "aggregatePeriod": "days"}),
        ("146 30 days of a number set by the hour", communications, {**month, "numberSetId": a_set}),
        ("146 30 days by set and day", communications, {**month, "grouping": "numberSet", "aggregatePeriod": "days"}),
        ("146 30 days of 10 numbers by the hour", communications, {**month, "phoneNumbers": some[:129]}),
        ("146 30 days of 100 numbers by the hour", communications, {**month, "phoneNumbers": some}),
        (
            "146 30 days by number and week, dear ones",
            communications,
            {**month, "grouping": "phoneNumber", "aggregatePeriod": "weeks", "minSpend": "1", "size": 1000},
        ),
    ]
    for name, path, query in asked:
        await _ask(served, f"{numbers:,} numbers, {name}", f"{path}?{urlencode(query)}")


async def _ask(served: Served, name: str, target: str) -> None:
    seconds, size, rows = [], 0, 0
    for _ in range(_TIMES):
        started = monotonic()
        answer = await served.http.get(target, headers={"Authorization": f"Bearer {served.token}"})
        seconds.append(monotonic() - started)
        assert answer.status_code == 200, answer.text
        size, rows = len(answer.content), msgspec.json.decode(answer.content)["count"]
    median, worst = statistics.median(seconds) * 1000, max(seconds) * 1000
    print(f"{name}: {rows:,} rows, {size / 1000:,.0f} kB, median {median:.0f} ms, worst {worst:.0f} ms")


async def counting(folder: Path, senders: int) -> None:
    """CPU time of counting an event of a sent message, over that of dispatching it."""
    async with _platform(folder) as platform:
        idle = await _dispatch(platform, senders, counts=False)
        busy = await _dispatch(platform, senders, counts=True)
        async with platform.database.connection() as connection:
            counted = await connection.fetchval("select sum(outbound_sms) from statistics_minutes")
        assert counted == _EVENTS, counted
    here, there = ((after - before) / _EVENTS * 1e6 for before, after in zip(idle, busy, strict=True))
    print(f"counting a message of {senders} senders: worker {here:.1f} us, PostgreSQL {there:.1f} us of CPU an event")


async def _dispatch(platform: Platform, senders: int, *, counts: bool) -> tuple[float, float]:
    """CPU seconds of this process and of PostgreSQL while the events are dispatched."""
    await _tell(platform, senders)
    dispatcher = Dispatcher(platform.database)
    if counts:
        dispatcher.subscribe(SENT, StatisticsSubscribers(platform.numbers).messages_sent)
    server = processes.postgres_of(platform.settings.data_path)
    before = processes.cpu_seconds([os.getpid()]), processes.cpu_seconds(server)
    while await dispatcher.drain():
        pass
    return processes.cpu_seconds([os.getpid()]) - before[0], processes.cpu_seconds(server) - before[1]


async def _tell(platform: Platform, senders: int) -> None:
    account_id, now = UUID(int=1), SystemClock().now()
    for first in range(0, _EVENTS, 1000):
        events = []
        for index in range(first, first + 1000):
            to = f"+1949{2_000_000 + index}"
            payload = MessageEvent(
                account_sid=str(account_id),
                message_sid=str(UUID(int=index)),
                direction="outbound",
                to=to,
                sender=f"+1714{index % senders:07}",
                text="Your appointment is tomorrow at nine. Reply STOP to end.",
                status="success",
                price=0.0075,
                created_at=epoch_ms(now),
            )
            events.append(Event(SENT, account_id, to, msgspec.to_builtins(payload), now))
        async with platform.database.transaction() as tx:
            await append(tx, events)


@asynccontextmanager
async def _platform(folder: Path) -> AsyncIterator[Platform]:
    """Services on a fresh database, durable as shipped."""
    server = EmbeddedPostgres(folder / "postgres")
    url = await server.start()
    await migrate(url)
    database = await Database.connect(url, size=4)
    clock = SystemClock()
    platform = build_platform(settings_for_tests(folder), database, clock)
    async with database.transaction() as tx:
        await maintain_partitions(tx, clock.now())
    try:
        yield platform
    finally:
        await platform.close()
        server.stop()


if __name__ == "__main__":
    uvloop.run(main([int(word) for word in sys.argv[1:]] or NUMBERS))
