"""What carriers and trunks of the settings offer: numbers, and what these can do."""

from __future__ import annotations

from pathlib import Path

from tests.harness import settings_for_tests

from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.edge.sip.settings import TrunkSettings
from cordboard.infra.db import Database
from cordboard.run.first_start import prepare

TEXTS, BOTH, CALLS, SHORT = "+19495551111", "+19495552222", "+19495553333", "71400"


async def test_a_carrier_and_a_trunk_of_one_name_are_one_provider(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    acme = CarrierSettings(name="acme", host="smsc.example", inventory=(TEXTS, BOTH, SHORT))
    trunks = (
        TrunkSettings(name="acme", host="sip.example", inventory=(BOTH, CALLS)),
        TrunkSettings(name="beta", host="sip.example", inventory=("+19495554444",)),
        TrunkSettings(name="outward", host="sip.example"),
    )

    await prepare(settings_for_tests(tmp_path, carriers=(acme,), trunks=trunks), database_url)
    async with database.connection() as connection:
        rows = await connection.fetch("select phone_number, carrier, attributes from inventory order by phone_number")

    assert {row["phone_number"]: (row["carrier"], row["attributes"]) for row in rows} == {
        TEXTS: ("acme", ["sms-enabled"]),
        BOTH: ("acme", ["sms-enabled", "voice-enabled"]),
        CALLS: ("acme", ["voice-enabled"]),
        "+19495554444": ("beta", ["voice-enabled"]),
        SHORT: ("acme", ["sms-enabled"]),
    }
    await prepare(settings_for_tests(tmp_path, trunks=trunks[2:]), database_url)
    async with database.connection() as connection:
        assert await connection.fetchval("select count(*) from inventory") == 0
