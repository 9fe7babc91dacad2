"""Requests 173 to 177: configurations of webhooks; and the secrets that sign their deliveries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.harness import PASSWORD, Api, Tenant, open_api

from cordboard.domain.webhooks.models import EVENT_TYPES
from cordboard.infra.db import Database
from cordboard.kit.ids import parse_uuid, time_of
from cordboard.run.settings import Network
from cordboard.testing.clock import VirtualClock

BASE = "/v4/callback/configuration"
BODY: dict[str, Any] = {
    "eventType": "campaign_workflow_callback",
    "name": "server callback",
    "enabled": True,
    "headers": {"Content-Type": "application/json"},
    "url": "https://www.example.com/callbackUrl",
    "httpMethod": "POST",
    "contentType": "JSON",
    "bodyTemplate": '{ "user": "%%CONTACT_ID%%" }',
    "successPath": "$.status",
    "successValue": "true",
    "responseMapping": {"firstname": "$.user.firstname", "lastname": "$.user.lastname"},
}
NOBODY = "b41770b0-5503-11eb-9a67-59113aa55d66"


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """An account."""
    return await api.account()


async def added(api: Api, tenant: Tenant, **changes: Any) -> dict[str, Any]:
    """A configuration, as it was answered."""
    shown: dict[str, Any] = (await api.post(BASE, tenant, {**BODY, **changes})).only
    return shown


async def test_a_configuration_is_answered_as_it_was_sent(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)

    assert shown == {"accountSid": acme.sid, "id": shown["id"], **BODY}
    identifier = parse_uuid(shown["id"])
    assert identifier is not None
    assert time_of(identifier) == api.clock.now()
    assert (await api.get(f"{BASE}/{shown['id']}", acme)).only == shown
    assert (await api.get(f"{BASE}/", acme)).payload == [shown]


async def test_what_is_left_out_has_the_usual_values(api: Api, acme: Tenant) -> None:
    given = {"eventType": "sms_inbound", "name": "Short", "url": "https://example.com/%%TO%%"}

    shown = (await api.post(BASE, acme, given)).only

    assert shown == {
        "accountSid": acme.sid,
        "id": shown["id"],
        **given,
        "enabled": True,
        "headers": {},
        "httpMethod": "POST",
        "contentType": "JSON",
        "bodyTemplate": "",
        "successPath": "HTTP_OK",
        "successValue": "",
    }


async def test_every_event_type_is_taken(api: Api, acme: Tenant) -> None:
    assert [(await added(api, acme, eventType=one))["eventType"] for one in EVENT_TYPES] == list(EVENT_TYPES)


async def test_what_older_clients_add_comes_back(api: Api, acme: Tenant) -> None:
    more = {
        "failureStrategy": {"retryStrategy": "none", "retryCount": 0, "retryDelaySeconds": 0},
        "errorResponseMapping": {"why": "$.error"},
    }

    shown = await added(api, acme, **more)

    assert {name: shown[name] for name in more} == more


async def test_it_refers_to_a_common_configuration_of_the_account(api: Api, acme: Tenant) -> None:
    other = await api.account("other")
    common = (await api.post("/v4/callback/authentication", acme, {"name": "Common"})).only["id"]
    theirs = (await api.post("/v4/callback/authentication", other, {"name": "Theirs"})).only["id"]

    shown = await added(api, acme, callbackServerConfigId=common)
    assert shown["callbackServerConfigId"] == common
    for wrong in (theirs, NOBODY, "no-id"):
        refused = await api.put(f"{BASE}/{shown['id']}", acme, {"callbackServerConfigId": wrong})
        assert (refused.status, refused.errors) == (400, [("400", "callbackServerConfigId")])
    edited = (await api.put(f"{BASE}/{shown['id']}", acme, {"callbackServerConfigId": ""})).only
    assert "callbackServerConfigId" not in edited


async def test_editing_changes_what_is_given(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)

    edited = (await api.put(f"{BASE}/{shown['id']}", acme, {"enabled": "false", "httpMethod": "get"})).only

    assert edited == {**shown, "enabled": False, "httpMethod": "GET"}
    assert (await api.get(f"{BASE}/{shown['id']}", acme)).only == edited


async def test_deleting_answers_what_was_there(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)

    assert (await api.delete(f"{BASE}/{shown['id']}", acme)).only == shown
    assert (await api.get(BASE, acme)).payload == []
    assert (await api.delete(f"{BASE}/{shown['id']}", acme)).status == 404


_BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"eventType": "sms_sideways"}, ["eventType"]),
    ({"eventType": ""}, ["eventType"]),
    ({"name": ""}, ["name"]),
    ({"url": ""}, ["url"]),
    ({"url": "ftp://example.com"}, ["url"]),
    ({"url": "https://user:pw@example.com"}, ["url"]),
    ({"httpMethod": "PATCH"}, ["httpMethod"]),
    ({"contentType": "XML"}, ["contentType"]),
    ({"headers": {"A": "b\r\nC: d"}}, ["headers.A"]),
    ({"headers": {"A": 1}}, ["headers[...]"]),
    ({"enabled": "maybe"}, ["enabled"]),
    ({"successPath": "$.["}, ["successPath"]),
    ({"successPath": "$..a..b"}, ["successPath"]),
    ({"successPath": "$[?(@.a)]"}, ["successPath"]),
    ({"successValue": "v" * 256}, ["successValue"]),
    ({"responseMapping": {"a": "$.["}}, ["responseMapping.a"]),
    ({"responseMapping": {" ": "$.a"}}, ["responseMapping"]),
    ({"errorResponseMapping": {"a": "$.["}}, ["errorResponseMapping.a"]),
    ({"responseMapping": {f"v{n}": "$.a" for n in range(51)}}, ["responseMapping"]),
    ({"bodyTemplate": "x" * (64 * 1024 + 1)}, ["bodyTemplate"]),
    ({"failureStrategy": {"why": "x" * 5000}}, ["failureStrategy"]),
    ({"eventType": "x", "url": "y", "name": ""}, ["eventType", "name", "url"]),
]


async def test_bad_fields_are_named(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)

    for changes, fields in _BAD:
        for refused in (
            await api.post(BASE, acme, {**BODY, **changes}),
            await api.put(f"{BASE}/{shown['id']}", acme, changes),
        ):
            assert (refused.status, [field for _, field in refused.errors]) == (400, fields), changes
    assert (await api.get(BASE, acme)).payload == [shown]


async def test_what_is_required_is_named(api: Api, acme: Tenant) -> None:
    refused = await api.post(BASE, acme, {})

    assert [field for _, field in refused.errors] == ["eventType", "name", "url"]


async def test_private_addresses_are_refused(
    database: Database, clock: VirtualClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    hosts = ("127.0.0.1", "10.1.2.3", "[::1]", "localhost", "169.254.169.254", "0x7f000001")
    strict = Network(allow_private_callbacks=False)
    async with open_api(database, clock, tmp_path_factory.mktemp("data"), network=strict) as api:
        acme = await api.account()
        for host in hosts:
            refused = await api.post(BASE, acme, {**BODY, "url": f"http://{host}/hook"})

            assert (refused.status, refused.errors) == (400, [("400", "url")]), host


async def test_nothing_of_another_account_is_there(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)
    other = await api.account("other")
    one = f"{BASE}/{shown['id']}"

    assert (await api.get(BASE, other)).payload == []
    for answer in (
        await api.get(one, other),
        await api.put(one, other, {"name": "Mine"}),
        await api.delete(one, other),
        await api.get(f"{one}/deliveries", other),
        await api.post(f"{one}/replay", other, {"since": 0}),
        await api.get(f"{one}/secret", other),
        await api.post(f"{one}/secret/rotate", other),
        await api.get(f"{BASE}/{NOBODY}", acme),
        await api.get(f"{BASE}/no-id", acme),
    ):
        assert answer.status == 404
    assert (await api.get(one, acme)).only == shown


async def test_the_privilege_is_asked_for(api: Api, acme: Tenant) -> None:
    one = f"{BASE}/{(await added(api, acme))['id']}"
    agent = await api.account(role="basic-reports")

    for answer in (
        await api.get(BASE, agent),
        await api.post(BASE, agent, BODY),
        await api.put(one, agent, BODY),
        await api.delete(one, agent),
        await api.get(f"{one}/deliveries", agent),
        await api.post(f"{one}/replay", agent, {"since": 0}),
        await api.get(f"{one}/secret", agent),
        await api.post(f"{one}/secret/rotate", agent),
        await api.get("/v4/callback/secret", agent),
        await api.post("/v4/callback/secret/rotate", agent),
    ):
        assert (answer.status, answer.errors[0][0]) == (401, "401")
    assert (await api.get(BASE)).status == 403


async def test_a_secret_is_made_with_the_configuration_and_kept_sealed(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)

    secret = (await api.get(f"{BASE}/{shown['id']}/secret", acme)).only

    assert secret["secret"].startswith("whsec_")
    assert secret["previous"] == []
    assert (await api.get(f"{BASE}/{shown['id']}/secret", acme)).only == secret
    (row,) = await api.fetch("select secrets_sealed from webhooks")
    assert secret["secret"] not in str(row)


@pytest.mark.parametrize("where", ["configuration", "account"])
async def test_rotation_keeps_the_old_secret_for_a_day(api: Api, acme: Tenant, where: str) -> None:
    path = f"{BASE}/{(await added(api, acme))['id']}/secret" if where == "configuration" else "/v4/callback/secret"
    old = (await api.get(path, acme)).only["secret"]

    rotated = (await api.post(f"{path}/rotate", acme)).only

    until = int(api.clock.now().timestamp() * 1000) + 24 * 3600 * 1000
    assert rotated["secret"] != old
    assert rotated["previous"] == [{"secret": old, "validUntil": until}]
    api.clock.advance(24 * 3600)
    tokens = await api.platform.people.sign_in.with_password(acme.user.username, PASSWORD, "", 60)
    assert (await api.get(path, replace(acme, token=tokens.access_token))).only == {**rotated, "previous": []}


async def test_rotating_over_and_over_is_refused(api: Api, acme: Tenant) -> None:
    path = f"{BASE}/{(await added(api, acme))['id']}/secret/rotate"

    statuses = [(await api.post(path, acme)).status for _ in range(6)]

    assert statuses == [200, 200, 200, 200, 409, 409]
