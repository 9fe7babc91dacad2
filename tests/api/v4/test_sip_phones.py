"""Ours: SIP phones, their credentials, and where they are registered."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from tests.harness import Api, Tenant

from cordboard.domain.phones.errors import TooManyPhonesError
from cordboard.edge.sip.phones_port import PhoneBinding
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids
from cordboard.run.phones import RegisteredPhones

NUMBER, THEIRS = "+17145550100", "+17145550199"
PHONE = {"username": "Front-Desk", "displayName": "Front desk", "extension": "101"}
PATH = "/v4/sip/phone/front-desk"
BAD_PHONES: list[tuple[dict[str, Any], str]] = [
    ({"username": "ab"}, "username"),
    ({"username": "1234"}, "username"),
    ({"username": "front desk"}, "username"),
    ({"username": "24554439-118f-4265-bde9-0789702990ac"}, "username"),
    ({"password": "short"}, "password"),
    ({"password": "with spaces in it"}, "password"),
    ({"extension": "1"}, "extension"),
    ({"extension": "abc"}, "extension"),
    ({"displayName": "a\tb"}, "displayName"),
    ({"callerId": THEIRS}, "callerId"),
    ({"callerId": "nothing"}, "callerId"),
    ({"clientId": "24554439-118f-4265-bde9-0789702990ac"}, "clientId"),
    ({"clientId": "ann"}, "clientId"),
]


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with a number."""
    tenant = await api.account()
    await api.post("/v4/number/purchase", tenant, {"phoneNumber": [NUMBER]})
    return tenant


@pytest.fixture
def registrar(api: Api) -> RegisteredPhones:
    """What the registrar of a voice process talks to."""
    return registrar_at(api, "voice-1")


def registrar_at(api: Api, node: str) -> RegisteredPhones:
    platform = api.platform
    return RegisteredPhones(
        database=platform.database,
        clock=platform.clock,
        phones=platform.phones,
        registrations=platform.registrations,
        node=node,
    )


def binding(
    owner: Tenant, contact: str, expires: int = 300, user: str = "front-desk", *, browser: bool = False
) -> PhoneBinding:
    """A registration."""
    return PhoneBinding(
        account_id=owner.id,
        user=user,
        contact=contact,
        remote="192.0.2.7:5060",
        user_agent="Desk/1.0",
        browser=browser,
        expires=expires,
    )


async def expire(api: Api, *dead: str) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.registrations.expire(tx, dead)


async def test_a_phone_shows_its_password_once_and_keeps_only_digests(
    api: Api, owner: Tenant, registrar: RegisteredPhones
) -> None:
    made = (await api.post("/v4/sip/phone/", owner, {**PHONE, "callerId": "(714) 555-0100"})).only

    password = made.pop("password")
    assert made == {
        "accountSid": owner.sid,
        "username": "front-desk",
        "clientId": None,
        "displayName": "Front desk",
        "extension": "101",
        "callerId": NUMBER,
        "enabled": True,
        "created": epoch_ms(api.clock.now()),
        "bindings": [],
    }
    assert (await api.get(PATH, owner)).only == made
    assert (await api.get("/v4/sip/phone", owner)).only == made
    found = await registrar.credentials("front-desk")
    a1 = f"front-desk:cordboard:{password}".encode()
    assert found is not None
    assert (found.account_id, found.user) == (owner.id, "front-desk")
    assert found.ha1_md5 == hashlib.md5(a1, usedforsecurity=False).hexdigest()
    assert found.ha1_sha256 == hashlib.sha256(a1).hexdigest()
    (row,) = await api.fetch("select * from sip_phones")
    assert not any(secret in str(row) for secret in (password, found.ha1_md5, found.ha1_sha256))


async def test_a_phone_is_changed_turned_off_and_removed(api: Api, owner: Tenant, registrar: RegisteredPhones) -> None:
    await api.post("/v4/sip/phone", owner, {**PHONE, "password": "first-password"})
    before = await registrar.credentials("front-desk")
    await registrar.register(binding(owner, "sip:a"))

    changed = await api.put(PATH, owner, {"clientId": str(owner.user.id), "displayName": "Ann", "extension": ""})
    assert (changed.only["clientId"], changed.only["displayName"]) == (str(owner.user.id), "Ann")
    assert len(changed.only["bindings"]) == 1
    assert await registrar.credentials("front-desk") == before

    again = await api.put(PATH, owner, {"password": "second-password"})
    assert ("password" in again.only, again.only["bindings"]) == (False, [])
    assert await registrar.credentials("front-desk") != before
    await api.put(PATH, owner, {"enabled": False})
    assert await registrar.credentials("front-desk") is None

    assert (await api.delete(PATH, owner)).status == 200
    assert (await api.get(PATH, owner)).status == 404
    assert await registrar.credentials("front-desk") is None


