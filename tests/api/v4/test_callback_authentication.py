"""Requests 168 to 172: common configurations of webhooks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness import Api, Tenant

from cordboard.kit.secrets import KeyRing
from cordboard.run.platform import KEYS_FILE

BASE = "/v4/callback/authentication"
BODY = {
    "name": "Example config",
    "description": "Configuration for talking to example server",
    "headers": {"Content-type": "application/json", "MyCustomHeader": "my custom header value"},
    "authHeaders": {"Authentication": "Bearer %%ACCESS_TOKEN%%", "Password": "server password"},
}
NOBODY = "b41770b0-5503-11eb-9a67-59113aa55d66"


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """An account."""
    return await api.account()


async def added(api: Api, tenant: Tenant, **changes: Any) -> dict[str, Any]:
    """A common configuration, as it was answered."""
    shown: dict[str, Any] = (await api.post(BASE, tenant, {**BODY, **changes})).only
    return shown


async def test_a_common_configuration_is_kept_with_its_secrets_sealed(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)

    sealed = shown.pop("authHeaders")
    assert shown == {
        "accountSid": acme.sid,
        "id": shown["id"],
        "name": BODY["name"],
        "description": BODY["description"],
        "headers": BODY["headers"],
    }
    assert list(sealed) == ["Authentication", "Password"]
    (row,) = await api.fetch("select * from webhook_connections")
    assert row["auth_headers_sealed"] == sealed
    assert "server password" not in str(row)
    keys = KeyRing.load_or_create(api.platform.settings.data_path / KEYS_FILE)
    assert keys.open(sealed["Password"], f"webhook-auth:{acme.id}") == "server password"


async def test_it_is_read_back_and_listed_without_its_headers(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)

    assert (await api.get(f"{BASE}/{shown['id']}", acme)).only == shown
    listed = (await api.get(f"{BASE}/", acme)).only
    assert listed == {name: shown[name] for name in ("accountSid", "id", "name", "description")}


async def test_editing_changes_what_is_given(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)

    edited = (await api.put(f"{BASE}/{shown['id']}", acme, {"name": "Other", "headers": {}})).only

    assert edited == {**shown, "name": "Other", "headers": {}}
    assert (await api.get(f"{BASE}/{shown['id']}", acme)).only == edited


async def test_a_sealed_value_that_is_sent_back_stays_what_it_is(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)

    again = {**shown["authHeaders"], "Password": "changed"}
    edited = (await api.put(f"{BASE}/{shown['id']}", acme, {"authHeaders": again})).only

    assert edited["authHeaders"]["Authentication"] == shown["authHeaders"]["Authentication"]
    assert edited["authHeaders"]["Password"] not in ("changed", shown["authHeaders"]["Password"])


async def test_deleting_answers_what_was_there(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)

    assert (await api.delete(f"{BASE}/{shown['id']}", acme)).only == shown
    assert (await api.get(f"{BASE}/{shown['id']}", acme)).status == 404


async def test_one_that_is_used_cannot_be_deleted(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)
    hook = {"eventType": "sms_inbound", "name": "Hook", "url": "https://example.com"}
    used = (await api.post("/v4/callback/configuration", acme, {**hook, "callbackServerConfigId": shown["id"]})).only

    refused = await api.delete(f"{BASE}/{shown['id']}", acme)

    assert (refused.status, refused.body["error"][0]["code"]) == (409, "409")
    assert "Hook" in refused.body["error"][0]["moreInfo"]
    await api.put(f"/v4/callback/configuration/{used['id']}", acme, {"callbackServerConfigId": ""})
    assert (await api.delete(f"{BASE}/{shown['id']}", acme)).status == 200


_BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "name"),
    ({"name": "n" * 256}, "name"),
    ({"description": "d" * 2001}, "description"),
    ({"headers": {"Bad Name": "x"}}, "headers.Bad Name"),
    ({"headers": {"X": "a\r\nB: c"}}, "headers.X"),
    ({"headers": {"Host": "elsewhere"}}, "headers.Host"),
    ({"headers": {"Webhook-Signature": "v1,x"}}, "headers.Webhook-Signature"),
    ({"authHeaders": {"X": "a\nb"}}, "authHeaders.X"),
    ({"authHeaders": {f"X-{n}": "x" for n in range(51)}}, "authHeaders"),
    ({"headers": {"X": "v" * 4097}}, "headers.X"),
]


async def test_bad_fields_are_named(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)

    for changes, field in _BAD:
        for refused in (
            await api.post(BASE, acme, {**BODY, **changes}),
            await api.put(f"{BASE}/{shown['id']}", acme, changes),
        ):
            assert (refused.status, refused.errors) == (400, [("400", field)]), changes
    assert len(await api.fetch("select from webhook_connections")) == 1


async def test_nothing_of_another_account_is_there(api: Api, acme: Tenant) -> None:
    shown = await added(api, acme)
    other = await api.account("other")

    assert (await api.get(BASE, other)).payload == []
    for answer in (
        await api.get(f"{BASE}/{shown['id']}", other),
        await api.put(f"{BASE}/{shown['id']}", other, {"name": "Mine"}),
        await api.delete(f"{BASE}/{shown['id']}", other),
        await api.get(f"{BASE}/{NOBODY}", acme),
        await api.get(f"{BASE}/no-id", acme),
    ):
        assert answer.status == 404
    assert (await api.get(f"{BASE}/{shown['id']}", acme)).only == shown


async def test_the_privilege_is_asked_for(api: Api) -> None:
    agent = await api.account(role="basic-reports")

    for answer in (await api.get(BASE, agent), await api.post(BASE, agent, BODY)):
        assert (answer.status, answer.errors[0][0]) == (401, "401")
    assert (await api.get(BASE)).status == 403
