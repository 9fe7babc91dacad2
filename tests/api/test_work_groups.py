"""Requests 201 to 207: work groups."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.api.people import user_of
from tests.harness import Api, Tenant

from cordboard.domain.accounts.work_groups import GroupChanges
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids

BASE = "/ams/v3/workgroup"
CREW: dict[str, Any] = {
    "groupName": "crew",
    "description": "The Crew",
    "metadata": {"accountItem": "KRTC", "region": "Northeast"},
    "details": {"manager": "Jane"},
}


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account."""
    return await api.account()


@pytest.fixture
async def people(api: Api, owner: Tenant) -> list[str]:
    """The ids of three users of it, not in their order."""
    users = [await user_of(api, owner, "gi-agent") for _ in range(3)]
    return sorted((str(user.user.id) for user in users), reverse=True)


async def members(api: Api, owner: Tenant, name: str = "crew") -> list[str]:
    """Who is in a group."""
    found: list[str] = (await api.get(f"{BASE}/{name}", owner)).only["userIds"]
    return found


async def test_a_group_is_made_shown_changed_and_deleted(api: Api, owner: Tenant, people: list[str]) -> None:
    made = (await api.post(BASE, owner, {**CREW, "userIds": people})).only

    assert made == {"accountSid": owner.sid, **CREW, "userIds": people, "created": epoch_ms(api.clock.now())}
    assert (await api.get(f"{BASE}/CREW/", owner)).only == made == (await api.get(BASE, owner)).only
    changed = (await api.put(BASE, owner, {"groupName": "Crew", "details": {"manager": "Ann"}})).only
    assert changed == {**made, "details": {"manager": "Ann"}}
    emptied = {"description": "", "metadata": {}, "userIds": people[:1]}
    assert (await api.put(BASE, owner, {"groupName": "crew", **emptied})).only == {**changed, **emptied}
    assert (await api.delete(f"{BASE}/crew", owner)).only == {**changed, **emptied}
    assert (await api.get(BASE, owner)).payload == []
    assert await api.fetch("select from work_group_members") == []
    for answer in (
        await api.delete(f"{BASE}/crew", owner),
        await api.get(f"{BASE}/crew", owner),
        await api.put(BASE, owner, CREW),
    ):
        assert (answer.status, answer.body["error"][0]["message"]) == (404, "Work group not found")


async def test_one_post_adds_and_removes_users_in_their_order(api: Api, owner: Tenant, people: list[str]) -> None:
    one, two, three = people
    await api.post(BASE, owner, CREW | {"userIds": [two]})

    assert (await api.post(BASE, owner, {"groupName": "crew", "userIds": [one, two, one]})).only["userIds"] == [
        two,
        one,
    ]
    assert (await api.post(BASE, owner, {"groupName": "CREW", "action": "add", "userIds": [three]})).status == 200
    assert await members(api, owner) == [two, one, three]
    nobody = str(Ids.random_uuid())
    taken = await api.post(BASE, owner, {"groupName": "crew", "userIds": [two, nobody], "action": "remove"})
    assert taken.only["userIds"] == [one, three]
    gone = await api.call("DELETE", f"{BASE}/crew/users", owner, {"userIds": [three, two]})
    assert gone.only["userIds"] == [one] == await members(api, owner)
    assert (await api.call("DELETE", f"{BASE}/fleet/users", owner, {"userIds": [one]})).status == 404
    for action in ("add", "remove"):
        assert (await api.post(BASE, owner, {"groupName": "fleet", "userIds": [one], "action": action})).status == 404


async def test_a_post_to_a_group_that_there_is_describes_nothing_anew(
    api: Api, owner: Tenant, people: list[str]
) -> None:
    await api.post(BASE, owner, CREW)

    again = await api.post(BASE, owner, {**CREW, "userIds": people})
    assert again.only["userIds"] == people
    other = await api.post(BASE, owner, {**CREW, "description": "Another", "userIds": people[:1]})
    assert other.errors == [("409", "the work group crew exists; change it with PUT")]
    assert (await api.post(BASE, owner, CREW)).errors == [("400", "userIds")]


async def test_two_who_add_users_at_once_both_do(api: Api, owner: Tenant, people: list[str]) -> None:
    await api.post(BASE, owner, CREW)

    await asyncio.gather(*(api.post(BASE, owner, {"groupName": "crew", "userIds": [one]}) for one in people))

    assert sorted(await members(api, owner)) == sorted(people)


async def test_two_who_make_one_group_at_once_make_one(api: Api, owner: Tenant) -> None:
    answers = await asyncio.gather(*(api.post(BASE, owner, {"groupName": name}) for name in ("crew", "Crew")))

    assert sorted(answer.status for answer in answers) in ([200, 409], [200, 400])
    assert len(await api.fetch("select from work_groups")) == 1


