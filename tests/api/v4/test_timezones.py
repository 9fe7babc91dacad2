"""Requests 147 and 148: the fixed table."""

from __future__ import annotations

import pytest
from tests.harness import Api


async def test_the_table_has_the_rows_of_the_reference(api: Api) -> None:
    acme = await api.account()

    rows = (await api.get("/v4/timezone/", acme)).payload

    assert [tuple(row.values()) for row in rows] == [
        (-20, "EST/EDT", "EST5EDT", 1, -5),
        (-28, "MST/MDT", "MST7MDT", 1, -7),
        (-32, "PST/PDT", "PST8PDT", 1, -8),
        (0, "UTC", "UTC", 0, 0),
        (-33, "PST", "Etc/GMT-8", 0, -8),
        (-29, "MST", "US/Arizona", 0, -7),
        (-128, "Unknown", None, 0, 0),
        (-24, "CST/CDT", "CST6CDT", 1, -6),
        (-25, "CST", "Etc/GMT-6", 0, -6),
        (-130, "ANY", None, 0, 0),
        (-21, "EST", "Jamaica", 0, -5),
    ]
    assert {tuple(row) for row in rows} == {("timezoneId", "name", "systemName", "dst", "offset")}


@pytest.mark.parametrize(("timezone_id", "name"), [("-28", "MST/MDT"), ("0", "UTC"), ("-130", "ANY")])
async def test_one_row_is_found_by_its_id(api: Api, timezone_id: str, name: str) -> None:
    acme = await api.account()

    shown = (await api.get(f"/v4/timezone/{timezone_id}/", acme)).only

    assert (shown["timezoneId"], shown["name"]) == (int(timezone_id), name)


@pytest.mark.parametrize("timezone_id", ["-27", "28", "--28", "EST", "-2.8", "9" * 5000])
async def test_an_unknown_id_is_404(api: Api, timezone_id: str) -> None:
    acme = await api.account()

    answer = await api.get(f"/v4/timezone/{timezone_id}", acme)

    assert answer.status == 404
    assert answer.errors == [("404", "timezoneId")]


async def test_a_privilege_is_needed(api: Api) -> None:
    clerk = await api.account(role="number-admin")

    for path in ("/v4/timezone", "/v4/timezone/-28"):
        assert (await api.get(path, clerk)).errors == [("401", "needs the privilege contact-read")]
        assert (await api.get(path)).status == 403