async def test_a_bad_phone_is_refused(api: Api, owner: Tenant) -> None:
    for changes, field in BAD_PHONES:
        answer = await api.post("/v4/sip/phone", owner, {**PHONE, **changes})
        assert (answer.status, [more for _, more in answer.errors]) == (400, [field]), changes

    assert await api.fetch("select from sip_phones") == []


async def test_names_are_taken_everywhere_and_extensions_in_the_account(api: Api, owner: Tenant) -> None:
    other = await api.account("other")
    await api.post("/v4/sip/phone", owner, PHONE)

    assert (await api.post("/v4/sip/phone", owner, {**PHONE, "extension": "102"})).status == 409
    taken = await api.post("/v4/sip/phone", other, {"username": "FRONT-desk"})
    assert (taken.status, taken.body["error"][0]["message"]) == (409, "Username is taken")
    second = await api.post("/v4/sip/phone", owner, {**PHONE, "username": "back-desk"})
    assert (second.status, second.body["error"][0]["message"]) == (409, "Extension is taken")
    assert (await api.post("/v4/sip/phone", other, {"username": "elsewhere", "extension": "101"})).status == 200
    await api.post("/v4/sip/phone", owner, {"username": "back-desk"})
    assert (await api.put("/v4/sip/phone/back-desk", owner, {"extension": "101"})).status == 409


async def test_another_accounts_phone_does_not_exist(api: Api, owner: Tenant) -> None:
    other = await api.account("other")
    await api.post("/v4/sip/phone", owner, PHONE)

    for method in ("GET", "PUT", "DELETE"):
        assert (await api.call(method, PATH, other, {} if method == "PUT" else None)).status == 404
    theirs = await api.put(PATH, owner, {"clientId": str(other.user.id)})
    assert [more for _, more in theirs.errors] == ["clientId"]
    await api.assert_privileges([("GET", "/v4/sip/phone", "phone-read"), ("PUT", PATH, "phone-update")], "webrtc-agent")


async def test_a_suspended_accounts_phones_cannot_register(
    api: Api, owner: Tenant, registrar: RegisteredPhones
) -> None:
    await api.post("/v4/sip/phone", owner, PHONE)
    async with api.platform.database.transaction() as tx:
        await api.platform.accounts.set_status(tx, owner.id, 0)

    assert await registrar.credentials("front-desk") is None


async def test_registrations_are_renewed_replaced_and_run_out(
    api: Api, owner: Tenant, registrar: RegisteredPhones
) -> None:
    await api.post("/v4/sip/phone", owner, PHONE)
    await registrar.register(binding(owner, "sip:a", 60))
    api.clock.advance(30)
    await registrar.register(binding(owner, "sip:b", 300))
    await registrar_at(api, "voice-2").register(binding(owner, "sip:a", 60))

    shown = (await api.get(PATH, owner)).only["bindings"]
    assert {(one["contact"], one["serverId"]) for one in shown} == {("sip:a", "voice-2"), ("sip:b", "voice-1")}
    assert (shown[0]["userAgent"], shown[0]["remote"]) == ("Desk/1.0", "192.0.2.7:5060")
    api.clock.advance(61)
    assert [one["contact"] for one in (await api.get(PATH, owner)).only["bindings"]] == ["sip:b"]
    await expire(api)
    assert len(await api.fetch("select from phone_bindings")) == 1
    await expire(api, "voice-1")
    assert await api.fetch("select from phone_bindings") == []


async def test_a_phone_has_only_so_many_addresses(api: Api, owner: Tenant, registrar: RegisteredPhones) -> None:
    for place in range(10):
        await registrar.register(binding(owner, f"sip:{place}"))

    with pytest.raises(TooManyPhonesError):
        await registrar.register(binding(owner, "sip:one-more"))
    await registrar.register(binding(owner, "sip:9"))
    await registrar.unregister(owner.id, "front-desk", "sip:0")
    await registrar.register(binding(owner, "sip:one-more"))


async def test_somebody_is_found_by_name_extension_or_user(api: Api, owner: Tenant) -> None:
    client_id = str(owner.user.id)
    await api.post("/v4/sip/phone", owner, {**PHONE, "clientId": client_id, "callerId": NUMBER})
    await api.post("/v4/sip/phone", owner, {"username": "switched-off", "clientId": client_id, "enabled": False})
    other = await api.account("other")
    phones, names = api.platform.phones, {}
    async with api.platform.database.transaction() as tx:
        for name in ("Front-Desk", "101", client_id, "switched-off", "nobody", str(Ids.random_uuid())):
            found = await phones.find(tx, owner.id, name)
            names[name] = (found.users, found.caller_id) if found else None
        assert await phones.find(tx, other.id, "front-desk") is None
        assert await phones.find(tx, other.id, client_id) is None

    assert list(names.values()) == [
        (("front-desk",), NUMBER),
        (("front-desk",), NUMBER),
        ((client_id, "front-desk"), ""),
        None,
        None,
        None,
    ]
