"""Monthly partitions: there before they are needed, gone after the retention, exact at the edges of months."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from cordboard.infra.db import Database
from cordboard.infra.db.partitions import PARTITIONED, maintain_partitions


def at(year: int, month: int, day: int = 1) -> datetime:
    """Midnight UTC."""
    return datetime(year, month, day, tzinfo=UTC)


async def maintain(database: Database, now: datetime) -> list[str]:
    """A round of upkeep."""
    async with database.transaction() as tx:
        return await maintain_partitions(tx, now)


async def months(database: Database, table: str) -> list[str]:
    """The months that a table has partitions for."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1", table
        )
    return [row["name"].removeprefix(f"{table}_") for row in rows]


async def test_every_partitioned_table_is_looked_after(database: Database) -> None:
    async with database.connection() as connection:
        rows = await connection.fetch("select relname from pg_class where relkind = 'p'")
    assert sorted(row["relname"] for row in rows) == sorted(PARTITIONED)


@pytest.mark.parametrize(
    ("now", "made"),
    [
        (at(2026, 1, 5), []),
        (at(2026, 1, 31), []),
        (at(2026, 2, 1), ["202604"]),
        (at(2026, 10, 31), ["202609", "202610", "202611", "202612"]),
        (at(2026, 11, 30), ["202610", "202611", "202612", "202701"]),
        (at(2026, 12, 31), ["202611", "202612", "202701", "202702"]),
        (at(2027, 1, 1), ["202612", "202701", "202702", "202703"]),
    ],
)
async def test_the_last_this_and_the_next_two_months_are_there(
    database: Database, now: datetime, made: list[str]
) -> None:
    assert await months(database, "messages") == ["202512", "202601", "202602", "202603"]
    touched = await maintain(database, now)

    assert sorted(touched) == sorted(f"{table}_{month}" for table in PARTITIONED for month in made)
    assert (await months(database, "messages"))[4:] == made
    assert await maintain(database, now) == []


async def test_thirteen_months_are_kept_and_the_books_for_good(database: Database) -> None:
    await maintain(database, at(2027, 2, 28))
    assert (await months(database, "debug_log"))[:2] == ["202601", "202602"]
    touched = await maintain(database, at(2027, 3, 1))
    assert {name for name in touched if name.endswith("202601")} == {
        f"{table}_202601" for table in PARTITIONED if table != "ledger_entries"
    }
    assert (await months(database, "debug_log"))[0] == "202602"


async def test_months_begin_at_midnight_utc_whatever_the_session_says(database: Database) -> None:
    async with database.dedicated() as connection, connection.transaction():
        await connection.execute("set timezone = 'America/New_York'")
        assert "messages_202612" in await maintain_partitions(connection, at(2026, 12, 15))
    async with database.connection() as connection:
        rows = await connection.fetch(
            "select pg_get_expr(relpartbound, oid) as bound from pg_class where relname ~ '_202612$' and relispartition"
            " and relkind = 'r'"
        )
    bound = "FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00')"
    assert [row["bound"] for row in rows] == [bound] * len(PARTITIONED)


async def test_two_nodes_at_once(database: Database) -> None:
    touched = await asyncio.gather(*(maintain(database, at(2026, 8, 1)) for _ in range(3)))
    assert sorted(map(len, touched)) == [0, 0, 4 * len(PARTITIONED)]
