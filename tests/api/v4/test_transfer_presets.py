"""Requests 212 to 215: presets for transfers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.test_webphone_status import colleague_of
from tests.harness import Api, Tenant

from cordboard.kit.clock import epoch_ms

BASE = "/v4/preset/transfer"
GROUP = {"groupId": "wg1", "presetType": "workgroup", "destination": "(222) 333-4444"}
BAD_PRESETS: list[tuple[dict[str, Any], str]] = [
    ({"destination": "nobody-here"}, "destination"),
    ({"destination": ""}, "destination"),
    ({"destination": "sip:" + "x" * 300}, "destination"),
    ({"groupId": None}, "groupId"),
    ({"groupId": "x" * 256}, "groupId"),
    ({"groupId": "no such group"}, "groupId"),
    ({"presetType": "user"}, "clientId"),
    ({"presetType": "account"}, "accountSid"),
    ({"presetType": "planet"}, "presetType"),
]


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with a work group."""
    tenant = await api.account()
    await api.post("/ams/v3/workgroup", tenant, {"groupName": "wg1"})
    return tenant


def named(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(one["presetType"], one["groupId"], one["destination"]) for one in found]


async def test_a_preset_is_made_found_by_its_group_and_deleted(api: Api, owner: Tenant) -> None:
    made = (await api.post(BASE, owner, GROUP)).only

    assert made == {
        "accountSid": owner.sid,
        "groupId": "wg1",
        "presetType": "workgroup",
        "destination": "+12223334444",
        "created": epoch_ms(api.clock.now()),
    }
    assert (await api.post(BASE, owner, GROUP)).status == 409
    assert (await api.get(f"{BASE}/wg1", owner)).only == made
    assert (await api.get(f"{BASE}/wg2", owner)).payload == []
    path = f"{BASE}/wg1/presetType/workgroup/destination/2223334444"
    assert (await api.delete(path, owner)).only == made
    assert (await api.delete(path, owner)).status == 404
    assert (await api.delete(f"{BASE}/wg1/presetType/planet/destination/2223334444", owner)).status == 404


async def test_everybody_sees_what_is_shared_and_only_oneself_ones_own(api: Api, owner: Tenant) -> None:
    agent = await colleague_of(api, owner)
    mine, theirs = str(owner.user.id), str(agent.user.id)
    await api.post("/v4/sip/phone", owner, {"username": "front-desk", "extension": "101"})
    await api.post(BASE, owner, {"presetType": "account", "destination": "sip:desk@example.com"})
    await api.post(BASE, owner, GROUP)
    await api.post(BASE, owner, {"presetType": "user", "destination": "101"})
    assert (await api.post(BASE, agent, {"presetType": "user", "destination": mine})).status == 200
    shared = [("account", owner.sid, "sip:desk@example.com"), ("workgroup", "wg1", "+12223334444")]

    assert sorted(named((await api.get(BASE, owner)).payload)) == sorted([*shared, ("user", mine, "101")])
    assert sorted(named((await api.get(BASE, agent)).payload)) == sorted([*shared, ("user", theirs, mine)])
    assert (await api.get(f"{BASE}/{mine}", agent)).payload == []
    assert named((await api.get(f"{BASE}/{owner.sid}", agent)).payload) == shared[:1]


async def test_shared_presets_are_set_up_by_those_who_may(api: Api, owner: Tenant) -> None:
    agent, stranger = await colleague_of(api, owner), await api.account("stranger")
    await api.post(BASE, owner, GROUP)
    path = f"{BASE}/wg1/presetType/workgroup/destination/+12223334444"
    lacking = [("401", "needs the privilege acct-update")]

    assert (await api.post(BASE, agent, GROUP)).errors == lacking
    assert (await api.delete(path, agent)).errors == lacking
    ones_own = {"presetType": "user", "clientId": str(owner.user.id), "destination": "+12223334444"}
    assert (await api.post(BASE, agent, ones_own)).errors == lacking
    assert (await api.delete(path, stranger)).status == 404
    assert (await api.get(f"{BASE}/wg1", stranger)).payload == []
    await api.assert_privileges([("GET", BASE, "webphone-use"), ("POST", BASE, "webphone-use")], "gi-agent")


async def test_a_bad_preset_is_refused(api: Api, owner: Tenant) -> None:
    for changes, field in BAD_PRESETS:
        answer = await api.post(BASE, owner, {**GROUP, **changes})
        assert (answer.status, [more for _, more in answer.errors]) == (400, [field]), changes

    assert await api.fetch("select from transfer_presets") == []
