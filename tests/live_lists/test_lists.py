"""Requests 90 and 94 to 97: lists, whose they are, and what is told of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.api.people import at, user_of
from tests.harness import Api
from tests.live_lists.house import BASE, NAME, Floor

from cordboard.domain.live_lists import service
from cordboard.run.upkeep import upkeep_of
from cordboard.testing.webhook_receiver import WebhookReceiver


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    """Whom webhooks tell."""
    async with WebhookReceiver() as started:
        yield started


async def test_administrators_see_all_lists_and_agents_their_own(floor: Floor) -> None:
    anna, bert = [await user_of(floor.api, floor.owner, "webrtc-agent") for _ in range(2)]
    made = await floor.make("warm", anna, bert, anna)
    await floor.make("cold")
    await floor.add("Carl", "Dora", to="warm")

    assert made == {
        "accountSid": floor.owner.sid,
        "listName": "warm",
        "clientIds": [str(anna.user.id), str(bert.user.id)],
        "length": 0,
    }
    assert (await floor.api.get(BASE, floor.owner)).payload == [
        {"accountSid": floor.owner.sid, "listName": "cold", "clientIds": [], "length": 0},
        {**made, "length": 2},
    ]
    shown = {"accountSid": floor.owner.sid, "listName": "warm", "length": 2}
    assert (await floor.api.get(BASE, anna)).payload == [shown]


async def test_lists_are_edited_and_deleted_by_administrators_only(floor: Floor) -> None:
    agent = await user_of(floor.api, floor.owner, "gi-agent")
    await floor.make(NAME, agent)
    await floor.add("Anna", "Bert")
    for method, path in (("POST", BASE), ("PUT", f"{BASE}/{NAME}"), ("DELETE", f"{BASE}/{NAME}")):
        answer = await floor.api.call(method, path, agent, {"listName": "x", "clientIds": []})
        assert answer.errors == [("401", "needs the privilege live-list-update")]

    edited = await floor.api.put(f"{BASE}/{NAME}", floor.owner, {"clientIds": [str(floor.owner.user.id)]})
    assert (edited.only["clientIds"], edited.only["length"]) == ([str(floor.owner.user.id)], 2)
    assert (await floor.api.get(BASE, agent)).payload == []

    deleted = await floor.api.delete(f"{BASE}/{NAME}", floor.owner)
    assert deleted.only == {"accountSid": floor.owner.sid, "listName": NAME}
    for table in ("live_lists", "live_list_users", "live_list_entries"):
        assert await floor.api.fetch(f"select from {table}") == []
    assert (await floor.api.delete(f"{BASE}/{NAME}", floor.owner)).status == 404
    assert (await floor.api.put(f"{BASE}/{NAME}", floor.owner, {"clientIds": []})).status == 404


async def test_a_name_is_one_lists_and_good_for_a_path(floor: Floor) -> None:
    for name in ("a", "x" * 64, "50% off?", "Überfällig #1", "queue", "A"):
        assert (await floor.make(name))["listName"] == name
        assert (
            await floor.api.get(
                f"{BASE}/queue/{name.replace('%', '%25').replace('?', '%3F').replace('#', '%23')}", floor.owner
            )
        ).payload == []
    assert (await floor.make("  trimmed "))["listName"] == "trimmed"

    taken = await floor.api.post(BASE, floor.owner, {"listName": "a"})
    assert (taken.status, taken.body["error"][0]["message"]) == (409, "Live list exists")
    stranger = await floor.api.account("stranger")
    assert (await floor.api.post(BASE, stranger, {"listName": "a"})).only["listName"] == "a"
    for bad in ("", " ", "x" * 65, "a/b", "a,b", "a\\b", ".", "..", "tab\there", "\u202e"):
        assert (await floor.api.post(BASE, floor.owner, {"listName": bad})).errors == [("400", "listName")], bad


async def test_who_is_no_user_of_the_account_is_named(floor: Floor) -> None:
    stranger = await floor.api.account("stranger")
    given = [str(floor.owner.user.id), str(stranger.user.id)]

    refused = await floor.api.post(BASE, floor.owner, {"listName": "a", "clientIds": given})

    assert refused.errors == [("400", "clientIds")]
    assert str(stranger.user.id) in refused.body["error"][0]["message"]
    assert str(floor.owner.user.id) not in refused.body["error"][0]["message"]
    assert await floor.api.fetch("select from live_lists") == []
    await floor.make("a")
    assert (await floor.api.put(f"{BASE}/a", floor.owner, {"clientIds": given})).status == 400


async def test_only_so_many_lists(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_LISTS", 1)
    await floor.make("a")
    assert (await floor.api.post(BASE, floor.owner, {"listName": "b"})).errors == [("400", "listName")]
    assert len((await floor.api.get(BASE, floor.owner)).payload) == 1


async def test_a_user_who_is_deleted_works_no_list_off(floor: Floor) -> None:
    anna, bert = [await user_of(floor.api, floor.owner, "webrtc-agent") for _ in range(2)]
    await floor.make(NAME, anna, bert)

    assert (await floor.api.delete(at(anna), floor.owner)).status == 200
    await floor.api.settle()

    assert (await floor.api.get(BASE, floor.owner)).only["clientIds"] == [str(bert.user.id)]


async def test_webhooks_are_told_of_lists_that_come_run_empty_and_go(floor: Floor, receiver: WebhookReceiver) -> None:
    body = '{"list":"%%listname%%","by":"%%clientid%%","of":"%%accountsid%%","status":"%%status%%","n":%%length%%}'
    hook = {"eventType": "live_list_status", "name": "lists", "url": receiver.url("/"), "bodyTemplate": body}
    assert (await floor.api.post("/v4/callback/configuration", floor.owner, hook)).status == 200
    agent = await user_of(floor.api, floor.owner, "webrtc-agent")

    await floor.make(NAME, agent)
    await floor.add("Anna", "Bert")
    for _ in range(3):
        await floor.take(agent)
    await floor.add("Anna")
    await floor.api.delete(f"{BASE}/{NAME}", floor.owner)
    await floor.api.settle()

    shared = {"list": NAME, "of": floor.owner.sid}
    owner, agents = str(floor.owner.user.id), str(agent.user.id)
    assert [request.json for request in receiver.requests] == [
        {**shared, "by": owner, "status": "created", "n": 0},
        {**shared, "by": agents, "status": "empty", "n": 0},
        {**shared, "by": owner, "status": "deleted", "n": 1},
    ]


async def test_a_week_after_their_time_contacts_are_forgotten(floor: Floor) -> None:
    await floor.make("a")
    await floor.make("b")
    await floor.add("Anna", to="a", expires_in=60)
    await floor.add("Bert", to="b", expires_in=60)
    await floor.add("Carl", to="b", expires_in=61)
    await floor.api.settle()
    upkeep = upkeep_of(floor.api.platform)

    floor.api.clock.advance(7 * 24 * 3600 + 60)
    await upkeep.once()
    assert len(await floor.api.fetch("select from live_list_entries")) == 3
    floor.api.clock.advance(1)
    await upkeep.once()

    (left,) = await floor.api.fetch("select contact_id from live_list_entries")
    assert left["contact_id"] == floor.people["Carl"]
    told = await floor.api.fetch("select payload from outbox where topic = 'live_lists.status_changed'")
    assert [(one["payload"]["listName"], one["payload"]["status"], one["payload"]["clientId"]) for one in told] == [
        ("a", "empty", "")
    ]


async def test_names_of_no_list_are_found(api: Api, floor: Floor) -> None:
    stranger = await api.account("stranger")
    await floor.make("a")
    async with api.platform.database.connection() as connection:
        lists = api.platform.live_lists.service
        assert await lists.unknown(connection, floor.owner.id, ["a", " a", "b"]) == {"b"}
        assert await lists.unknown(connection, stranger.id, ["a"]) == {"a"}
        assert await lists.unknown(connection, floor.owner.id, []) == set()