BAD: list[tuple[dict[str, Any], str]] = [
    ({"groupName": " "}, "groupName"),
    ({"groupName": ".."}, "groupName"),
    ({"groupName": "a/b"}, "groupName"),
    ({"groupName": "a\u0001"}, "groupName"),
    ({"groupName": "x" * 101}, "groupName"),
    ({"description": "x" * 1001}, "description"),
    ({"metadata": {"x": "y" * 1001}}, "metadata.x"),
    ({"metadata": {"": "y"}}, "metadata."),
    ({"details": {"x" * 101: "y"}}, f"details.{'x' * 100}"),
    ({"details": {str(index): "y" for index in range(51)}}, "details"),
    ({"details": {"x": ["y"]}}, "details[...]"),
    ({"userIds": ["nobody"]}, "userIds[0]"),
    ({"action": "paint"}, "action"),
]


async def test_every_broken_rule_is_named_and_nothing_is_made(api: Api, owner: Tenant) -> None:
    stranger = await api.account("stranger")
    for changes, field in BAD:
        answer = await api.post(BASE, owner, {**CREW, **changes})
        assert (answer.status, [more for _, more in answer.errors]) == (400, [field]), (changes, answer.body)

    answer = await api.post(BASE, owner, {**CREW, "userIds": [str(owner.user.id), str(stranger.user.id)]})
    assert answer.body["error"][0]["message"] == f"userIds are not users of this account: {stranger.user.id}"
    many = [str(Ids.random_uuid()) for _ in range(1001)]
    assert (await api.post(BASE, owner, {**CREW, "userIds": many})).errors[0][0] == "too-many-people"
    assert await api.fetch("select from work_groups") == []


async def test_an_account_has_so_many_groups(api: Api, owner: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cordboard.domain.accounts.work_groups.MOST_GROUPS", 1)
    await api.post(BASE, owner, CREW)

    assert (await api.post(BASE, owner, {"groupName": "fleet"})).errors[0][0] == "too-many-people"


async def test_groups_come_in_pages_by_name(api: Api, owner: Tenant) -> None:
    for name in ("b", "C", "a"):
        await api.post(BASE, owner, {"groupName": name})

    async def names(**query: str) -> list[str]:
        return [one["groupName"] for one in (await api.get(BASE, owner, **query)).payload]

    assert await names() == ["a", "b", "C"]
    assert await names(size="1", offset="1") == ["b"]


async def test_a_group_is_one_accounts_alone(api: Api, owner: Tenant, people: list[str]) -> None:
    stranger = await api.account("stranger")
    await api.post(BASE, owner, {**CREW, "userIds": people})
    await api.post(BASE, stranger, {"groupName": "crew", "description": "theirs"})

    assert (await api.get(f"{BASE}/crew", stranger)).only["userIds"] == []
    await api.delete(f"{BASE}/crew", stranger)
    assert await members(api, owner) == people
    await api.assert_privileges([("GET", BASE, "workgroup-read"), ("POST", BASE, "workgroup-update")], "gi-agent")


async def test_others_ask_for_the_groups_of_a_user_and_the_members_of_a_group(
    api: Api, owner: Tenant, people: list[str]
) -> None:
    await api.post(BASE, owner, {"groupName": "fleet", "userIds": people})
    await api.post(BASE, owner, {"groupName": "crew", "userIds": people[1:]})
    groups = api.platform.people.work_groups

    async with api.platform.database.transaction() as tx:
        made = await groups.create(tx, owner.id, " Third ", GroupChanges(user_ids=[owner.user.id]))
        of_owner = await groups.groups_of(tx, owner.id, owner.user.id)
        found = [
            group.name
            for group in await groups.groups_of(tx, owner.id, (await groups.members(tx, owner.id, "Crew"))[0])
        ]
        missing = await groups.find(tx, owner.id, "none")

    assert made.name == "Third"
    assert [group.name for group in of_owner] == ["Third"]
    assert found == ["crew", "fleet"]
    assert missing is None


async def test_a_groups_transfer_presets_go_with_it(api: Api, owner: Tenant) -> None:
    await api.post(BASE, owner, CREW)
    preset = {"presetType": "workgroup", "groupId": "CREW", "destination": "+12223334444"}
    assert (await api.post("/v4/preset/transfer", owner, preset)).only["groupId"] == "crew"

    await api.delete(f"{BASE}/Crew", owner)
    await api.settle()

    assert (await api.get("/v4/preset/transfer", owner)).payload == []
