"""Statistics: summing up in any order, and filling them from the logs of an installation that had none."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tests.carrier_double import CarrierDouble
from tests.conftest import named
from tests.harness import Api
from tests.voice_node import NUMBER, buy

from cordboard.domain.reporting.counting import EXTREMES, SUMS, Place, Tally
from cordboard.domain.reporting.models import NOBODY
from cordboard.domain.reporting.service import REBUILD_JOB
from cordboard.infra.db.migrate import _config, migrate
from cordboard.run.cli import main

HANDSET = "+19492221234"
START = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)
PLACES = st.builds(
    Place,
    st.just(UUID(int=1)),
    st.sampled_from(("+1", "+2")),
    st.sampled_from((NOBODY, UUID(int=5))),
    st.sampled_from((NOBODY, UUID(int=6))),
    st.sampled_from((NOBODY, UUID(int=7))),
)
ADDITIONS = st.tuples(
    PLACES,
    st.integers(0, 120),
    st.dictionaries(st.sampled_from((*SUMS, *EXTREMES)), st.integers(0, 9), max_size=4),
)


def tally_of(additions: Sequence[tuple[Place, int, dict[str, int]]]) -> Tally:
    """Additions, so many minutes after START."""
    tally = Tally()
    for place, minutes, values in additions:
        tally.add(place, START + timedelta(minutes=minutes), **values)
    return tally


@given(st.lists(ADDITIONS, max_size=12), st.randoms(use_true_random=False))
def test_the_order_does_not_matter_and_every_dimension_has_the_same_sum(additions: list[Any], random: Any) -> None:
    rows = tally_of(additions).traffic_rows()
    random.shuffle(additions)

    assert tally_of(additions).traffic_rows() == rows
    for index in range(len(SUMS)):
        sums = [
            sum(values[index] or 0 for key, values in rows if (key[1], key[2]) == (period, dimension))
            for period in ("hour", "day")
            for dimension in ("account", "number")
        ]
        assert len(set(sums)) == 1
    for at, choose in enumerate((min, max) * 3, len(SUMS)):
        seen = [values[EXTREMES[at - len(SUMS)]] for _, _, values in additions if EXTREMES[at - len(SUMS)] in values]
        kept = [values[at] for key, values in rows if key[2] == "account" and values[at] is not None]
        assert choose(kept, default=None) == choose(seen, default=None)  # type: ignore[type-var]


@pytest.fixture
async def older_database(server_url: str) -> AsyncIterator[str]:
    """A database of the version before statistics."""
    name = f"cordboard_older_{uuid.uuid4().hex}"
    admin = await asyncpg.connect(server_url)
    await admin.execute(f"create database {name}")
    url = named(server_url, name)
    await asyncio.to_thread(command.upgrade, _config(url), "0022")
    yield url
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


async def test_an_installation_with_logs_fills_its_statistics(older_database: str) -> None:
    connection = await asyncpg.connect(older_database)
    await connection.execute(
        "create table messages_202601 partition of messages for values from ('2026-01-01') to ('2026-02-01')"
    )
    account_id = await connection.fetchval("select gen_random_uuid()")
    await connection.execute(
        "insert into messages (account_id, id, created_at, parent_account_id, direction, state, sender, recipient,"
        " body, sms_type, price) select $1, gen_random_uuid(), '2026-01-05 12:00+00', $1, 'inbound', 'received', 'a',"
        " 'b', '', 'si', 5 from generate_series(1, 3)",
        account_id,
    )
    await migrate(older_database)
    state = await connection.fetchrow("select * from statistics_rebuild")
    jobs = await connection.fetch("select kind, run_at from jobs where kind = $1", REBUILD_JOB)
    tables = await connection.fetch(
        "select relname from pg_class where relname in ('statistics_minutes_202601', 'traffic_statistics_202601')"
    )
    await connection.close()

    assert state is not None
    assert (state["oldest"], state["finished"]) == (datetime(2026, 1, 5, 12, tzinfo=UTC), False)
    assert state["cutoff"] == state["filled_from"]
    assert [job["run_at"] - state["cutoff"] for job in jobs] == [timedelta(minutes=2)]
    assert len(tables) == 2


async def test_an_installation_without_logs_has_nothing_to_fill(older_database: str) -> None:
    await migrate(older_database)
    connection = await asyncpg.connect(older_database)
    found = await connection.fetchval("select count(*) from statistics_rebuild")
    jobs = await connection.fetchval("select count(*) from jobs")
    await connection.close()

    assert (found, jobs) == (0, 0)


async def test_what_happens_while_statistics_are_filled_counts_once(api: Api) -> None:
    owner, carrier = await api.account(), CarrierDouble(api)
    await buy(api, owner, NUMBER)

    async def inbound() -> tuple[int, int]:
        (row,) = await api.fetch(
            "select coalesce(sum(inbound_sms), 0)::int as minutes, (select coalesce(sum(sms_in), 0)::int"
            " from traffic_statistics where period = 'hour' and dimension = 'number') as hours from statistics_minutes"
        )
        return row["minutes"], row["hours"]

    await carrier.deliver(HANDSET, NUMBER, "counted, then forgotten")
    await api.settle()
    await carrier.deliver(HANDSET, NUMBER, "not told of yet")
    async with api.platform.database.transaction() as tx:
        assert await api.platform.statistics.rebuild(tx)
    assert await inbound() == (0, 0)
    await api.settle()
    api.clock.advance(60)
    await carrier.deliver(HANDSET, NUMBER, "before the cutoff")
    await api.settle()
    assert await inbound() == (0, 0)
    api.clock.advance(61)
    await carrier.deliver(HANDSET, NUMBER, "after the cutoff")
    await api.settle()
    assert await inbound() == (1, 1)
    api.clock.advance(120)
    await api.settle()

    assert await inbound() == (4, 4)
    assert (await api.fetch("select finished from statistics_rebuild"))[0]["finished"]
    assert await api.fetch("select kind from jobs") == []


def test_the_command_says_what_it_does(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("data")
    (folder / "cordboard.toml").write_text(f'data_dir = "{folder}"\n[database]\nurl = "{database_url}"\n')
    answer = CliRunner().invoke(main, ["statistics", "rebuild", "--config", str(folder / "cordboard.toml")])

    assert (answer.exit_code, answer.output) == (0, "The logs are empty: there is nothing to count.\n")
