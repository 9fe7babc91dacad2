"""Requests 85 to 89: IVRs kept by name and version at both paths, their archives and statistics."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.harness import Api, Tenant

from cordboard.engines.ivr import IvrDefinition

# The body of the reference's example.
BODY: dict[str, Any] = {
    "accountSid": "",
    "ivrName": "ff",
    "configurationOptions": {
        "ttsVoice": "de-de-premium-female-2",
        "maxAttempts": 3,
        "timeout": 3,
        "minDigits": 1,
        "maxDigits": 1,
        "say": "ff",
        "play": None,
        "recording": False,
        "description": "",
    },
    "version": 1,
    "menus": [
        {
            "ivrName": "ff",
            "menuId": "ff",
            "say": "f",
            "play": "",
            "recording": False,
            "entry": True,
            "version": 1,
            "options": [{"say": "f", "dtmfKey": 1, "actions": [{"type": "say", "value": "f"}]}],
        }
    ],
}


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """The account that has the IVRs."""
    return await api.account()


def named(name: str, **configuration: Any) -> dict[str, Any]:
    """The example under another name, with some options changed."""
    body = {name: value for name, value in copy.deepcopy(BODY).items() if name != "accountSid"}
    body["ivrName"] = name
    for menu in body["menus"]:
        menu["ivrName"] = name
    body["configurationOptions"] |= configuration
    return body


def shown(tenant: Tenant, body: dict[str, Any], version: int) -> dict[str, Any]:
    """How an IVR is answered."""
    answer = copy.deepcopy(body) | {"accountSid": tenant.sid, "version": version}
    for menu in answer["menus"]:
        menu["version"] = version
    return answer


async def versions(api: Api) -> list[tuple[str, int]]:
    return [(row["name"], row["version"]) for row in await api.fetch("select name, version from ivrs order by name")]


async def archived(api: Api) -> list[tuple[str, int]]:
    rows = await api.fetch("select name, version from ivr_archives order by name, version")
    return [(row["name"], row["version"]) for row in rows]


@pytest.mark.parametrize("base", ["/ivr", "/v4/ivr"])
async def test_an_ivr_lives_at_both_paths(api: Api, acme: Tenant, base: str) -> None:
    body = named("my-ivr")

    assert (await api.post(f"{base}/", acme, body)).only == shown(acme, body, 1)
    assert (await api.get("/ivr/", acme)).only == (await api.get("/v4/ivr", acme)).only == shown(acme, body, 1)
    changed = named("my-ivr", say="Hello", timeout="5")
    assert (await api.put(f"{base}/my-ivr", acme, changed)).only == shown(
        acme, named("my-ivr", say="Hello", timeout=5), 2
    )
    assert (await api.get(f"{base}/my-ivr/archived", acme)).only == shown(acme, body, 1)
    assert (await api.get(f"{base}/my-ivr", acme)).only["version"] == 2
    assert (await api.delete(f"{base}/my-ivr", acme)).only["version"] == 2
    assert (await api.get("/ivr", acme)).payload == []
    assert await archived(api) == [("my-ivr", 1), ("my-ivr", 2)]


async def test_versions_are_the_stores_to_count(api: Api, acme: Tenant) -> None:
    assert (await api.post("/ivr", acme, BODY | {"accountSid": acme.sid, "version": 9})).only["version"] == 1
    for wanted in (2, 3):
        assert (await api.put("/ivr/ff", acme, BODY | {"accountSid": "", "version": 1})).only["version"] == wanted
    await api.delete("/ivr/ff", acme)

    assert (await api.post("/ivr", acme, named("ff"))).only["version"] == 4
    assert await versions(api) == [("ff", 4)]
    payload = (await api.get("/ivr/ff/archived", acme)).payload
    assert [one["version"] for one in payload] == [3, 2, 1]
    assert [menu["version"] for one in payload for menu in one["menus"]] == [3, 2, 1]
    assert [one["version"] for one in (await api.get("/ivr/ff/archived", acme, size="1", offset="1")).payload] == [2]


async def test_a_name_is_taken_once(api: Api, acme: Tenant) -> None:
    await api.post("/ivr", acme, named("a"))

    again = await api.post("/ivr", acme, named("a"))

    assert (again.status, again.errors[0][0]) == (409, "409")
    assert "PUT" in str(again.errors[0][1])
    assert (await api.post("/ivr", await api.account("other"), named("a"))).status == 200
    assert [one["ivrName"] for one in (await api.get("/ivr", acme)).payload] == ["a"]


async def test_every_fault_is_named_and_nothing_is_stored(api: Api, acme: Tenant) -> None:
    broken = named("broken", ttsVoice="klingon", timeout=0)
    broken["menus"][0]["entry"] = False
    broken["menus"][0]["options"][0]["dtmfKey"] = "12"
    broken["menus"][0]["options"][0]["actions"] = [{"type": "nextMenu", "value": "nowhere"}, {"type": "fly"}]

    refused = await api.post("/ivr", acme, broken)

    assert refused.status == 400
    assert [field for _, field in refused.errors] == [
        "configurationOptions.ttsVoice",
        "configurationOptions.timeout",
        "menus",
        "menus[0].options[0].dtmfKey",
        "menus[0].options[0].actions[0].value",
        "menus[0].options[0].actions[0]",
        "menus[0].options[0].actions[1].type",
    ]
    rows: list[tuple[dict[str, Any], str]] = [
        ({"menus": []}, "menus"),
        ({"menus": [{"say": "no id"}]}, "menus[0]"),
        ({"menus": [{"menuId": "a", "options": [{"dtmfKey": []}]}]}, "menus[0].options[0].dtmfKey"),
        ({"ivrName": "a/b"}, "ivrName"),
        ({"configurationOptions": {"maxAttempts": "many"}}, "configurationOptions.maxAttempts"),
    ]
    for changes, field in rows:
        answer = await api.post("/ivr", acme, named("broken") | changes)
        assert field in [named_field for _, named_field in answer.errors], changes
    assert await versions(api) == []


async def test_an_ivr_keeps_its_name(api: Api, acme: Tenant) -> None:
    await api.post("/ivr", acme, named("a"))

    renamed = await api.put("/ivr/a", acme, named("b"))
    unnamed = await api.put("/ivr/a", acme, {"menus": BODY["menus"]})

    assert renamed.errors == [("400", "ivrName")]
    assert (unnamed.only["ivrName"], unnamed.only["version"]) == ("a", 2)
    assert unnamed.only["configurationOptions"]["ttsVoice"] == "en-us-standard-female-1"
    refused = await api.put("/ivr/a", acme, {"menus": []})
    assert (refused.status, await versions(api), await archived(api)) == (400, [("a", 2)], [("a", 1)])


async def test_ivrs_of_others_do_not_exist(api: Api, acme: Tenant) -> None:
    await api.post("/ivr", acme, named("a"))
    stranger = await api.account("stranger")

    assert (await api.get("/ivr", stranger)).payload == []
    for path in ("/ivr/a", "/ivr/a/archived", "/ivr/a/statistics", "/v4/ivr/%00"):
        assert (await api.get(path, stranger)).status == 404, path
    assert (await api.put("/ivr/a", stranger, named("a"))).status == 404
    assert (await api.delete("/ivr/a", stranger)).status == 404
    assert await versions(api) == [("a", 1)]


async def test_choices_are_counted_by_day_version_and_option(api: Api, acme: Tenant) -> None:
    stranger = await api.account("stranger")
    for tenant in (acme, stranger):
        await api.post("/ivr", tenant, named("a"))
    for tenant, version, key in (
        (acme, 1, "1"),
        (acme, 1, "1"),
        (acme, 1, ""),
        (acme, 2, "1"),
        (stranger, 1, "1"),
    ):
        await choose(api, tenant, version, key)
    api.clock.advance(86_400)
    await choose(api, acme, 2, "1")
    acme = Tenant(acme.account, acme.user, api._token_of(acme.account, acme.user))

    counted = (await api.get("/v4/ivr/a/statistics", acme)).payload

    assert counted[0] == {
        "ivrName": "a",
        "version": 1,
        "menuId": "ff",
        "dtmfKey": "",
        "yearMonthDay": "20260105",
        "count": 1,
    }
    assert [(one["yearMonthDay"], one["version"], one["dtmfKey"], one["count"]) for one in counted] == [
        ("20260105", 1, "", 1),
        ("20260105", 1, "1", 2),
        ("20260105", 2, "1", 1),
        ("20260106", 2, "1", 1),
    ]
    first = await api.get("/ivr/a/statistics", acme, endDate="2026-01-05", startDate="2026-01-05", version="1")
    assert [one["count"] for one in first.payload] == [1, 2]
    await api.delete("/ivr/a", acme)
    assert (await api.get("/ivr/a/statistics", acme)).payload == counted
    for query, field in (({"version": "0"}, "version"), ({"startDate": "x"}, "startDate")):
        assert (await api.get("/ivr/a/statistics", acme, **query)).errors == [("400", field)]


async def choose(api: Api, tenant: Tenant, version: int, key: str) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.ivrs.count_choice(tx, tenant.id, name="a", version=version, menu="ff", key=key)


async def test_calls_get_the_definition_that_is_stored(api: Api, acme: Tenant) -> None:
    await api.post("/ivr", acme, named("a", say="Welcome"))

    async with api.platform.database.transaction() as tx:
        definition = (await api.platform.ivrs.get(tx, acme.id, "a")).definition

    assert isinstance(definition, IvrDefinition)
    assert (definition.ivr_name, definition.version, definition.configuration_options.say) == ("a", 1, "Welcome")
    assert definition.menus[0].options[0].dtmf_key == 1


async def test_privileges(api: Api) -> None:
    rows = [
        ("GET", "/ivr", "ivr-read"),
        ("GET", "/v4/ivr/a/archived", "ivr-read"),
        ("GET", "/ivr/a/statistics", "ivr-read"),
        ("POST", "/ivr", "ivr-update"),
        ("PUT", "/v4/ivr/a", "ivr-update"),
        ("DELETE", "/ivr/a", "ivr-update"),
    ]
    await api.assert_privileges(rows, "number-admin")
