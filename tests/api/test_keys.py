"""Long-lived keys: made once, listed without their tokens, revoked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import jwt
import pytest
from tests.harness import Api, Tenant

from cordboard.domain.accounts.keys import MOST_KEYS
from cordboard.domain.accounts.privileges import ROLES, from_words
from cordboard.kit.clock import epoch_ms
from cordboard.kit.ids import Ids

BODY = {"description": "nightly report", "expirationInDay": 30, "roles": ["basic-reports"]}
DAY_MS = 24 * 3600 * 1000


@pytest.fixture
async def acme(api: Api) -> Tenant:
    """The account that has the keys."""
    return await api.account()


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another account."""
    return await api.account("stranger")


def path(tenant: Tenant, jti: str = "") -> str:
    return f"/ams/v2/keys/account/{tenant.sid}/jti/{jti}"


async def make(api: Api, tenant: Tenant, **changes: Any) -> dict[str, Any]:
    """A key of the tenant."""
    made: dict[str, Any] = (await api.post(path(tenant), tenant, {**BODY, **changes})).only
    return made


async def listed(api: Api, tenant: Tenant, **query: str) -> list[dict[str, Any]]:
    return (await api.get(f"/ams/v2/keys/account/{tenant.sid}", tenant, **query)).payload


def holder(tenant: Tenant, key: dict[str, Any]) -> Tenant:
    return Tenant(tenant.account, tenant.user, key["encryptToken"])


def privileges_of(key: dict[str, Any]) -> int:
    claims = jwt.decode(key["encryptToken"], options={"verify_signature": False})
    assert (claims["kind"], claims["jti"]) == ("key", key["jti"])
    return from_words(claims["priv"])


async def test_a_key_is_shown_once_and_works(api: Api, acme: Tenant) -> None:
    made = await make(api, acme)
    now = epoch_ms(api.clock.now())
    shown = {
        "jti": made["jti"],
        "accountSid": acme.sid,
        "clientId": str(acme.user.id),
        "description": "nightly report",
        "roles": ["basic-reports"],
        "created": now,
        "expires": now + 30 * DAY_MS,
        "revoked": None,
    }

    assert made == {**shown, "encryptToken": made["encryptToken"]}
    assert await listed(api, acme) == [shown]
    assert made["encryptToken"] not in repr(await api.fetch("select * from api_keys"))
    assert (await api.get("/v4/logs/sms", holder(acme, made))).status != 403
    assert (await api.get("/v4/number", holder(acme, made))).errors == [("401", "needs the privilege number-read")]
    api.clock.advance(30 * 24 * 3600)
    assert (await api.get("/v4/number", holder(acme, made))).errors == [("403", "Token expired")]


async def test_keys_are_listed_the_oldest_first_in_pages(api: Api, acme: Tenant) -> None:
    made = []
    for index in range(3):
        made.append(await make(api, acme, description=str(index)))
        api.clock.advance(1)

    assert [key["jti"] for key in await listed(api, acme)] == [key["jti"] for key in made]
    assert [key["jti"] for key in await listed(api, acme, size="1", offset="1")] == [made[1]["jti"]]


async def test_a_key_gets_no_more_than_its_maker_has(api: Api) -> None:
    owner = await api.account("owner")
    async with api.platform.database.transaction() as tx:
        await tx.execute("update users set roles = '{settings-admin,account-owner}' where id = $1", owner.user.id)

    everything = await make(api, owner, roles=["platform-admin", "account-owner"])
    reports = await make(api, owner, roles=["basic-reports"])

    assert privileges_of(everything) == ROLES["account-owner"]
    assert privileges_of(reports) == ROLES["basic-reports"]


async def test_a_key_shrinks_with_its_users_roles(api: Api, acme: Tenant) -> None:
    key = await make(api, acme, roles=["account-owner"])
    assert (await api.get("/v4/number", holder(acme, key))).status == 200
    async with api.platform.database.transaction() as tx:
        await tx.execute("update users set roles = '{basic-reports}' where id = $1", acme.user.id)

    api.platform.accounts._verified.clear()

    assert (await api.get("/v4/number", holder(acme, key))).errors == [("401", "needs the privilege number-read")]


