"""Requests 58 and 61, and ours beside them: listing, asking, unlisting."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness import Api, Tenant

from cordboard.domain.compliance.models import GLOBAL_SELECTOR
from cordboard.kit.clock import epoch_ms

NUMBER = "+17145550100"
HANDSET = "+19492221234"
ONE = f"/v4/dnc/{HANDSET}/{GLOBAL_SELECTOR}/sms"


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that owns NUMBER."""
    tenant = await api.account()
    assert (await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER]})).payload
    return tenant


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another account."""
    return await api.account("stranger")


async def add(api: Api, tenant: Tenant, **body: Any) -> list[dict[str, Any]]:
    """Lists HANDSET and answers the payload."""
    payload: list[dict[str, Any]] = (await api.post("/v4/dnc", tenant, {"endpoint": HANDSET, **body})).payload
    return payload


async def told(api: Api) -> list[dict[str, Any]]:
    """The payloads of the events so far."""
    return [
        row["payload"]
        for row in await api.fetch("select payload from outbox where topic = 'compliance.dnc_changed' order by id")
    ]


async def mark_of_contact(api: Api, tenant: Tenant) -> int:
    """The do-not-contact mark of the only contact."""
    mark: int = (await api.get("/v4/contact", tenant)).only["dnc"]
    return mark


async def test_a_number_is_listed_for_texts_of_the_whole_account_when_nothing_else_is_said(
    api: Api, owner: Tenant
) -> None:
    shown = (await api.post("/v4/dnc/", owner, {"endpoint": "(949) 222-1234"})).only

    assert shown == {
        "accountSid": owner.sid,
        "endpoint": HANDSET,
        "selector": "CUSTOMER_GLOBAL",
        "subtype": "sms",
        "created": epoch_ms(api.clock.now()),
    }
    assert await api.fetch("select account_id, endpoint, selector, subtype, source, created_at from dnc") == [
        {
            "account_id": owner.id,
            "endpoint": HANDSET,
            "selector": "CUSTOMER_GLOBAL",
            "subtype": "sms",
            "source": "api",
            "created_at": api.clock.now(),
        }
    ]
    assert await told(api) == [
        {
            "accountSid": owner.sid,
            "endpoint": HANDSET,
            "selector": "CUSTOMER_GLOBAL",
            "subtype": "sms",
            "action": "added",
            "source": "api",
        }
    ]
    assert await api.fetch("select account_id, subject from outbox where topic = 'compliance.dnc_changed'") == [
        {"account_id": owner.id, "subject": HANDSET}
    ]


async def test_selectors_and_subtypes_are_taken_each_with_each(api: Api, owner: Tenant) -> None:
    shown = await add(
        api,
        owner,
        selector=GLOBAL_SELECTOR,
        selectors=[GLOBAL_SELECTOR, "714-555-0100"],
        subtype="call",
        subtypes=["sms", "call", "bypass"],
    )

    assert [(row["selector"], row["subtype"]) for row in shown] == [
        (selector, subtype) for selector in (NUMBER, GLOBAL_SELECTOR) for subtype in ("bypass", "call", "sms")
    ]
    assert len(await told(api)) == 6


async def test_listing_again_changes_nothing_and_answers_the_first_entry(api: Api, owner: Tenant) -> None:
    (first,) = await add(api, owner)
    api.clock.advance(60)

    again = await add(api, owner, subtypes=["sms", "call"])

    assert [(row["subtype"], row["created"]) for row in again] == [
        ("call", epoch_ms(api.clock.now())),
        ("sms", first["created"]),
    ]
    assert [event["subtype"] for event in await told(api)] == ["sms", "call"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["endpoint"]),
        ({"endpoint": None}, ["endpoint"]),
        ({"endpoint": "12"}, ["endpoint"]),
        ({"endpoint": 12.5}, ["endpoint"]),
        ({"endpoint": HANDSET, "subtype": "fax"}, ["subtype"]),
        ({"endpoint": HANDSET, "subtypes": ["sms", "fax"]}, ["subtypes[1]"]),
        ({"endpoint": HANDSET, "subtypes": "sms", "selectors": {}}, ["selectors", "subtypes"]),
        ({"endpoint": HANDSET, "selector": "+17145550101"}, ["selector"]),
        ({"endpoint": HANDSET, "selector": "everything"}, ["selector"]),
        ({"endpoint": HANDSET, "selectors": ["+17145550101", GLOBAL_SELECTOR, "12345"]}, ["selector", "selector"]),
        ({"endpoint": HANDSET, "selectors": [NUMBER] * 101}, ["selectors"]),
        ([], ["body"]),
    ],
)
async def test_bad_input_is_named_and_nothing_is_stored(api: Api, owner: Tenant, body: Any, fields: list[str]) -> None:
    answer = await api.post("/v4/dnc", owner, body)

    assert answer.status == 400
    assert [field for _, field in answer.errors] == fields
    assert await api.fetch("select 1 from dnc") == []
    assert await told(api) == []


async def test_anothers_number_is_no_selector(api: Api, owner: Tenant, stranger: Tenant) -> None:
    answer = await api.post("/v4/dnc", stranger, {"endpoint": HANDSET, "selector": NUMBER})

    assert answer.status == 400
    assert answer.body["error"][0]["message"] == (
        f"selector {NUMBER} is neither CUSTOMER_GLOBAL nor a number of this account"
    )


async def test_an_entry_is_found_by_its_three_parts_only(api: Api, owner: Tenant) -> None:
    (entry,) = await add(api, owner, selector=NUMBER, subtype="call")

    assert (await api.get(f"/v4/dnc/{HANDSET}/{NUMBER}/call/", owner)).only == entry
    assert (await api.get("/v4/dnc/949-222-1234/714-555-0100/call", owner)).only == entry
    for path in (ONE, f"/v4/dnc/{HANDSET}/{NUMBER}/sms", f"/v4/dnc/{NUMBER}/{NUMBER}/call", f"/v4/dnc/x/{NUMBER}/y"):
        answer = await api.get(path, owner)
        assert answer.status == 404
        assert answer.body["error"][0]["message"] == "DNC entry not found"


async def test_status_says_whether_a_number_is_listed(api: Api, owner: Tenant, stranger: Tenant) -> None:
    (entry,) = await add(api, owner, subtype="call")

    listed = await api.get(f"/v4/dnc/{HANDSET}/", owner)
    unlisted = await api.get("/v4/dnc/+19492221235", owner)
    elsewhere = await api.get(f"/v4/dnc/{HANDSET}", stranger)

    assert (listed.status, listed.body["status"], listed.body["payload"]) == (200, True, [entry])
    assert (unlisted.status, unlisted.body["status"], unlisted.body["payload"]) == (200, False, [])
    assert (elsewhere.status, elsewhere.body["status"], elsewhere.body["payload"]) == (200, False, [])
    assert (await api.get("/v4/dnc/nobody", owner)).errors == [("400", "number")]


async def test_a_bypass_bars_nothing(api: Api, owner: Tenant) -> None:
    await add(api, owner, subtype="bypass")

    answer = await api.get(f"/v4/dnc/{HANDSET}", owner)

    assert answer.body["status"] is False
    assert len(answer.body["payload"]) == 1


async def test_the_list_comes_in_pages_oldest_first(api: Api, owner: Tenant, stranger: Tenant) -> None:
    numbers = [f"+1949222123{digit}" for digit in (3, 1, 2)]
    for number in numbers:
        await api.post("/v4/dnc", owner, {"endpoint": number})
        api.clock.advance(1)

    assert [row["endpoint"] for row in (await api.get("/v4/dnc", owner)).payload] == numbers
    page = (await api.get("/v4/dnc", owner, size="1", offset="1")).payload
    assert [row["endpoint"] for row in page] == numbers[1:2]
    assert (await api.get("/v4/dnc", stranger)).payload == []
    for query, field in (({"size": "1001"}, "size"), ({"offset": "-1"}, "offset"), ({"size": "many"}, "size")):
        assert (await api.get("/v4/dnc", owner, **query)).errors == [("400", field)]


async def test_a_removed_entry_is_gone_and_told_of(api: Api, owner: Tenant) -> None:
    (entry,) = await add(api, owner)

    assert (await api.delete(ONE, owner)).only == entry

    assert await api.fetch("select 1 from dnc") == []
    assert [(event["action"], event["source"]) for event in await told(api)] == [("added", "api"), ("removed", "api")]
    assert (await api.delete(ONE, owner)).status == 404
    assert len(await told(api)) == 2


async def test_a_contact_is_marked_while_the_account_must_not_contact_it(api: Api, owner: Tenant) -> None:
    await api.post("/v4/contact", owner, {"extData": {"phonenumber1": HANDSET}})
    await add(api, owner, selector=NUMBER)
    await add(api, owner, subtype="bypass")
    assert await mark_of_contact(api, owner) == 0

    await add(api, owner, subtypes=["sms", "call"])
    assert await mark_of_contact(api, owner) == 1
    await api.delete(ONE, owner)
    assert await mark_of_contact(api, owner) == 1
    await api.delete(ONE.replace("/sms", "/call"), owner)

    assert await mark_of_contact(api, owner) == 0


async def test_another_account_sees_and_removes_nothing(api: Api, owner: Tenant, stranger: Tenant) -> None:
    await api.post("/v4/contact", stranger, {"extData": {"phonenumber1": HANDSET}})
    await add(api, owner)

    assert (await api.get(ONE, stranger)).status == 404
    assert (await api.delete(ONE, stranger)).status == 404
    assert len(await api.fetch("select 1 from dnc")) == 1
    assert await mark_of_contact(api, stranger) == 0


async def test_a_privilege_is_needed(api: Api) -> None:
    rows = (
        ("POST", "/v4/dnc", "dnc-update"),
        ("GET", "/v4/dnc", "dnc-read"),
        ("GET", f"/v4/dnc/{HANDSET}", "dnc-read"),
        ("GET", ONE, "dnc-read"),
        ("DELETE", ONE, "dnc-update"),
    )

    await api.assert_privileges(rows, "number-admin")
