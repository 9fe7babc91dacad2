"""Request 1: signing in and staying signed in."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pyotp
import pytest
from tests.harness import PASSWORD, Answer, Api, Tenant

from cordboard.domain.accounts.privileges import ROLES, Privilege, from_words

TOKEN = "/auth/v3/token"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


async def sign_in(api: Api, tenant: Tenant, password: str = PASSWORD, **more: Any) -> Answer:
    body = {"grantType": "resource_owner_credentials", "username": tenant.user.username, "password": password, **more}
    return await api.post(TOKEN, json=body)


async def fail(api: Api, tenant: Tenant, times: int, **more: Any) -> None:
    """That many sign-ins with a wrong password, all at the same time."""
    answers = await asyncio.gather(*(sign_in(api, tenant, "not the password", **more) for _ in range(times)))
    assert {info(answer) for answer in answers} == {"wrong username or password"}


async def refresh(api: Api, token: str) -> Answer:
    return await api.post(TOKEN, json={"grantType": "refresh_token", "refreshToken": token})


def holder(tenant: Tenant, token: str) -> Tenant:
    return Tenant(tenant.account, tenant.user, token)


def info(answer: Answer) -> str | None:
    assert answer.status == 403, answer.body
    ((code, more),) = answer.errors
    assert code == "403"
    assert answer.body["error"][0]["message"] == "Authentication Error"
    return more


async def set_user_status(api: Api, tenant: Tenant, status: int) -> None:
    async with api.platform.database.transaction() as tx:
        await tx.execute("update users set status = $2 where id = $1", tenant.user.id, status)


async def enable_totp(api: Api, tenant: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        await api.platform.accounts.enable_totp(tx, tenant.user, SECRET)


def pin(api: Api, steps: int = 0) -> str:
    return pyotp.TOTP(SECRET).at(api.clock.now() + timedelta(seconds=30 * steps))


async def test_a_password_gets_tokens_that_work(api: Api) -> None:
    acme = await api.account()

    answer = await sign_in(api, acme, captcha="anything", refreshToken="", refreshDurationMinutes="120")
    tokens = answer.only

    assert set(tokens) == {"accessToken", "refreshToken", "tokenType"}
    assert tokens["tokenType"] == "Bearer"
    assert (await api.get("/ams/v3/accounts", holder(acme, tokens["accessToken"]))).only["id"] == acme.sid
    assert {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(answer.headers)


async def test_the_user_name_is_taken_in_any_case(api: Api) -> None:
    acme = await api.account()

    assert (await sign_in(api, acme, username=acme.user.username.upper())).status == 200


async def test_only_hashes_are_stored(api: Api) -> None:
    acme = await api.account()
    tokens = (await sign_in(api, acme)).only

    rows = await api.fetch("select u.*, r.* from users u join refresh_tokens r on r.user_id = u.id")

    assert PASSWORD not in repr(rows)
    assert tokens["refreshToken"] not in repr(rows)
    assert {row["password_hash"].split("$")[1] for row in rows} == {"argon2id"}


async def test_the_claims_are_those_that_clients_read(api: Api) -> None:
    parent = await api.account("parent")
    child = await api.account("child", parent=parent.id)
    token = (await sign_in(api, child)).only["accessToken"]

    claims = jwt.decode(token, options={"verify_signature": False})

    now = int(api.clock.now().timestamp())
    assert jwt.get_unverified_header(token)["alg"] == "EdDSA"
    assert set(claims) == {"sub", "acct", "pacct", "priv", "kind", "jti", "iat", "exp"}
    assert claims["sub"] == str(child.user.id)
    assert claims["acct"] == child.sid
    assert claims["pacct"] == parent.sid
    assert claims["kind"] == "session"
    assert claims["iat"] == now
    assert claims["exp"] == now + 120 * 60
    assert uuid.UUID(claims["jti"]).version == 4
    assert all(0 <= word < 2**32 for word in claims["priv"])
    assert from_words(claims["priv"]) == ROLES["account-owner"]
    assert claims["priv"][0] & Privilege.ACCT_CREATE.bit == 128


async def test_an_access_token_lives_120_minutes(api: Api) -> None:
    acme = await api.account()

    api.clock.advance(120 * 60 - 1)
    assert (await api.get("/ams/v3/accounts", acme)).status == 200
    api.clock.advance(1)

    assert info(await api.get("/ams/v3/accounts", acme)) == "Token expired"


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_a_changed_token_is_refused(api: Api, part: int) -> None:
    acme = await api.account()
    parts = acme.token.split(".")
    parts[part] = parts[part][:10] + ("A" if parts[part][10] != "A" else "B") + parts[part][11:]

    assert info(await api.get("/ams/v3/accounts", holder(acme, ".".join(parts)))) == "Bad token"


async def test_an_unsigned_token_is_refused(api: Api) -> None:
    acme = await api.account()
    claims = jwt.decode(acme.token, options={"verify_signature": False})

    for forged in (jwt.encode(claims, "", algorithm="none"), jwt.encode(claims, "x" * 32, algorithm="HS256")):
        assert info(await api.get("/ams/v3/accounts", holder(acme, forged))) == "Bad token"


async def test_unknown_users_and_wrong_passwords_look_the_same(api: Api) -> None:
    acme = await api.account()

    wrong = await sign_in(api, acme, "not the password")
    unknown = await sign_in(api, acme, username="nobody@example.com")

    assert info(wrong) == "wrong username or password"
    assert wrong.body == unknown.body


async def test_a_suspended_user_looks_like_a_stranger(api: Api) -> None:
    acme = await api.account()
    await set_user_status(api, acme, 0)

    assert info(await sign_in(api, acme)) == "wrong username or password"
    assert info(await api.get("/ams/v3/accounts", acme)) == "Token revoked"


async def test_a_suspended_account_is_told_so_once_the_password_is_right(api: Api) -> None:
    acme = await api.account()
    tokens = (await sign_in(api, acme)).only
    async with api.platform.database.transaction() as tx:
        await api.platform.accounts.set_status(tx, acme.id, 0)

    for answer in (await sign_in(api, acme), await refresh(api, tokens["refreshToken"])):
        assert answer.status == 401
        assert answer.body["error"][0]["message"] == "Account suspended"
    assert info(await sign_in(api, acme, "not the password")) == "wrong username or password"


async def test_ten_failures_lock_the_name_for_15_minutes(api: Api) -> None:
    acme = await api.account()
    await fail(api, acme, 9)
    assert (await api.fetch("select locked_until from login_attempts"))[0]["locked_until"] is None

    assert info(await sign_in(api, acme, "not the password", username=acme.user.username.upper()))
    assert info(await sign_in(api, acme)) == "too many failed sign-ins; try again in 15 minutes"
    api.clock.advance(14 * 60 + 59)
    assert info(await sign_in(api, acme)) == "too many failed sign-ins; try again in 1 minutes"
    api.clock.advance(1)

    assert (await sign_in(api, acme)).status == 200
    assert await api.fetch("select from login_attempts") == []


async def test_the_count_starts_anew_after_a_lock_and_after_a_success(api: Api) -> None:
    acme = await api.account()
    await fail(api, acme, 10)
    api.clock.advance(15 * 60)
    await fail(api, acme, 9)
    assert (await sign_in(api, acme)).status == 200
    await fail(api, acme, 9)

    assert (await sign_in(api, acme)).status == 200


async def test_a_name_that_nobody_has_is_locked_too(api: Api) -> None:
    acme = await api.account()
    await fail(api, acme, 10, username="nobody@example.com")

    more = info(await sign_in(api, acme, username="nobody@example.com"))

    assert more is not None
    assert more.startswith("too many failed sign-ins")
    assert (await sign_in(api, acme)).status == 200


async def test_a_pincode_is_asked_for_after_the_password(api: Api) -> None:
    acme = await api.account()
    await enable_totp(api, acme)

    assert info(await sign_in(api, acme)) == "2FA pincode required"
    assert info(await sign_in(api, acme, "not the password")) == "wrong username or password"
    assert (await sign_in(api, acme, pincode=pin(api))).status == 200


async def test_the_secret_of_the_second_factor_is_stored_sealed(api: Api) -> None:
    acme = await api.account()
    await enable_totp(api, acme)

    (row,) = await api.fetch("select totp_secret_sealed from users where id = $1", acme.user.id)

    assert row["totp_secret_sealed"].startswith("v1.")
    assert SECRET not in row["totp_secret_sealed"]


@pytest.mark.parametrize("steps", [-1, 0, 1])
async def test_a_pincode_of_the_step_before_or_after_is_forgiven(api: Api, steps: int) -> None:
    acme = await api.account()
    await enable_totp(api, acme)

    assert (await sign_in(api, acme, pincode=pin(api, steps))).status == 200


@pytest.mark.parametrize("steps", [-2, 2])
async def test_a_pincode_from_further_away_is_wrong(api: Api, steps: int) -> None:
    acme = await api.account()
    await enable_totp(api, acme)

    assert info(await sign_in(api, acme, pincode=pin(api, steps))) == "2FA pincode is wrong"


async def test_a_pincode_counts_once(api: Api) -> None:
    acme = await api.account()
    await enable_totp(api, acme)
    used = pin(api)
    await sign_in(api, acme, pincode=used)

    assert info(await sign_in(api, acme, pincode=used)) == "2FA pincode is wrong"
    assert info(await sign_in(api, acme, pincode=pin(api, -1))) == "2FA pincode is wrong"
    api.clock.advance(30)
    assert (await sign_in(api, acme, pincode=pin(api))).status == 200


async def test_wrong_pincodes_lock_as_well(api: Api) -> None:
    acme = await api.account()
    await enable_totp(api, acme)
    for _ in range(10):
        assert info(await sign_in(api, acme, pincode=pin(api, 50))) == "2FA pincode is wrong"

    more = info(await sign_in(api, acme, pincode=pin(api)))

    assert more is not None
    assert more.startswith("too many failed sign-ins")


async def test_a_refresh_token_is_used_up_and_replaced(api: Api) -> None:
    acme = await api.account()
    first = (await sign_in(api, acme)).only

    second = (await refresh(api, first["refreshToken"])).only
    third = (await refresh(api, second["refreshToken"])).only

    assert len({first["refreshToken"], second["refreshToken"], third["refreshToken"]}) == 3
    assert (await api.get("/ams/v3/accounts", holder(acme, third["accessToken"]))).only["id"] == acme.sid


async def test_a_second_use_revokes_what_came_from_the_same_sign_in(api: Api) -> None:
    acme = await api.account()
    first = (await sign_in(api, acme)).only
    other = (await sign_in(api, acme)).only
    second = (await refresh(api, first["refreshToken"])).only

    assert info(await refresh(api, first["refreshToken"])) == "Refresh token was used before; sign in again"
    assert info(await refresh(api, second["refreshToken"])) == "Bad refresh token"
    assert (await refresh(api, other["refreshToken"])).status == 200


@pytest.mark.parametrize(("asked", "minutes"), [({}, 1440), ({"refreshDurationMinutes": 43200}, 43200)])
async def test_a_refresh_token_lives_as_long_as_asked(api: Api, asked: dict[str, Any], minutes: int) -> None:
    acme = await api.account()
    living = (await sign_in(api, acme, **asked)).only["refreshToken"]
    dead = (await sign_in(api, acme, **asked)).only["refreshToken"]

    api.clock.advance(minutes * 60 - 1)
    renewed = (await refresh(api, living)).only["refreshToken"]
    api.clock.advance(1)

    assert info(await refresh(api, dead)) == "Bad refresh token"
    api.clock.advance(minutes * 60 - 2)
    assert (await refresh(api, renewed)).status == 200


async def test_a_refresh_ends_with_the_user(api: Api) -> None:
    acme = await api.account()
    token = (await sign_in(api, acme)).only["refreshToken"]
    await set_user_status(api, acme, 0)
    assert info(await refresh(api, token)) == "Token revoked"

    await set_user_status(api, acme, 1)

    assert (await refresh(api, token)).status == 200


async def test_a_refresh_token_is_no_access_token_and_the_reverse(api: Api) -> None:
    acme = await api.account()
    tokens = (await sign_in(api, acme)).only

    assert info(await api.get("/ams/v3/accounts", holder(acme, tokens["refreshToken"]))) == "Bad token"
    assert info(await refresh(api, tokens["accessToken"])) == "Bad refresh token"


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"grantType": "password"}, ["grantType"]),
        ({"grantType": None}, ["grantType"]),
        ({"username": "", "password": ""}, ["username", "password"]),
        ({"grantType": "refresh_token"}, ["refreshToken"]),
        ({"refreshDurationMinutes": 0}, ["refreshDurationMinutes"]),
        ({"refreshDurationMinutes": 43201}, ["refreshDurationMinutes"]),
        ({"refreshDurationMinutes": "soon"}, ["refreshDurationMinutes"]),
        ({"username": "a" * 321, "password": "p" * 1025, "pincode": "1" * 33}, ["username", "password", "pincode"]),
        ({"username": "a\0"}, ["username"]),
    ],
)
async def test_bad_requests_name_each_bad_field(api: Api, change: dict[str, Any], fields: list[str]) -> None:
    body = {"grantType": "resource_owner_credentials", "username": "a@b.c", "password": PASSWORD, **change}

    answer = await api.post(TOKEN, json=body)

    assert answer.status == 400
    assert [field for _, field in answer.errors] == fields
    assert await api.fetch("select from login_attempts") == []


async def test_a_key_is_a_bearer_token_without_the_privileges_its_maker_lacks(api: Api) -> None:
    acme = await api.account(role="number-admin")
    async with api.platform.database.transaction() as tx:
        key = await api.platform.accounts.create_key(
            tx, acme.user, acme.account, description="ci", roles=["api-owner"], days=30
        )

    claims = jwt.decode(key, options={"verify_signature": False})

    assert claims["kind"] == "key"
    assert from_words(claims["priv"]) == ROLES["number-admin"]
    assert datetime.fromtimestamp(claims["exp"], UTC) - api.clock.now() == timedelta(days=30)
    assert await api.fetch("select from api_keys where jti = $1", uuid.UUID(claims["jti"])) != []


async def test_a_key_is_refused_for_account_management(api: Api) -> None:
    acme = await api.account()
    async with api.platform.database.transaction() as tx:
        key = await api.platform.accounts.create_key(
            tx, acme.user, acme.account, description="ci", roles=["api-owner"], days=30
        )

    assert info(await api.get("/ams/v3/accounts", holder(acme, key))) == "Long lived token not accepted"


async def test_a_revoked_key_is_refused(api: Api) -> None:
    acme = await api.account()
    async with api.platform.database.transaction() as tx:
        key = await api.platform.accounts.create_key(
            tx, acme.user, acme.account, description="ci", roles=["api-owner"], days=30
        )
        await tx.execute("update api_keys set revoked_at = $1", api.clock.now())

    assert info(await api.get("/ams/v3/accounts", holder(acme, key))) == "Token revoked"
