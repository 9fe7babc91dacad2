"""Request 2."""

from __future__ import annotations

from uuid import UUID

from tests.harness import Api

from cordboard.kit.clock import epoch_ms


async def test_an_owner_sees_the_account(api: Api) -> None:
    acme = await api.account("acme")
    await api.account("other")

    shown = (await api.get("/ams/v3/accounts", acme)).only

    assert shown == {
        "id": acme.sid,
        "name": "acme",
        "domain": "",
        "emailAddress": acme.user.username,
        "contactId": None,
        "ytelCompanyId": None,
        "isParentAcct": True,
        "parentAcctId": acme.sid,
        "phone": "",
        "source": "cordboard",
        "firstName": "",
        "lastName": "",
        "status": 1,
        "accountStatus": "active",
        "createAt": epoch_ms(api.clock.now()),
        "modifyAt": epoch_ms(api.clock.now()),
    }
    assert UUID(shown["id"]).version == 4


async def test_a_parent_sees_its_subaccount_by_naming_it(api: Api) -> None:
    parent = await api.account("parent")
    child = await api.account("child", parent=parent.id)

    shown = (await api.get("/ams/v3/accounts", parent, accountSid=child.sid)).only

    assert (shown["id"], shown["parentAcctId"], shown["isParentAcct"]) == (child.sid, parent.sid, False)
    assert (await api.get("/ams/v3/accounts", child, accountSid=parent.sid)).status == 404


async def test_nobody_is_refused_with_403(api: Api) -> None:
    answer = await api.get("/ams/v3/accounts")

    assert answer.status == 403
    assert answer.errors[0][0] == "403"


async def test_a_caller_without_the_privilege_is_refused_with_401(api: Api) -> None:
    reporter = await api.account(role="basic-reports")

    answer = await api.get("/ams/v3/accounts", reporter)

    assert answer.status == 401
    assert answer.errors == [("401", "needs the privilege acct-read")]
