"""Who is let in: tokens, privileges, rate limits, subaccounts; and what every response carries."""

from __future__ import annotations

import re

import pytest
from tests.api.frame.probes import Probes, serve
from tests.harness import Api, Tenant

from cordboard.kit.ids import Ids

RATE_HEADERS = (
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-RateLimit-Limit-Second",
    "X-RateLimit-Remaining-Second",
)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer no.real.token"])
async def test_nobody_is_403(probed: Api, probes: Probes, header: str) -> None:
    answer = await probed.call("GET", "/probe/echo", headers={"Authorization": header})

    assert answer.status == 403
    assert answer.body["error"][0]["message"] == "Authentication Error"
    assert probes.calls == []


async def test_the_scheme_is_spelled_in_any_case(probed: Api) -> None:
    acme = await probed.account()

    answer = await probed.call("GET", "/probe/echo", headers={"Authorization": f"bearer  {acme.token}"})

    assert answer.status == 200


async def test_a_missing_privilege_is_401_and_named(probed: Api, probes: Probes) -> None:
    reader = await probed.account(role="basic-reports")

    answer = await probed.get("/probe/echo", reader)

    assert answer.status == 401
    assert answer.errors == [("401", "needs the privilege sms-send")]
    assert probes.calls == []


async def test_a_body_is_not_read_before_the_caller_is_known(probed: Api) -> None:
    answer = await probed.call("POST", "/probe/echo", content=b"x" * 2_000_000)

    assert answer.status == 403


async def test_a_suspended_account_is_401(probed: Api) -> None:
    acme = await probed.account()
    async with probed.platform.database.transaction() as tx:
        await probed.platform.accounts.set_status(tx, acme.id, 0)

    answer = await probed.get("/probe/echo", acme)

    assert answer.status == 401
    assert answer.body["error"][0]["message"] == "Account suspended"


async def test_a_public_endpoint_asks_for_nothing(probed: Api) -> None:
    answer = await probed.post("/probe/public", json={"name": "a"})

    assert answer.only["account"] is None
    assert answer.headers["RateLimit-Limit"] == "1000"


async def test_a_key_is_refused_where_a_session_is_needed(probed: Api) -> None:
    acme = await probed.account()
    async with probed.platform.database.transaction() as tx:
        key = await probed.platform.accounts.create_key(
            tx, acme.user, acme.account, description="ci", roles=["api-owner"], days=1
        )
    holder = Tenant(acme.account, acme.user, key)

    refused = await probed.get("/probe/session", holder)

    assert refused.status == 403
    assert refused.errors == [("403", "Long lived token not accepted")]
    assert (await probed.get("/probe/echo", holder)).status == 200
    assert (await probed.get("/probe/session", acme)).status == 200


async def test_the_rate_limit_is_told_on_success_and_on_failure(probed: Api) -> None:
    acme = await probed.account()
    reader = await probed.account(role="basic-reports")

    for answer in (
        await probed.get("/probe/echo", acme),
        await probed.get("/probe/echo", acme, size="x"),
        await probed.get("/probe/echo", reader),
        await probed.post("/probe/refuse", acme),
        await probed.post("/probe/break", acme),
    ):
        assert [name for name in RATE_HEADERS if name not in answer.headers] == []
        assert answer.headers["RateLimit-Limit"] == "1000"
        assert 0 <= int(answer.headers["RateLimit-Remaining"]) < 1000
        assert answer.headers["RateLimit-Reset"] == "1"


async def test_past_the_limit_is_429_for_that_token_only(api: Api, probes: Probes) -> None:
    async with serve(api, probes.endpoints(), per_second=1) as probed:
        acme, other = await probed.account(), await probed.account()

        assert (await probed.get("/probe/echo", acme)).status == 200
        refused = await probed.get("/probe/echo", acme)
        assert (await probed.get("/probe/echo", other)).status == 200

    assert refused.status == 429
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert len(probes.calls) == 2


async def test_an_account_may_have_its_own_rate(api: Api, probes: Probes) -> None:
    acme = await api.account()
    async with api.platform.database.transaction() as tx:
        await api.platform.accounts.change_setting(tx, acme.id, "requests_per_second", "77")

    async with serve(api, probes.endpoints(), per_second=1) as probed:
        answer = await probed.get("/probe/echo", acme)

    assert answer.headers["RateLimit-Limit"] == "77"
    assert answer.headers["RateLimit-Remaining"] == "76"


async def test_a_parent_acts_for_its_subaccount(probed: Api) -> None:
    parent = await probed.account("parent")
    child = await probed.account("child", parent=parent.id)

    by_query = await probed.get("/probe/echo", parent, accountSid=child.sid)
    by_body = await probed.post("/probe/echo", parent, {"name": "a", "accountSid": child.sid.upper()})
    itself = await probed.get("/probe/echo", parent, accountSid=parent.sid.upper())

    assert by_query.only["account"] == child.sid
    assert by_body.only["account"] == child.sid
    assert itself.only["account"] == parent.sid
    assert (await probed.get("/probe/echo", child, accountSid=child.sid.upper())).only["account"] == child.sid


async def test_any_other_account_does_not_exist(probed: Api, probes: Probes) -> None:
    parent, stranger = await probed.account("parent"), await probed.account("stranger")
    child = await probed.account("child", parent=parent.id)

    for caller, named in (
        (stranger, child.sid),
        (stranger, parent.sid),
        (child, parent.sid),
        (parent, str(Ids.random_uuid())),
        (parent, "no-id"),
    ):
        for answer in (
            await probed.get("/probe/echo", caller, accountSid=named),
            await probed.post("/probe/echo", caller, {"name": "a", "accountSid": named}),
        ):
            assert answer.status == 404
            assert answer.errors == [("404", "accountSid")]
    assert (await probed.post("/probe/echo", parent, {"name": "a", "accountSid": 5})).status == 404
    assert probes.calls == []


async def test_a_suspended_subaccount_is_401(probed: Api) -> None:
    parent = await probed.account("parent")
    child = await probed.account("child", parent=parent.id)
    async with probed.platform.database.transaction() as tx:
        await probed.platform.accounts.set_status(tx, child.id, 0)

    answer = await probed.get("/probe/echo", parent, accountSid=child.sid)

    assert answer.status == 401


async def test_the_callers_request_id_comes_back_everywhere(probed: Api) -> None:
    acme = await probed.account()
    sent = {"X-Request-Id": "order-7:retry.2"}

    for method, path, tenant in (
        ("GET", "/probe/echo", acme),
        ("GET", "/probe/echo", None),
        ("POST", "/probe/break", acme),
        ("GET", "/nowhere", acme),
        ("PUT", "/probe/echo", acme),
    ):
        answer = await probed.call(method, path, tenant, headers=sent)
        assert answer.headers["X-Request-Id"] == "order-7:retry.2", path


@pytest.mark.parametrize("odd", ["", "x" * 65, "a b", "a\tb"])
async def test_an_odd_request_id_is_replaced(probed: Api, odd: str) -> None:
    acme = await probed.account()

    answer = await probed.call("GET", "/probe/echo", acme, headers={"X-Request-Id": odd})

    assert re.fullmatch("[0-9a-f]{24}", answer.headers["X-Request-Id"])


async def test_the_handler_sees_the_request_id(probed: Api, probes: Probes) -> None:
    acme = await probed.account()

    await probed.call("GET", "/probe/echo", acme, headers={"X-Request-Id": "mine"})

    assert probes.calls[0].request_id == "mine"
