"""Requests 114 and 159 to 161: webphone users, their numbers and their status."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.api.v4.test_sip_phones import binding, expire, registrar_at
from tests.harness import Api, Tenant

from cordboard.domain.accounts import repository as accounts
from cordboard.domain.accounts.models import User
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids
from cordboard.testing.webhook_receiver import WebhookReceiver

NUMBER, SECOND, THEIRS = "+17145550100", "+17145550101", "+17145550199"
BASE = "/ams/v3/users/webtrc"


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with two numbers; its owner uses a webphone."""
    tenant = await api.account()
    await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER, SECOND]})
    return tenant


async def colleague_of(api: Api, owner: Tenant, role: str = "webrtc-agent") -> Tenant:
    """Another user of the account, signed in."""
    user = User(Ids.random_uuid(), owner.id, f"agent-{role}@acme.example", "", 1, [role], None, 0)
    async with api.platform.database.transaction() as tx:
        await accounts.insert_user(tx, user, api.clock.now())
    return Tenant(owner.account, user, api._token_of(owner.account, user))


async def assigned(api: Api) -> dict[str, UUID | None]:
    """Whose each number is, as stored."""
    rows = await api.fetch("select phone_number, assigned_user from numbers")
    return {row["phone_number"]: row["assigned_user"] for row in rows}


async def test_a_user_gets_a_number_in_place_of_the_one_before(api: Api, owner: Tenant) -> None:
    first = (await api.post("/v4/number/webrtc/", owner, {"phoneNumber": NUMBER})).only
    assert (first["assignedUser"], first["phoneNumber"], first["smsMethod"]) == (str(owner.user.id), NUMBER, "POST")

    agent = await colleague_of(api, owner)
    assert (await api.post("/v4/number/webrtc", agent, {"phoneNumber": "(714) 555-0101"})).status == 200
    assert await assigned(api) == {NUMBER: owner.user.id, SECOND: agent.user.id}
    await api.post("/v4/number/webrtc", owner, {"phoneNumber": SECOND})
    assert await assigned(api) == {NUMBER: None, SECOND: owner.user.id}
    await api.post("/v4/number/webrtc", owner, {"phoneNumber": NUMBER, "clientId": str(agent.user.id)})
    assert await assigned(api) == {NUMBER: agent.user.id, SECOND: owner.user.id}


async def test_only_own_numbers_go_to_own_users(api: Api, owner: Tenant) -> None:
    stranger = await api.account("stranger")
    await api.post("/v4/number/purchase", stranger, {"phoneNumber": [THEIRS]})
    agent = await colleague_of(api, owner)

    assert (await api.post("/v4/number/webrtc", owner, {"phoneNumber": THEIRS})).status == 404
    assert (await api.post("/v4/number/webrtc", owner, {"phoneNumber": "x"})).errors[0][1] == "phoneNumber"
    theirs = {"phoneNumber": NUMBER, "clientId": str(stranger.user.id)}
    assert (await api.post("/v4/number/webrtc", owner, theirs)).status == 404
    other = {"phoneNumber": NUMBER, "clientId": str(owner.user.id)}
    assert (await api.post("/v4/number/webrtc", agent, other)).errors == [("401", "needs the privilege user-update")]
    assert set((await assigned(api)).values()) == {None}
    assert await api.fetch("select from webphones") == []


@pytest.mark.parametrize("spelling", ["webtrc", "webrtc"])
async def test_a_status_is_changed_and_shown_at_both_spellings(api: Api, owner: Tenant, spelling: str) -> None:
    path = f"/ams/v3/users/{spelling}/{owner.user.id}"
    idle = (await api.get(path, owner)).only
    assert (idle["status"], idle["login"], idle["lastAction"]) == ("unavailable", None, None)
    await api.post("/v4/number/webrtc", owner, {"phoneNumber": NUMBER})

    changed = (await api.put(path, owner, {"status": "available"})).only

    assert changed == {
        "key": {"accountSid": owner.sid, "clientId": str(owner.user.id)},
        "login": None,
        "status": "available",
        "callsid": None,
        "confId": None,
        "lastAction": epoch_ms(api.clock.now()),
        "username": owner.user.username,
        "number": NUMBER,
        "numberSetId": None,
        "serverIds": [],
    }
    assert (await api.get(f"/ams/v3/users/{spelling}/list", owner)).only == changed
    assert (await api.get(f"/ams/v3/users/{spelling}/list", owner, status="unavailable")).payload == []


