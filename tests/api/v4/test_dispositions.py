"""Requests 115 to 118: dispositions; and giving them to calls and messages."""

from __future__ import annotations

from typing import Any

import pytest
from tests.carrier_double import CarrierDouble
from tests.harness import Api, Tenant

from cordboard.kit.clock import epoch_ms

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


@pytest.fixture
async def message(api: Api, acme: Tenant) -> str:
    """The id of a text that came in."""
    await api.post("/v4/number/purchase", acme, {"phoneNumber": ["+17145550100"]})
    assert await CarrierDouble(api).deliver("+19492221234", "+17145550100", "hello")
    return str((await api.fetch("select id from messages"))[0]["id"])


async def test_dispositions_are_given_to_a_message(api: Api, acme: Tenant, message: str) -> None:
    (contact,) = (str(row["contact_id"]) for row in await api.fetch("select contact_id from messages"))
    answer = await api.post(f"{BASE}/assign", acme, {"smsSid": message, "dispositions": ["sale", "SALE ", "abandoned"]})
    assert answer.only == {
        "accountSid": acme.sid,
        "callSid": None,
        "smsSid": message,
        "contactId": contact,
        "dispositions": ["sale", "abandoned"],
        "clientId": str(acme.user.id),
        "dispoTimeMs": epoch_ms(api.clock.now()),
    }
    assert (await api.get(f"{BASE}/assign", acme, smsSid=message)).only == answer.only
    api.clock.advance(60)
    again = await api.post(f"{BASE}/assign", acme, {"smsSid": message, "dispositions": ["resolved"]})
    assert again.only["dispositions"] == ["resolved"]
    assert (await api.get(f"{BASE}/assign", acme, smsSid=message)).only == again.only
    stranger = await api.account("stranger")
    assert (await api.get(f"{BASE}/assign", stranger, smsSid=message)).payload == []
    assert (await api.get(f"{BASE}/assign", acme)).errors == [("400", "callSid")]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"dispositions": []}, ["dispositions"]),
        ({"dispositions": ["sale"] * 11}, ["dispositions"]),
        ({"dispositions": ["sale", "major_sale", "busy"]}, ["dispositions[1]", "dispositions[2]"]),
        ({"smsSid": None}, ["callSid"]),
        ({"callSid": CAMPAIGN}, ["callSid"]),
        ({"smsSid": "x"}, ["smsSid"]),
    ],
)
async def test_bad_assignments_are_named(
    api: Api, acme: Tenant, message: str, changes: dict[str, Any], fields: list[str]
) -> None:
    answer = await api.post(f"{BASE}/assign", acme, {"smsSid": message, "dispositions": ["sale"]} | changes)

    assert answer.errors == [("400", field) for field in fields]
    assert await api.fetch("select from disposition_assignments") == []
    assert await api.fetch("select from outbox where topic = 'dispositions.assigned'") == []


async def test_what_is_not_there_cannot_be_concluded(api: Api, acme: Tenant, message: str) -> None:
    body = {"smsSid": message, "dispositions": ["sale"]}
    stranger = await api.account("stranger")

    assert (await api.post(f"{BASE}/assign", stranger, body)).errors == [("404", "smsSid")]
    assert (await api.post(f"{BASE}/assign", acme, {**body, "contactId": CAMPAIGN})).errors == [("404", "contactId")]
    unknown = {"callSid": CAMPAIGN, "dispositions": ["sale"]}
    assert (await api.post(f"{BASE}/assign", acme, unknown)).errors == [("404", "callSid")]


async def test_the_name_of_a_request_is_no_key(api: Api, acme: Tenant) -> None:
    assert (await api.post(BASE, acme, BODY | {"key": "Assign"})).errors == [("400", "key")]


async def test_assignments_are_forgotten_as_the_logs(api: Api, acme: Tenant, message: str) -> None:
    await api.post(f"{BASE}/assign", acme, {"smsSid": message, "dispositions": ["sale"]})
    for days, kept in ((396, 1), (2, 0)):
        api.clock.advance(days * 86400)
        async with api.platform.database.transaction() as tx:
            await api.platform.dispositions.forget_old(tx)
        assert len(await api.fetch("select from disposition_assignments")) == kept
