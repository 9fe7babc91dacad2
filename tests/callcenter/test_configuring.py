"""What a contact centre is configured with, over JSON."""

from __future__ import annotations

import pytest
from tests.callcenter.house import Center
from tests.harness import PASSWORD


async def test_a_new_account_has_statuses_hours_and_groups(center: Center) -> None:
    statuses = (await center.api.get("/v4/cc/statuses", center.owner)).payload
    hours = (await center.api.get("/v4/cc/call-times", center.owner)).payload
    groups = (await center.api.get("/v4/cc/user-groups", center.owner)).payload
    assert len(statuses) == 50
    sale = next(one for one in statuses if one["status"] == "SALE")
    assert {name for name, value in sale.items() if value == "Y"} == {
        "selectable",
        "human_answered",
        "sale",
        "completed",
    }
    assert {one["call_time_id"] for one in hours} == {
        "24hours",
        "9am-9pm",
        "9am-5pm",
        "12pm-5pm",
        "12pm-9pm",
        "5pm-9pm",
    }
    assert [one["user_group"] for one in groups] == ["ADMIN", "AGENTS"]


async def test_objects_are_made_changed_and_removed(center: Center) -> None:
    await center.campaign("SPRING", dial_method="RATIO")
    path = "/v4/cc/campaigns/SPRING"
    edited = (await center.api.put(path, center.owner, {"active": "N", "campaign_id": "OTHER"})).only
    assert (edited["campaign_id"], edited["active"], edited["dial_method"]) == ("SPRING", "N", "RATIO")
    again = {"campaign_id": "SPRING", "campaign_name": "Again"}
    assert (await center.api.post("/v4/cc/campaigns", center.owner, again)).status == 409
    assert (await center.api.delete(path, center.owner)).only["campaign_id"] == "SPRING"
    assert (await center.api.get(path, center.owner)).status == 404


async def test_a_built_in_object_may_be_changed_and_goes_back(center: Center) -> None:
    path = "/v4/cc/call-times/9am-9pm"
    assert (await center.api.delete(path, center.owner)).status == 409
    assert (await center.api.put(path, center.owner, {"ct_sunday_start": 2400})).only["ct_sunday_start"] == 2400
    other = await center.api.account("other")
    assert (await center.api.get(path, other)).only["ct_sunday_start"] == 0
    await center.api.delete(path, center.owner)
    assert (await center.api.get(path, center.owner)).only["ct_sunday_start"] == 0


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"campaign_id": "TOOLONGID", "campaign_name": "x"}, ["campaign_id", "campaign_name"]),
        ({"campaign_id": "A B", "campaign_name": "Fine"}, ["campaign_id"]),
        (
            {"campaign_id": "AB", "campaign_name": "Fine", "dial_method": "FAST", "active": "yes"},
            ["active", "dial_method"],
        ),
        ({"campaign_name": "Fine"}, ["campaign_id"]),
    ],
)
async def test_bad_fields_are_named(center: Center, body: dict[str, str], fields: list[str]) -> None:
    answer = await center.api.post("/v4/cc/campaigns", center.owner, body)
    assert answer.status == 400
    assert [name for _, name in answer.errors] == fields
    assert "regex" not in str(answer.body)


async def test_a_user_of_the_highest_level_may_do_everything_and_shows_no_password(center: Center) -> None:
    shown = (await center.api.get("/v4/cc/users/6666", center.owner)).only
    assert (shown["modify_leads"], shown["modify_lists"], shown["vdc_agent_api_access"]) == (1, 1, 1)
    assert PASSWORD not in str(shown)
    agent = await center.user("101")
    assert (agent["user_level"], agent["modify_leads"], agent["user_group"]) == (1, 0, "AGENTS")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pass": "short"}, "pass"),
        ({"user": "a b"}, "user"),
        ({"user_level": 10}, "user_level"),
        ({"user_group": "NONE"}, "user_group"),
    ],
)
async def test_bad_users_are_refused(center: Center, changes: dict[str, str], field: str) -> None:
    body = {"user": "102", "pass": PASSWORD, "full_name": "x", "user_group": "AGENTS", **changes}
    answer = await center.api.post("/v4/cc/users", center.owner, body)
    assert (answer.status, [name for _, name in answer.errors]) == (400, [field])


async def test_a_user_is_changed_and_removed(center: Center) -> None:
    await center.user("101")
    changed = (await center.api.put("/v4/cc/users/101", center.owner, {"active": "N", "custom_one": "x"})).only
    assert (changed["active"], changed["custom_one"], changed["full_name"]) == ("N", "x", "User 101")
    assert (await center.api.post("/v4/cc/users", center.owner, {**changed, "pass": PASSWORD})).status == 409
    stranger = await center.api.account("stranger")
    assert (await center.api.delete("/v4/cc/users/101", stranger)).status == 404
    assert (await center.api.delete("/v4/cc/users/101", center.owner)).only["user"] == "101"
    assert (await center.api.get("/v4/cc/users/101", center.owner)).status == 404
