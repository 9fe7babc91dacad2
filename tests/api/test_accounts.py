"""Request 2."""

from __future__ import annotations

from tests.harness import Api


async def test_an_owner_sees_the_account(api: Api) -> None:
    acme = await api.account("acme")

    shown = (await api.get("/ams/v3/accounts", acme)).only

    assert shown["id"] == acme.sid
    assert shown["name"] == "acme"
    assert shown["isParentAcct"] is True
    assert shown["accountStatus"] == "active"


async def test_nobody_is_refused_with_403(api: Api) -> None:
    answer = await api.get("/ams/v3/accounts")

    assert answer.status == 403
    assert answer.errors[0][0] == "403"
