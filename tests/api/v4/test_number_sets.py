"""Requests 119 to 125: sets of numbers, who is in them, and the settings that they push to their members."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from tests.harness import Api, Tenant

from cordboard.kit.ids import Ids, time_of

NUMBER, SECOND, THIRD = "+17145550100", "+17145550101", "+17145550102"
THEIRS = "+17145550199"
KEYWORDS = {"HI": {"campaignId": "e8861980-5165-11e9-b3b4-55cdbe9b37b5"}}
SETTINGS = {
    "voiceUrl": "https://example.com/voice",
    "voiceMethod": "GET",
    "voiceFallbackUrl": "https://backup.example.com/voice",
    "voiceFallbackMethod": "POST",
    "hangupCallbackUrl": "https://example.com/hangup",
    "hangupCallbackMethod": "GET",
    "smsUrl": "https://example.com/sms",
    "smsMethod": "GET",
    "smsFallbackUrl": "https://backup.example.com/sms",
    "smsFallbackMethod": "POST",
    "heartbeatUrl": "https://example.com/heartbeat",
    "heartbeatMethod": "GET",
    "keywordActions": KEYWORDS,
}
UNSET: dict[str, Any] = {
    name: {} if name == "keywordActions" else "POST" if name.endswith("Method") else "" for name in SETTINGS
}


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account that owns NUMBER, SECOND and THIRD."""
    return await owner_of(api, "acme", NUMBER, SECOND, THIRD)


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another account, which owns THEIRS."""
    return await owner_of(api, "stranger", THEIRS)


async def owner_of(api: Api, name: str, *numbers: str) -> Tenant:
    """An account with numbers."""
    tenant = await api.account(name)
    assert (await api.post("/v4/number/purchase", tenant, {"phoneNumber": list(numbers)})).payload
    return tenant


async def make(api: Api, tenant: Tenant, *numbers: str, **changes: Any) -> str:
    """A new set; answers its id."""
    made = await api.post("/v4/numberset", tenant, {"name": "mine", "phoneNumbers": list(numbers), **changes})
    set_id: str = made.only["numberSetId"]
    return set_id


async def members(api: Api) -> dict[str, str | None]:
    """Which set each number is in, as stored."""
    rows = await api.fetch("select phone_number, number_set_id from numbers order by phone_number")
    return {row["phone_number"]: row["number_set_id"] and str(row["number_set_id"]) for row in rows}


async def settings_of(api: Api, tenant: Tenant, number: str) -> dict[str, Any]:
    """What a number is set to."""
    shown = (await api.get(f"/v4/number/{number}", tenant)).only
    return {name: shown[name] for name in SETTINGS}


async def test_a_new_set_is_shown_as_the_reference_shows_it(api: Api, owner: Tenant) -> None:
    body = {
        "accountSid": owner.sid,
        "numberSetId": "",
        "name": "My set",
        "forwardNumber": "+19495551234",
        "callerIdName": "ACME",
        **SETTINGS,
        "phoneNumbers": [SECOND, "(714) 555-0100"],
    }

    made = (await api.post("/v4/numberset/", owner, body)).only

    set_id = made["numberSetId"]
    assert time_of(UUID(set_id)) == api.clock.now()
    assert made == {**body, "numberSetId": set_id, "phoneNumbers": [NUMBER, SECOND]}
    assert (await api.get(f"/v4/numberset/{set_id}/", owner)).only == made
    assert await members(api) == {NUMBER: set_id, SECOND: set_id, THIRD: None}
    (row,) = await api.fetch("select account_id, name, keyword_actions, created_at from number_sets")
    assert row == {
        "account_id": owner.id,
        "name": "My set",
        "keyword_actions": KEYWORDS,
        "created_at": api.clock.now(),
    }


async def test_a_set_needs_a_name_and_nothing_else(api: Api, owner: Tenant) -> None:
    made = (await api.post("/v4/numberset", owner, {"name": "bare"})).only

    assert {name: made[name] for name in SETTINGS} == UNSET
    assert (made["forwardNumber"], made["callerIdName"], made["phoneNumbers"]) == ("", "", [])


async def test_a_member_takes_the_settings_of_the_set(api: Api, owner: Tenant) -> None:
    await api.put(f"/v4/number/{NUMBER}", owner, {"friendlyName": "Desk", "voiceUrl": "https://example.com/old"})

    await make(api, owner, NUMBER, smsUrl=SETTINGS["smsUrl"], keywordActions=KEYWORDS)

    assert await settings_of(api, owner, NUMBER) == {
        **UNSET,
        "smsUrl": SETTINGS["smsUrl"],
        "keywordActions": KEYWORDS,
    }
    assert (await api.get(f"/v4/number/{NUMBER}", owner)).only["friendlyName"] == "Desk"
    assert await settings_of(api, owner, SECOND) == UNSET


async def test_sets_are_listed_without_their_members(api: Api, owner: Tenant, stranger: Tenant) -> None:
    first = await make(api, owner, NUMBER)
    api.clock.advance(1)
    second = await make(api, owner, SECOND, name="second")

    listed = (await api.get("/v4/numberset/", owner)).payload

    assert [(one["numberSetId"], one["name"]) for one in listed] == [(first, "mine"), (second, "second")]
    assert not any("phoneNumbers" in one for one in listed)
    assert (await api.get("/v4/numberset", stranger)).payload == []


async def test_numbers_are_added_and_take_the_settings(api: Api, owner: Tenant) -> None:
    set_id = await make(api, owner, NUMBER, **SETTINGS)

    changed = (
        await api.post("/v4/numberset/addnumber/", owner, {"numberSetId": set_id, "phoneNumbers": [THIRD, SECOND]})
    ).only

    assert changed == (await api.get(f"/v4/numberset/{set_id}", owner)).only
    assert changed["phoneNumbers"] == [NUMBER, SECOND, THIRD]
    assert await members(api) == {NUMBER: set_id, SECOND: set_id, THIRD: set_id}
    assert await settings_of(api, owner, THIRD) == SETTINGS


async def test_a_number_that_joins_another_set_leaves_the_first(api: Api, owner: Tenant) -> None:
    first, second = await make(api, owner, NUMBER, SECOND, **SETTINGS), await make(api, owner, name="second")

    await api.post("/v4/numberset/addnumber", owner, {"numberSetId": second, "phoneNumbers": [NUMBER]})

    assert await members(api) == {NUMBER: second, SECOND: first, THIRD: None}
    assert (await api.get(f"/v4/numberset/{first}", owner)).only["phoneNumbers"] == [SECOND]
    assert await settings_of(api, owner, NUMBER) == UNSET


async def test_an_edit_is_pushed_to_every_member_and_leaves_the_members_alone(api: Api, owner: Tenant) -> None:
    set_id = await make(api, owner, NUMBER, SECOND, voiceUrl=SETTINGS["voiceUrl"])
    await api.put(f"/v4/number/{NUMBER}", owner, {"smsUrl": "https://example.com/of-its-own"})

    edited = (
        await api.put(
            f"/v4/numberset/{set_id}/",
            owner,
            {"smsUrl": SETTINGS["smsUrl"], "name": "renamed", "callerIdName": "ACME", "phoneNumbers": [THIRD]},
        )
    ).only

    pushed = {**UNSET, "smsUrl": SETTINGS["smsUrl"], "voiceUrl": SETTINGS["voiceUrl"]}
    assert {name: edited[name] for name in SETTINGS} == pushed
    assert (edited["name"], edited["callerIdName"], edited["phoneNumbers"]) == ("renamed", "ACME", [NUMBER, SECOND])
    assert (await api.get(f"/v4/numberset/{set_id}", owner)).only == edited
    assert [await settings_of(api, owner, number) for number in (NUMBER, SECOND, THIRD)] == [pushed, pushed, UNSET]


async def test_an_edit_can_take_settings_away(api: Api, owner: Tenant) -> None:
    set_id = await make(api, owner, NUMBER, **SETTINGS)

    await api.put(f"/v4/numberset/{set_id}", owner, UNSET)

    assert await settings_of(api, owner, NUMBER) == UNSET


async def test_numbers_leave_a_set_and_keep_their_settings(api: Api, owner: Tenant) -> None:
    set_id = await make(api, owner, NUMBER, SECOND, THIRD, **SETTINGS)

    changed = (await api.delete(f"/v4/numberset/{set_id}/{NUMBER},{THIRD}/", owner)).only

    assert changed == (await api.get(f"/v4/numberset/{set_id}", owner)).only
    assert changed["phoneNumbers"] == [SECOND]
    assert await members(api) == {NUMBER: None, SECOND: set_id, THIRD: None}
    assert await settings_of(api, owner, NUMBER) == SETTINGS


async def test_a_deleted_set_lets_its_numbers_go(api: Api, owner: Tenant) -> None:
    set_id, kept = await make(api, owner, NUMBER, **SETTINGS), await make(api, owner, SECOND, name="kept")

    gone = (await api.delete(f"/v4/numberset/{set_id}/", owner)).only

    assert (gone["numberSetId"], gone["phoneNumbers"]) == (set_id, [])
    assert (await api.get(f"/v4/numberset/{set_id}", owner)).status == 404
    assert [one["numberSetId"] for one in (await api.get("/v4/numberset", owner)).payload] == [kept]
    assert await members(api) == {NUMBER: None, SECOND: kept, THIRD: None}
    assert await settings_of(api, owner, NUMBER) == SETTINGS


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": None}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"name": "x" * 256, "callerIdName": "x" * 256}, ["name", "callerIdName"]),
        ({"forwardNumber": "x" * 256}, ["forwardNumber"]),
        ({"smsUrl": "ftp://example.com", "heartbeatUrl": "x"}, ["smsUrl", "heartbeatUrl"]),
        ({"voiceMethod": "PUT"}, ["voiceMethod"]),
        ({"keywordActions": {"HI": {"campaign": "7"}}}, ["keywordActions.HI"]),
        ({"phoneNumbers": ["x", NUMBER, "12"]}, ["phoneNumbers", "phoneNumbers"]),
        ({"phoneNumbers": [NUMBER] * 1001}, ["phoneNumbers"]),
        ({"phoneNumbers": NUMBER}, ["phoneNumbers"]),
        ({"phoneNumbers": [NUMBER, "+19495551234", THEIRS]}, ["phoneNumbers", "phoneNumbers"]),
    ],
)
async def test_a_bad_set_is_refused_whole(
    api: Api, owner: Tenant, stranger: Tenant, body: dict[str, Any], fields: list[str]
) -> None:
    answer = await api.post("/v4/numberset", owner, {"name": "bad", **body})

    assert answer.status == 400
    assert [named for _, named in answer.errors] == fields
    assert await api.fetch("select id from number_sets") == []
    assert set((await members(api)).values()) == {None}


async def test_a_bad_edit_changes_nothing(api: Api, owner: Tenant) -> None:
    set_id = await make(api, owner, NUMBER, **SETTINGS)

    answer = await api.put(f"/v4/numberset/{set_id}", owner, {"name": "changed", "smsUrl": "nonsense"})

    assert answer.errors == [("400", "smsUrl")]
    assert (await api.get(f"/v4/numberset/{set_id}", owner)).only["name"] == "mine"
    assert await settings_of(api, owner, NUMBER) == SETTINGS


@pytest.mark.parametrize(
    ("numbers", "told"),
    [([], None), (["x"], "x"), ([SECOND, THEIRS], THEIRS), ([SECOND, "+19495551234"], "+19495551234")],
)
async def test_only_numbers_of_the_account_join(
    api: Api, owner: Tenant, stranger: Tenant, numbers: list[str], told: str | None
) -> None:
    set_id = await make(api, owner)

    answer = await api.post("/v4/numberset/addnumber", owner, {"numberSetId": set_id, "phoneNumbers": numbers})

    assert answer.status == 400
    assert answer.errors == [("400", "phoneNumbers")]
    assert (told or "") in answer.body["error"][0]["message"]
    assert set((await members(api)).values()) == {None}


async def test_only_members_leave(api: Api, owner: Tenant) -> None:
    set_id, other = await make(api, owner, NUMBER), await make(api, owner, SECOND, name="other")

    answers = [
        await api.delete(f"/v4/numberset/{set_id}/{numbers}", owner)
        for numbers in (f"{NUMBER},{SECOND}", THIRD, f"{NUMBER},x")
    ]

    assert [answer.status for answer in answers] == [400, 400, 400]
    assert SECOND in answers[0].body["error"][0]["message"]
    assert await members(api) == {NUMBER: set_id, SECOND: other, THIRD: None}


@pytest.mark.parametrize("of_another", [True, False])
async def test_a_set_that_is_not_the_accounts_does_not_exist(
    api: Api, owner: Tenant, stranger: Tenant, of_another: bool
) -> None:
    set_id = await make(api, owner, NUMBER)
    asked = set_id if of_another else str(Ids.random_uuid())

    answers = [
        await api.get(f"/v4/numberset/{asked}", stranger),
        await api.put(f"/v4/numberset/{asked}", stranger, {"name": "taken"}),
        await api.post("/v4/numberset/addnumber", stranger, {"numberSetId": asked, "phoneNumbers": [THEIRS]}),
        await api.delete(f"/v4/numberset/{asked}/{NUMBER}", stranger),
        await api.delete(f"/v4/numberset/{asked}", stranger),
    ]

    assert {(answer.status, answer.errors[0]) for answer in answers} == {(404, ("404", "numberSetId"))}
    assert await api.fetch("select name from number_sets") == [{"name": "mine"}]
    assert (await members(api))[NUMBER] == set_id


async def test_what_is_no_id_is_not_found_in_the_path_and_refused_in_the_body(api: Api, owner: Tenant) -> None:
    assert (await api.get("/v4/numberset/nonsense", owner)).status == 404
    answer = await api.post("/v4/numberset/addnumber", owner, {"numberSetId": "nonsense"})
    assert answer.errors == [("400", "numberSetId"), ("400", "phoneNumbers")]


async def test_reading_does_not_allow_changing(api: Api) -> None:
    agent, billing = await api.account(role="gi-agent"), await api.account(role="billing-admin")
    one = f"/v4/numberset/{Ids.random_uuid()}"

    assert (await api.get("/v4/numberset", agent)).payload == []
    changing = [
        await api.post("/v4/numberset", agent, {"name": "mine"}),
        await api.post("/v4/numberset/addnumber", agent, {"numberSetId": "x", "phoneNumbers": []}),
        await api.put(one, agent, {}),
        await api.delete(one, agent),
        await api.delete(f"{one}/{NUMBER}", agent),
    ]
    reading = [await api.get("/v4/numberset", billing), await api.get(one, billing)]
    assert {answer.errors[0] for answer in changing} == {("401", "needs the privilege number-update")}
    assert {answer.errors[0] for answer in reading} == {("401", "needs the privilege number-read")}


async def test_simultaneous_changes_leave_each_member_as_its_set_says(api: Api, owner: Tenant) -> None:
    first, second = await make(api, owner), await make(api, owner, name="second")
    numbers = [NUMBER, SECOND, THIRD]

    def join(set_id: str) -> Any:
        return api.post("/v4/numberset/addnumber", owner, {"numberSetId": set_id, "phoneNumbers": numbers})

    def edit(set_id: str, url: str) -> Any:
        return api.put(f"/v4/numberset/{set_id}", owner, {"smsUrl": f"https://example.com/{url}"})

    answers = await asyncio.gather(
        *(call for n in range(4) for call in (join(first), edit(first, f"1{n}"), join(second), edit(second, f"2{n}")))
    )

    assert {answer.status for answer in answers} == {200}
    urls = {one["numberSetId"]: one["smsUrl"] for one in (await api.get("/v4/numberset", owner)).payload}
    for number in numbers:
        shown = (await api.get(f"/v4/number/{number}", owner)).only
        assert shown["smsUrl"] == urls[shown["numberSetId"]]
