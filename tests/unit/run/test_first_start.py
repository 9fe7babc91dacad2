"""What is done before the roles start, once and again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.harness import settings_for_tests

from cordboard.domain.numbers.models import OfferedNumber
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.infra.db import Database
from cordboard.kit.clock import SystemClock
from cordboard.run.first_start import bring_up_to_date, prepare
from cordboard.run.opening import StartError, open_platform
from cordboard.run.settings import Admin, Settings


def _settings(folder: Path, **changes: Any) -> Settings:
    return settings_for_tests(folder, **changes)


async def test_the_first_administrator_is_made_once(database_url: str, database: Database, tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    logins = await asyncio.gather(*(prepare(settings, database_url) for _ in range(3)))
    (login,) = [one for one in logins if one]
    assert login.generated
    assert len(login.password) >= 16
    async with open_platform(settings, database_url) as platform:
        tokens = await platform.people.sign_in.with_password(login.email, login.password, "", 60)
        principal = await platform.accounts.authenticate(tokens.access_token)
    async with database.connection() as connection:
        rows = await connection.fetch("select account_id, username, roles from users")
    assert [tuple(row.values()) for row in rows] == [(principal.account_id, login.email, ["platform-admin"])]


async def test_the_administrator_of_the_settings(database_url: str, tmp_path: Path) -> None:
    settings = _settings(tmp_path, admin=Admin(email="root@acme.example", password="long enough"))
    login = await prepare(settings, database_url)
    assert login
    assert (login.email, login.password, login.generated) == ("root@acme.example", "long enough", False)


async def test_a_bad_administrator_is_refused_and_nothing_made(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    with pytest.raises(StartError, match=r"admin: .*at least 10 characters"):
        await prepare(_settings(tmp_path, admin=Admin(password="short")), database_url)
    async with database.connection() as connection:
        assert await connection.fetchval("select count(*) from accounts") == 0


async def test_inventory_of_settings_and_of_imports(database_url: str, database: Database, tmp_path: Path) -> None:
    def acme(*numbers: str) -> CarrierSettings:
        return CarrierSettings(name="acme", host="smsc.example", inventory=numbers)

    async def offered() -> dict[str, str]:
        async with database.connection() as connection:
            rows = await connection.fetch("select phone_number, carrier from inventory")
        return {row["phone_number"]: row["carrier"] for row in rows}

    await prepare(_settings(tmp_path, carriers=(acme("+19495551111", "+19495552222"),)), database_url)
    assert await offered() == {"+19495551111": "acme", "+19495552222": "acme"}
    async with open_platform(_settings(tmp_path), database_url) as platform, database.transaction() as tx:
        await platform.numbers.import_inventory(tx, [OfferedNumber("+19495553333", "acme", ["sms-enabled"])])
    await prepare(_settings(tmp_path, carriers=(acme("+19495551111"),)), database_url)
    assert await offered() == {"+19495551111": "acme", "+19495553333": "acme"}
    await prepare(_settings(tmp_path), database_url)
    assert await offered() == {}


async def test_partitions_of_the_present_are_there(database_url: str, database: Database, tmp_path: Path) -> None:
    await prepare(_settings(tmp_path), database_url)
    async with database.connection() as connection:
        tables = {row["relname"] for row in await connection.fetch("select relname from pg_class")}
    assert f"messages_{SystemClock().now():%Y%m}" in tables


async def test_a_database_that_cannot_be_reached(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be reached"):
        await bring_up_to_date(f"postgresql://postgres@/x?host={tmp_path}")


async def test_a_database_from_the_future(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("update alembic_version set version_num = '9999'")
    await connection.close()
    with pytest.raises(StartError, match="a newer version of Cordboard may have been here"):
        await bring_up_to_date(database_url)
