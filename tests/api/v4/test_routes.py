"""Requests 62 to 74 and rule sets: tags, the numbers that carry them, destinations and their rules."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness import Api, Tenant

from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids

NUMBER, SECOND, THEIRS = "+17145550100", "+17145550101", "+17145550199"
TAG = {"routeTag": "buffalo", "description": "Buffalos", "distributionType": "2"}
INBOX: dict[str, Any] = {"routeTag": "buffalo", "srcType": "sms", "dest": "chip", "destType": "inbox"}
RULES = {"name": "VIPs", "statements": [{"variable": "vip", "operation": "Equals", "value": 1}]}
BAD_TAGS: list[tuple[dict[str, Any], str]] = [
    ({"routeTag": " "}, "routeTag"),
    ({"routeTag": "a/b"}, "routeTag"),
    ({"routeTag": "assign"}, "routeTag"),
    ({"routeTag": "x" * 101}, "routeTag"),
    ({"routeTag": "new", "distributionType": 5}, "distributionType"),
    ({"routeTag": "new", "distributionType": 0}, "distributionType"),
    ({"routeTag": "new", "description": "x" * 2001}, "description"),
]
BAD_DESTINATIONS: list[tuple[dict[str, Any], str]] = [
    ({"dest": " "}, "dest"),
    ({"dest": "x" * 1025}, "dest"),
    ({"dest": "nobody", "destType": "sms-relay"}, "dest"),
    ({"dest": "ftp://example.com", "destType": "sms"}, "dest"),
    ({"dest": "chip", "destType": "sms"}, "dest"),
    ({"dest": "http://", "destType": "call"}, "dest"),
    ({"destType": "call", "options": {"callXml": 5}}, "options.callXml"),
    ({"destType": "pigeon"}, "destType"),
    ({"srcType": None}, "srcType"),
    ({"callbackUrl": "nowhere"}, "callbackUrl"),
    ({"distributionType": 9}, "distributionType"),
    ({"priority": -1}, "priority"),
    ({"status": 2}, "status"),
    ({"applyTags": [""]}, "applyTags"),
    ({"applyTags": ["x"] * 51}, "applyTags"),
    ({"options": {"a": "x" * 70_000}}, "options"),
    ({"name": "x" * 256}, "name"),
    ({"ruleSetId": "3dcde161-1b00-11ec-bfe1-d58d9b9bb3f6"}, "ruleSetId"),
    ({"ruleSetId": "mine"}, "ruleSetId"),
]


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with two numbers and the tag `buffalo`."""
    tenant = await api.account()
    await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER, SECOND]})
    assert (await api.post("/v4/route/tag/", tenant, TAG)).payload
    return tenant


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another account with a number and a tag of the same name."""
    tenant = await api.account("stranger")
    await api.post("/v4/number/purchase", tenant, {"phoneNumber": [THEIRS]})
    await api.post("/v4/route/tag/", tenant, TAG)
    return tenant


async def tags_of_numbers(api: Api) -> dict[str, str | None]:
    """What every number carries, as stored."""
    rows = await api.fetch("select phone_number, route_tag from numbers")
    return {row["phone_number"]: row["route_tag"] for row in rows}


async def test_a_tag_is_made_shown_changed_and_deleted(api: Api, owner: Tenant) -> None:
    shown = {**TAG, "accountSid": owner.sid, "distributionType": 2, "created": epoch_ms(api.clock.now())}
    assert (await api.get("/v4/route/tag", owner)).only == shown
    assert (await api.get("/v4/route/tag/buffalo", owner)).only == shown

    changed = await api.put("/v4/route/tag", owner, {"routeTag": "buffalo", "distributionType": 4})

    assert changed.only == {**shown, "distributionType": 4}
    assert (await api.delete("/v4/route/tag/buffalo", owner)).only == changed.only
    assert (await api.get("/v4/route/tag", owner)).payload == []


async def test_a_bad_tag_is_refused(api: Api, owner: Tenant) -> None:
    for changes, field in BAD_TAGS:
        answer = await api.post("/v4/route/tag", owner, {**TAG, **changes})
        assert (answer.status, [more for _, more in answer.errors]) == (400, [field]), changes

    assert len((await api.get("/v4/route/tag", owner)).payload) == 1


async def test_a_tag_that_is_there_is_a_conflict(api: Api, owner: Tenant) -> None:
    assert (await api.post("/v4/route/tag", owner, TAG)).status == 409
    assert (await api.put("/v4/route/tag", owner, {"routeTag": "elk"})).status == 404


async def test_numbers_get_a_tag_and_lose_it(api: Api, owner: Tenant) -> None:
    given = {"phoneNumbers": ["(714) 555-0100", SECOND], "routeTag": "buffalo"}

    answer = await api.post("/v4/route/tag/assign", owner, given)

    assert answer.payload == [
        {"accountSid": owner.sid, "phoneNumber": number, "routeTag": "buffalo"} for number in (NUMBER, SECOND)
    ]
    assert (await api.get(f"/v4/number/{NUMBER}", owner)).only["routeTag"] == "buffalo"
    freed = await api.call("DELETE", "/v4/route/tag/assign", owner, {"phoneNumbers": [SECOND]})
    assert freed.only["routeTag"] is None
    assert await tags_of_numbers(api) == {NUMBER: "buffalo", SECOND: None}


async def test_the_numbers_of_a_set_get_a_tag_and_lose_it(api: Api, owner: Tenant) -> None:
    made = await api.post("/v4/numberset", owner, {"name": "mine", "phoneNumbers": [SECOND]})
    members = {"numberSetId": made.only["numberSetId"]}

    await api.post("/v4/route/tag/assign", owner, {**members, "routeTag": "buffalo"})
    assert await tags_of_numbers(api) == {NUMBER: None, SECOND: "buffalo"}
    assert (await api.call("DELETE", "/v4/route/tag/assign", owner, members)).status == 200
    assert await tags_of_numbers(api) == {NUMBER: None, SECOND: None}


async def test_only_own_numbers_and_own_tags_are_assigned(api: Api, owner: Tenant, stranger: Tenant) -> None:
    refused = await api.post("/v4/route/tag/assign", owner, {"phoneNumbers": [NUMBER, THEIRS], "routeTag": "buffalo"})
    assert (refused.status, refused.errors[0][1]) == (400, "phoneNumbers")
    assert (await api.post("/v4/route/tag/assign", owner, {"phoneNumbers": [NUMBER], "routeTag": "elk"})).status == 404
    both = {"phoneNumbers": [NUMBER], "numberSetId": str(Ids.random_uuid()), "routeTag": "buffalo"}
    assert (await api.post("/v4/route/tag/assign", owner, both)).status == 400
    assert (await api.call("DELETE", "/v4/route/tag/assign", owner, {})).status == 400
    gone = {"numberSetId": str(Ids.random_uuid()), "routeTag": "buffalo"}
    assert (await api.post("/v4/route/tag/assign", owner, gone)).status == 404
    assert set((await tags_of_numbers(api)).values()) == {None}


async def test_deleting_a_tag_takes_it_and_its_destinations_away(api: Api, owner: Tenant, stranger: Tenant) -> None:
    await api.post("/v4/route/tag/assign", owner, {"phoneNumbers": [NUMBER], "routeTag": "buffalo"})
    for tenant in (owner, stranger):
        await api.post("/v4/route/dest", tenant, INBOX)

    await api.delete("/v4/route/tag/buffalo", owner)

    assert (await tags_of_numbers(api))[NUMBER] is None
    left = await api.fetch("select account_id from route_destinations")
    assert [row["account_id"] for row in left] == [stranger.id]
    assert (await api.get(f"/v4/number/{NUMBER}", owner)).status == 200


async def test_a_destination_keeps_every_field(api: Api, owner: Tenant) -> None:
    rule_set = (await api.post("/v4/route/ruleset", owner, RULES)).only["ruleSetId"]
    given = {
        "routeTag": "buffalo",
        "scrType": "call",
        "dest": "callTestXml",
        "destType": "call",
        "name": "Test inbound call xml",
        "description": "Test inbound call",
        "distributionType": "1",
        "callbackUrl": "https://example.com/routed",
        "options": {"callXml": "<Response><Play>https://example.com/freak.mp3</Play></Response>"},
        "applyTags": ["night", "vip"],
        "priority": 7,
        "ruleSetId": rule_set,
        "status": 0,
    }

    made = (await api.post("/v4/route/dest", owner, given)).only

    kept = {name: value for name, value in given.items() if name != "scrType"}
    assert made == {
        **kept,
        "accountSid": owner.sid,
        "srcType": "call",
        "distributionType": 1,
        "created": epoch_ms(api.clock.now()),
    }
    assert (await api.get("/v4/route/dest", owner)).only == made
    assert (await api.get("/v4/route/dest/buffalo", owner)).only == made
    assert (await api.get("/v4/route/dest/buffalo/call/callTestXml/call", owner)).only == made


async def test_a_destination_is_changed_and_removed_by_what_names_it(api: Api, owner: Tenant) -> None:
    await api.post("/v4/route/dest", owner, {**INBOX, "options": []})
    assert (await api.post("/v4/route/dest", owner, INBOX)).status == 409

    changed = await api.put("/v4/route/dest", owner, {**INBOX, "priority": 3, "created": None, "applyTags": None})
    assert (changed.only["priority"], changed.only["options"], changed.only["status"]) == (3, [], 1)
    other = {"routeTag": "buffalo", "sourceType": "call", "dest": "chip", "destType": "inbox"}
    assert (await api.put("/v4/route/dest", owner, other)).status == 404

    assert (await api.call("DELETE", "/v4/route/dest", owner, INBOX)).only == changed.only
    assert (await api.call("DELETE", "/v4/route/dest", owner, INBOX)).status == 404
    assert await api.fetch("select from route_destinations") == []


async def test_the_number_of_a_relay_is_one_number_however_it_is_written(api: Api, owner: Tenant) -> None:
    relay = {"routeTag": "buffalo", "srcType": "sms", "dest": "(949) 555-1234", "destType": "sms-relay"}

    assert (await api.post("/v4/route/dest", owner, relay)).only["dest"] == "+19495551234"
    assert (await api.get("/v4/route/dest/buffalo/sms/9495551234/sms-relay", owner)).status == 200


async def test_a_bad_destination_is_refused(api: Api, owner: Tenant) -> None:
    for changes, field in BAD_DESTINATIONS:
        answer = await api.post("/v4/route/dest", owner, {**INBOX, **changes})
        assert (answer.status, [more for _, more in answer.errors]) == (400, [field]), changes

    assert (await api.get("/v4/route/dest", owner)).payload == []


async def test_rule_sets_are_checked_kept_and_guarded(api: Api, owner: Tenant) -> None:
    made = (await api.post("/v4/route/ruleset", owner, RULES)).only
    statement = {"variable": "vip", "operation": "equals", "value": "1", "negated": False}
    path = f"/v4/route/ruleset/{made['ruleSetId']}"
    assert (made["name"], made["statements"]) == ("VIPs", [statement])
    assert (await api.get(path, owner)).only == made
    assert (await api.get("/v4/route/ruleset", owner)).only == made

    bad = await api.put(path, owner, {"statements": [statement, {"variable": "a", "operation": "is"}]})
    assert [more for _, more in bad.errors] == ["statements[1].operation"]
    changed = await api.put(path, owner, {"statements": [{"variable": "a", "operation": "exists", "negated": "true"}]})
    assert (changed.only["name"], changed.only["statements"][0]["negated"]) == ("VIPs", True)

    await api.post("/v4/route/dest", owner, {**INBOX, "ruleSetId": made["ruleSetId"]})
    refused = await api.delete(path, owner)
    assert (refused.status, "buffalo" in str(refused.errors[0][1])) == (409, True)
    await api.put("/v4/route/dest", owner, {**INBOX, "ruleSetId": ""})
    assert (await api.delete(path, owner)).status == 200
    assert await api.fetch("select from route_rule_sets") == []


async def test_what_is_anothers_does_not_exist(api: Api, owner: Tenant, stranger: Tenant) -> None:
    rule_set = (await api.post("/v4/route/ruleset", owner, RULES)).only["ruleSetId"]
    await api.post("/v4/route/tag", owner, {"routeTag": "mine"})
    await api.post("/v4/route/dest", owner, INBOX)

    assert (await api.get("/v4/route/tag/mine", stranger)).status == 404
    assert (await api.delete("/v4/route/tag/mine", stranger)).status == 404
    assert (await api.get("/v4/route/dest/mine", stranger)).status == 404
    assert (await api.get("/v4/route/dest/buffalo/sms/chip/inbox", stranger)).status == 404
    assert (await api.call("DELETE", "/v4/route/dest", stranger, INBOX)).status == 404
    assert (await api.get("/v4/route/dest", stranger)).payload == []
    borrowed = await api.post("/v4/route/dest", stranger, {**INBOX, "ruleSetId": rule_set})
    assert [more for _, more in borrowed.errors] == ["ruleSetId"]
    assert (await api.get(f"/v4/route/ruleset/{rule_set}", stranger)).status == 404


async def test_routes_are_for_those_who_may(api: Api) -> None:
    await api.assert_privileges(
        [
            ("GET", "/v4/route/tag", "route-read"),
            ("POST", "/v4/route/tag/assign", "route-update"),
            ("POST", "/v4/route/dest", "route-update"),
            ("GET", "/v4/route/ruleset", "route-read"),
        ],
        "gi-agent",
    )