async def test_a_revoked_key_is_dead(api: Api, acme: Tenant) -> None:
    key, other = await make(api, acme, roles=["account-owner"]), await make(api, acme, roles=["account-owner"])
    assert (await api.get("/v4/number", holder(acme, key))).status == 200
    api.clock.advance(5)
    when = epoch_ms(api.clock.now())

    assert (await api.delete(path(acme, key["jti"]), acme)).only["revoked"] == when
    api.clock.advance(5)
    assert (await api.delete(path(acme, key["jti"]), acme)).only["revoked"] == when

    api.platform.accounts._verified.clear()
    assert (await api.get("/v4/number", holder(acme, key))).errors == [("403", "Token revoked")]
    assert (await api.get("/v4/number", holder(acme, other))).status == 200
    assert {one["jti"]: one["revoked"] for one in await listed(api, acme)} == {key["jti"]: when, other["jti"]: None}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"description": " "}, "description"),
        ({"description": "x" * 256}, "description"),
        ({"expirationInDay": 0}, "expirationInDay"),
        ({"expirationInDay": 3651}, "expirationInDay"),
        ({"roles": []}, "roles"),
        ({"roles": ["basic-reports", "root"]}, "roles"),
    ],
)
async def test_a_bad_field_is_named_and_no_key_is_made(
    api: Api, acme: Tenant, changes: dict[str, Any], field: str
) -> None:
    answer = await api.post(path(acme), acme, {**BODY, **changes})

    assert (answer.status, answer.errors) == (400, [("400", field)])
    assert await api.fetch("select from api_keys") == []


async def test_roles_that_give_nothing_are_refused(api: Api, acme: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        await tx.execute("update users set roles = '{settings-admin}' where id = $1", acme.user.id)
    session = await api.platform.accounts.authenticate(acme.token)

    async with api.platform.database.transaction() as tx:
        with pytest.raises(Exception, match="your own roles"):
            await api.platform.people.keys.create(
                tx, session, acme.id, description="x", roles=["basic-reports"], days=1
            )


async def test_the_number_of_keys_that_hold_is_limited(api: Api, acme: Tenant) -> None:
    first = await make(api, acme)
    async with api.platform.database.transaction() as tx:
        await tx.execute(
            "insert into api_keys select gen_random_uuid(), account_id, user_id, description, roles, created_at,"
            " expires_at, null from api_keys, generate_series(2, $1)",
            MOST_KEYS,
        )

    assert (await api.post(path(acme), acme, BODY)).status == 409
    await api.delete(path(acme, first["jti"]), acme)
    assert (await api.post(path(acme), acme, BODY)).status == 200


async def test_another_accounts_keys_do_not_exist(api: Api, acme: Tenant, stranger: Tenant) -> None:
    key = await make(api, acme)

    for answer in (
        await api.get(f"/ams/v2/keys/account/{acme.sid}", stranger),
        await api.post(path(acme), stranger, BODY),
        await api.delete(path(acme, key["jti"]), stranger),
    ):
        assert (answer.status, answer.errors) == (404, [("404", "accountId")])
    assert (await api.delete(path(stranger, key["jti"]), stranger)).errors == [("404", "jti")]
    assert (await api.delete(path(acme, str(Ids.random_uuid())), acme)).errors == [("404", "jti")]
    assert [one["revoked"] for one in await listed(api, acme)] == [None]


async def test_a_parent_sees_and_revokes_its_subaccounts_keys_but_makes_none(api: Api, acme: Tenant) -> None:
    child = await api.account("child", parent=acme.id)
    key = await make(api, child)

    assert [one["jti"] for one in (await api.get(f"/ams/v2/keys/account/{child.sid}", acme)).payload] == [key["jti"]]
    for body in (BODY, {**BODY, "accountSid": child.sid}):
        answer = await api.post(path(child), acme, body)
        assert answer.status == 401
        assert "one of the account's own users" in str(answer.errors[0][1])
    assert (await api.delete(path(child, key["jti"]), acme)).only["revoked"]
    assert (await api.get(f"/ams/v2/keys/account/{acme.sid}", child)).status == 404
    assert UUID(key["clientId"]) == child.user.id


async def test_a_privilege_is_needed(api: Api) -> None:
    one = f"/ams/v2/keys/account/{Ids.random_uuid()}"

    await api.assert_privileges(
        (
            ("GET", one, "key-update"),
            ("POST", f"{one}/jti/", "key-update"),
            ("DELETE", f"{one}/jti/{Ids.random_uuid()}", "key-update"),
        ),
        "api-owner",
    )
