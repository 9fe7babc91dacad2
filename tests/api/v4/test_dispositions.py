"""Requests 115 to 118: dispositions."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness import Api, Tenant

BODY = {"key": "major_sale", "description": "Major Sale", "tags": ["human", "sale"], "direction": "both"}
CAMPAIGN = "c0b13242-777d-4e89-b9b2-fb5c14a1bbcf"
BASE = "/v4/disposition"


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """The account that has them."""
    return await api.account()


async def shown(api: Api, tenant: Tenant) -> dict[str, dict[str, Any]]:
    return {one["key"]: one for one in (await api.get(BASE, tenant)).payload}


async def test_one_is_made_edited_and_removed(api: Api, acme: Tenant) -> None:
    made = (await api.post(BASE, acme, BODY | {"triggeredCampaignId": CAMPAIGN})).only
    assert made == {"accountSid": acme.sid, **BODY, "triggeredCampaignId": CAMPAIGN}
    assert list(await shown(api, acme))[-1] == "major_sale"

    edited = (await api.put(f"{BASE}/major_sale", acme, {"description": "Big", "direction": "OUTBOUND"})).only
    assert edited == made | {"description": "Big", "direction": "outbound", "triggeredCampaignId": None}

    assert (await api.delete(f"{BASE}/major_sale", acme)).only == edited
    assert "major_sale" not in await shown(api, acme)
    assert (await api.delete(f"{BASE}/major_sale", acme)).status == 404


async def test_every_account_has_the_built_in_ones(api: Api, acme: Tenant) -> None:
    found = await shown(api, acme)

    assert found["sale"]["tags"] == ["human", "contact", "sale", "completed"]
    assert {one["accountSid"] for one in found.values()} == {acme.sid}
    assert await api.fetch("select from dispositions") == []


async def test_of_a_built_in_one_only_the_workflow_is_set(api: Api, acme: Tenant) -> None:
    before = (await shown(api, acme))["sale"]

    edited = (await api.put(f"{BASE}/sale", acme, before | {"triggeredCampaignId": CAMPAIGN})).only
    refused = await api.put(f"{BASE}/sale", acme, {"tags": ["human"], "description": "Mine"})

    assert edited == before | {"triggeredCampaignId": CAMPAIGN}
    assert (await shown(api, acme))["sale"] == edited
    assert (await shown(api, await api.account("other")))["sale"]["triggeredCampaignId"] is None
    assert refused.errors == [("400", "description"), ("400", "tags")]
    assert (await api.delete(f"{BASE}/sale", acme)).status == 409
    assert (await api.put(f"{BASE}/sale", acme, {})).only == before


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"key": "no spaces"}, ["key"]),
        ({"key": ""}, ["key"]),
        ({"key": "k" * 65}, ["key"]),
        ({"description": " "}, ["description"]),
        ({"description": "d" * 256}, ["description"]),
        ({"tags": ["human", "rich"], "direction": "sideways"}, ["tags[1]", "direction"]),
        ({"triggeredCampaignId": "x"}, ["triggeredCampaignId"]),
    ],
)
async def test_bad_ones_are_named(api: Api, acme: Tenant, changes: dict[str, Any], fields: list[str]) -> None:
    answer = await api.post(BASE, acme, BODY | changes)

    assert answer.errors == [("400", field) for field in fields]
    assert await api.fetch("select from dispositions") == []


async def test_a_key_is_taken_once(api: Api, acme: Tenant) -> None:
    await api.post(BASE, acme, BODY)

    assert (await api.post(BASE, acme, BODY | {"key": "MAJOR_SALE"})).status == 409
    assert (await api.post(BASE, acme, BODY | {"key": "Sale"})).status == 409
    assert (await api.post(BASE, await api.account("other"), BODY)).status == 200


async def test_a_key_cannot_change(api: Api, acme: Tenant) -> None:
    await api.post(BASE, acme, BODY)

    assert (await api.put(f"{BASE}/major_sale", acme, BODY | {"key": "minor_sale"})).errors == [("400", "key")]
    assert (await api.put(f"{BASE}/MAJOR_SALE", acme, BODY)).only["key"] == "major_sale"
