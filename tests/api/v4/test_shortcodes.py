"""Request 136: what may be set of a short code."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness import Api, Tenant

CODE, NUMBER = "71400", "+17145550100"
PATH = f"/v4/shortcode/{CODE}/"
SETTINGS = {
    "friendlyName": "My code",
    "smsUrl": "https://example.com/sms",
    "smsMethod": "GET",
    "smsFallbackUrl": "https://backup.example.com/sms",
    "smsFallbackMethod": "GET",
}


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that owns a short code and a number."""
    tenant = await api.account()
    async with api.platform.database.transaction() as tx:
        await api.platform.numbers.sync_inventory(tx, [("acme", [CODE, NUMBER], ["sms-enabled"])])
    bought = await api.post("/v4/number/purchase", tenant, {"phoneNumber": [CODE, NUMBER]})
    assert len(bought.payload) == 2
    return tenant


async def names(api: Api) -> set[str]:
    """The friendly names that are stored."""
    return {row["friendly_name"] for row in await api.fetch("select friendly_name from numbers")}


async def test_a_short_code_is_edited_stored_and_shown_as_the_reference_shows_it(api: Api, owner: Tenant) -> None:
    edited = (await api.put(PATH, owner, {**SETTINGS, "voiceUrl": "https://example.com/voice"})).only

    assert edited == {"accountSid": owner.sid, "phoneNumber": CODE, "numberType": 4, **SETTINGS}
    (row,) = await api.fetch("select friendly_name, urls from numbers where phone_number = $1", CODE)
    urls = {name: value for name, value in SETTINGS.items() if name != "friendlyName"}
    assert row == {"friendly_name": "My code", "urls": urls}


async def test_an_edit_leaves_alone_what_it_does_not_name(api: Api, owner: Tenant) -> None:
    await api.put(PATH, owner, SETTINGS)

    edited = (await api.put(PATH, owner, {"smsFallbackUrl": ""})).only

    assert edited["smsFallbackUrl"] == ""
    assert {name: edited[name] for name in SETTINGS if name != "smsFallbackUrl"} == {
        name: value for name, value in SETTINGS.items() if name != "smsFallbackUrl"
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"smsUrl": "ftp://example.com"}, "smsUrl"),
        ({"smsFallbackUrl": "nonsense"}, "smsFallbackUrl"),
        ({"smsMethod": "PUT"}, "smsMethod"),
        ({"smsFallbackMethod": 7}, "smsFallbackMethod"),
        ({"friendlyName": "x" * 256}, "friendlyName"),
    ],
)
async def test_a_bad_setting_is_named_and_nothing_is_changed(
    api: Api, owner: Tenant, body: dict[str, Any], field: str
) -> None:
    answer = await api.put(PATH, owner, {**SETTINGS, **body})

    assert answer.status == 400
    assert [named for _, named in answer.errors] == [field]
    assert await names(api) == {""}


@pytest.mark.parametrize("number", [NUMBER, "71401", "x"])
async def test_what_is_no_short_code_of_the_account_does_not_exist(api: Api, owner: Tenant, number: str) -> None:
    answer = await api.put(f"/v4/shortcode/{number}", owner, SETTINGS)

    assert (answer.status, answer.errors) == (404, [("404", "phoneNumber")])
    assert await names(api) == {""}


async def test_another_accounts_short_code_does_not_exist(api: Api, owner: Tenant) -> None:
    stranger = await api.account("stranger")

    assert (await api.put(PATH, stranger, SETTINGS)).status == 404
    assert await names(api) == {""}


async def test_reading_does_not_allow_editing(api: Api, owner: Tenant) -> None:
    agent = await api.account(role="gi-agent")

    answer = await api.put(PATH, agent, SETTINGS)

    assert answer.errors == [("401", "needs the privilege number-update")]