async def test_who_may_change_whose_status(api: Api, owner: Tenant) -> None:
    agent, stranger = await colleague_of(api, owner), await api.account("stranger")
    path = f"{BASE}/{owner.user.id}"

    assert (await api.put(path, agent, {"status": "available"})).errors == [("401", "needs the privilege user-update")]
    assert (await api.put(f"{BASE}/{agent.user.id}", owner, {"status": "available"})).status == 200
    assert (await api.put(path, owner, {"status": "busy"})).errors[0][1] == "status"
    for method in ("GET", "PUT"):
        assert (await api.call(method, path, stranger, {"status": "available"})).status == 404
    assert (await api.get(f"{BASE}/list", stranger)).payload == []
    await api.assert_privileges([("GET", f"{BASE}/list", "webphone-use")], "gi-agent")


async def test_signing_in_and_out_and_changing_by_hand_are_told(api: Api, owner: Tenant) -> None:
    client_id = str(owner.user.id)
    first, second = registrar_at(api, "voice-1"), registrar_at(api, "voice-2")
    async with WebhookReceiver() as receiver:
        hook = {"eventType": "webrtc_user_status", "name": "w", "url": receiver.url("/status"), "enabled": True}
        await api.post("/v4/callback/configuration", owner, hook)

        await first.register(binding(owner, "tab-1", user=client_id, browser=True))
        await second.register(binding(owner, "tab-2", 60, user=client_id, browser=True))
        await first.register(binding(owner, "tab-1", user=client_id, browser=True))
        shown = (await api.get(f"{BASE}/{client_id}", owner)).only
        await api.settle()
        await api.put(f"{BASE}/{client_id}", owner, {"status": "unavailable"})
        await api.put(f"{BASE}/{client_id}", owner, {"status": "unavailable"})
        await api.settle()
        await first.unregister(owner.id, client_id, "tab-1")
        still = (await api.get(f"{BASE}/{client_id}", owner)).only
        api.clock.advance(61)
        await expire(api)
        await api.settle()

        told: list[dict[str, Any]] = [request.json for request in receiver.requests]
    assert (shown["status"], shown["login"], shown["serverIds"]) == (
        "available",
        epoch_ms(api.clock.now()) - 61_000,
        ["voice-1", "voice-2"],
    )
    assert (still["login"], still["serverIds"]) == (shown["login"], ["voice-2"])
    assert [(one["status"], one["loggedIn"]) for one in told] == [
        ("available", True),
        ("unavailable", True),
        ("unavailable", False),
    ]
    assert {(one["clientId"], one["accountSid"]) for one in told} == {(client_id, owner.sid)}


async def test_a_call_is_noted_until_it_is_over(api: Api, owner: Tenant) -> None:
    registrations = api.platform.registrations
    ids = Ids(api.clock)
    call, other, room = ids.time_uuid(), ids.time_uuid(), ids.time_uuid()
    path = f"{BASE}/{owner.user.id}"

    async with api.platform.database.transaction() as tx:
        await registrations.on_call(tx, owner.id, owner.user.id, call, room)
    busy = (await api.get(path, owner)).only
    async with api.platform.database.transaction() as tx:
        await registrations.off_call(tx, owner.id, owner.user.id, other)
    still = (await api.get(path, owner)).only
    async with api.platform.database.transaction() as tx:
        await registrations.off_call(tx, owner.id, owner.user.id, call)
    free = (await api.get(path, owner)).only

    assert (busy["callsid"], busy["confId"]) == (str(call), str(room)) == (still["callsid"], still["confId"])
    assert (free["callsid"], free["confId"]) == (None, None)
    assert await api.fetch("select from outbox") == []
