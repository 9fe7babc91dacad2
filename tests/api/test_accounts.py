"""Requests 2 to 8: accounts and their subaccounts, and who may do what in a tree of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.harness import PASSWORD, Answer, Api, Tenant

from cordboard.domain.accounts.errors import AccountSuspendedError
from cordboard.domain.accounts.subaccounts import MOST_SUBACCOUNTS
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.ids import Ids
from cordboard.run.upkeep import upkeep_of

ACCOUNTS = "/ams/v3/accounts"
NUMBER = "+17145550100"
REFERENCE_BODY = {
    "domain": "",
    "name": "Apple Lending",
    "phone": "+1234567899",
    "isParentAcct": False,
    "source": "Customer",
    "status": 1,
    "id": None,
}


@pytest.fixture
async def parent(api: Api) -> Tenant:
    """A parent account."""
    return await api.account("parent")


@pytest.fixture
async def child(api: Api, parent: Tenant) -> Tenant:
    """A subaccount of it."""
    return await api.account("child", parent=parent.id)


@pytest.fixture
async def stranger(api: Api) -> Tenant:
    """Another parent account."""
    return await api.account("stranger")


async def set_status(api: Api, by: Tenant, account: Tenant, status: str) -> Answer:
    return await api.put(f"{ACCOUNTS}/status/{account.sid}", by, {"status": status})


async def accounts(api: Api) -> list[dict[str, Any]]:
    return await api.fetch("select * from accounts order by id")


def forget_standings(api: Api) -> None:
    """What two seconds do: whoever calls is looked at again."""
    api.platform.accounts._verified.clear()


async def test_an_owner_sees_the_account(api: Api) -> None:
    acme = await api.account("acme")
    await api.account("other")

    shown = (await api.get(ACCOUNTS, acme)).only

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


async def test_a_parent_sees_its_subaccount_by_naming_it(api: Api, parent: Tenant, child: Tenant) -> None:
    shown = (await api.get(ACCOUNTS, parent, accountSid=child.sid)).only

    assert (shown["id"], shown["parentAcctId"], shown["isParentAcct"]) == (child.sid, parent.sid, False)
    assert (await api.get(ACCOUNTS, child, accountSid=parent.sid)).status == 404


async def test_privileges_are_needed(api: Api) -> None:
    one = str(Ids.random_uuid())

    await api.assert_privileges(
        (
            ("GET", ACCOUNTS, "acct-read"),
            ("GET", f"{ACCOUNTS}/address", "acct-read"),
            ("GET", f"{ACCOUNTS}/subaccounts", "acct-read"),
            ("PUT", ACCOUNTS, "acct-update"),
            ("PUT", f"{ACCOUNTS}/status/{one}", "acct-create"),
            ("POST", ACCOUNTS, "acct-create"),
            ("DELETE", f"{ACCOUNTS}/{one}", "acct-create"),
        ),
        "basic-reports",
    )


async def test_a_long_lived_key_is_refused_everywhere(api: Api, parent: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        key = await api.platform.accounts.create_key(
            tx, parent.user, parent.account, description="ci", roles=["account-owner"], days=1
        )
    holder = Tenant(parent.account, parent.user, key)
    one = f"{ACCOUNTS}/{Ids.random_uuid()}"

    for method, path in (
        ("GET", ACCOUNTS),
        ("PUT", ACCOUNTS),
        ("POST", ACCOUNTS),
        ("DELETE", one),
        ("GET", f"{ACCOUNTS}/address"),
        ("GET", f"{ACCOUNTS}/subaccounts"),
        ("GET", f"{ACCOUNTS}/config"),
        ("PUT", f"{ACCOUNTS}/config"),
        ("GET", f"{ACCOUNTS}/external/config"),
        ("GET", f"/ams/v2/keys/account/{parent.sid}"),
        ("POST", f"/ams/v2/keys/account/{parent.sid}/jti/"),
    ):
        answer = await api.call(method, path, holder)
        assert (answer.status, answer.errors) == (403, [("403", "Long lived token not accepted")])


async def test_the_address_comes_from_the_configuration(api: Api, parent: Tenant, stranger: Tenant) -> None:
    empty = (await api.get(f"{ACCOUNTS}/address/", parent)).only
    assert set(empty.values()) == {parent.sid, ""}
    given = {"address1": "1 Main Street", "city": "Irvine", "state": "CA", "zip": "92618", "country": "us"}
    configs = [{"key": key, "value": value} for key, value in given.items()]
    await api.put(f"{ACCOUNTS}/config", parent, [*configs, {"key": "company_phone", "value": "(800) 555-1234"}])

    shown = (await api.get(f"{ACCOUNTS}/address", parent)).only

    assert shown == {**empty, **given, "country": "US", "phone": "+18005551234"}
    assert set((await api.get(f"{ACCOUNTS}/address", stranger)).only.values()) == {stranger.sid, ""}


async def test_an_edit_changes_what_is_given(api: Api, parent: Tenant, stranger: Tenant) -> None:
    api.clock.advance(60)
    before = (await api.get(ACCOUNTS, parent)).only

    edited = (
        await api.put(
            f"{ACCOUNTS}/",
            parent,
            {"name": " Apple Lending ", "phone": "949-555-1234", "firstName": "Ann", "emailAddress": "a@example.com"},
        )
    ).only

    assert edited == {
        **before,
        "name": "Apple Lending",
        "phone": "+19495551234",
        "firstName": "Ann",
        "emailAddress": "a@example.com",
        "modifyAt": epoch_ms(api.clock.now()),
    }
    assert (await api.get(ACCOUNTS, parent)).only == edited
    assert (await api.put(ACCOUNTS, parent, {"phone": "", "firstName": ""})).only["phone"] == ""
    assert (await api.get(ACCOUNTS, stranger)).only["name"] == "stranger"


async def test_what_a_client_was_answered_can_be_sent_back(api: Api, parent: Tenant) -> None:
    shown = (await api.get(ACCOUNTS, parent)).only

    assert (await api.put(ACCOUNTS, parent, {**shown, "lastName": "Lee"})).only["lastName"] == "Lee"


async def test_a_number_that_is_none_on_paper_is_kept_as_people_wrote_it(api: Api, parent: Tenant) -> None:
    body = {**REFERENCE_BODY, "isParentAcct": True}

    assert (await api.put(ACCOUNTS, parent, body)).only["phone"] == "+1234567899"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"domain": "x" * 256}, "domain"),
        ({"source": "x" * 256}, "source"),
        ({"firstName": "x" * 256}, "firstName"),
        ({"phone": "call me"}, "phone"),
        ({"phone": "1" * 41}, "phone"),
        ({"emailAddress": "nobody"}, "emailAddress"),
        ({"emailAddress": f"{'x' * 320}@example.com"}, "emailAddress"),
        ({"status": 0}, "status"),
        ({"isParentAcct": False}, "isParentAcct"),
        ({"id": "173c6f7f-c911-4823-bb2d-a13e4780c300"}, "id"),
        ({"parentAcctId": "173c6f7f-c911-4823-bb2d-a13e4780c300"}, "parentAcctId"),
    ],
)
async def test_a_bad_edit_is_named_and_changes_nothing(
    api: Api, parent: Tenant, changes: dict[str, Any], field: str
) -> None:
    before = await accounts(api)

    answer = await api.put(ACCOUNTS, parent, {"lastName": "Lee", **changes})

    assert (answer.status, answer.errors) == (400, [("400", field)])
    assert await accounts(api) == before


async def test_a_parent_makes_subaccounts_in_the_shape_of_the_reference(
    api: Api, parent: Tenant, stranger: Tenant
) -> None:
    made = (await api.post(ACCOUNTS, parent, {**REFERENCE_BODY, "parentAcctId": parent.sid})).only
    api.clock.advance(1)
    second = (await api.post(ACCOUNTS, parent, {"name": "Second", "status": 0})).only

    assert (made["name"], made["source"], made["phone"]) == ("Apple Lending", "Customer", "+1234567899")
    assert (made["isParentAcct"], made["parentAcctId"], made["accountStatus"]) == (False, parent.sid, "active")
    assert (second["status"], second["accountStatus"]) == (0, "inactive")
    assert (await api.get(f"{ACCOUNTS}/subaccounts/", parent)).payload == [made, second]
    assert (await api.get(f"{ACCOUNTS}/subaccounts", parent, size="1", offset="1")).payload == [second]
    assert (await api.get(f"{ACCOUNTS}/subaccounts", stranger)).payload == []
    assert (await api.get(ACCOUNTS, parent, accountSid=made["id"])).only == made


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"parentAcctId": "173c6f7f-c911-4823-bb2d-a13e4780c300"}, "parentAcctId"),
        ({"isParentAcct": True}, "isParentAcct"),
        ({"id": "173c6f7f-c911-4823-bb2d-a13e4780c300"}, "id"),
        ({"status": 2}, "status"),
    ],
)
async def test_a_bad_subaccount_is_not_made(api: Api, parent: Tenant, changes: dict[str, Any], field: str) -> None:
    answer = await api.post(ACCOUNTS, parent, {**REFERENCE_BODY, **changes})

    assert (answer.status, answer.errors) == (400, [("400", field)])
    assert len(await accounts(api)) == 1


async def test_a_subaccount_has_no_subaccounts(api: Api, parent: Tenant, child: Tenant) -> None:
    for answer in (
        await api.post(ACCOUNTS, child, {"name": "grandchild"}),
        await api.post(ACCOUNTS, parent, {"name": "grandchild", "accountSid": child.sid}),
    ):
        assert (answer.status, answer.errors) == (401, [("401", "only a parent account has subaccounts")])
    async with api.platform.database.transaction() as tx:
        with pytest.raises(InvalidInputError, match="parent"):
            await api.platform.accounts.create(
                tx, name="grandchild", email="g@example.com", password=PASSWORD, parent_id=child.id
            )
    assert (await api.get(f"{ACCOUNTS}/subaccounts", child)).payload == []
    assert len(await accounts(api)) == 2


async def test_the_number_of_subaccounts_is_limited(api: Api, parent: Tenant) -> None:
    async with api.platform.database.transaction() as tx:
        await tx.execute(
            "insert into accounts (id, parent_id, name, created_at, modified_at)"
            " select gen_random_uuid(), $1, 'x', $2, $2 from generate_series(1, $3)",
            parent.id,
            api.clock.now(),
            MOST_SUBACCOUNTS,
        )

    assert (await api.post(ACCOUNTS, parent, {"name": "one too many"})).status == 409


async def test_an_inactive_subaccount_is_suspended_until_it_is_active_again(
    api: Api, parent: Tenant, child: Tenant
) -> None:
    assert (await api.get(ACCOUNTS, child)).status == 200

    assert (await set_status(api, parent, child, "inactive")).only["accountStatus"] == "inactive"

    forget_standings(api)
    for answer in (await api.get(ACCOUNTS, child), await api.get(ACCOUNTS, parent, accountSid=child.sid)):
        assert (answer.status, answer.body["error"][0]["message"]) == (401, "Account suspended")
    assert (await set_status(api, parent, child, "active")).only["status"] == 1
    assert (await api.get(ACCOUNTS, child)).status == 200


async def test_closing_ends_keys_and_sessions_for_good_and_the_parent_may_open_again(
    api: Api, parent: Tenant, child: Tenant
) -> None:
    async with api.platform.database.transaction() as tx:
        key = await api.platform.accounts.create_key(
            tx, child.user, child.account, description="ci", roles=["account-owner"], days=9
        )
    holder = Tenant(child.account, child.user, key)
    session = await api.platform.people.sign_in.with_password(child.user.username, PASSWORD, "", 600)
    assert (await api.get("/v4/number", holder)).status == 200
    api.clock.advance(2)

    assert (await set_status(api, parent, child, "closed")).only["accountStatus"] == "closed"
    assert (await set_status(api, parent, child, "inactive")).status == 409
    assert (await set_status(api, parent, child, "active")).only["accountStatus"] == "active"

    forget_standings(api)
    for ended in (holder, child):
        answer = await api.get("/v4/number", ended)
        assert (answer.status, answer.errors) == (403, [("403", "Token revoked")])
    refresh = {"grantType": "refresh_token", "refreshToken": session.refresh_token}
    assert (await api.post("/auth/v3/token", json=refresh)).status == 403
    anew = await api.platform.people.sign_in.with_password(child.user.username, PASSWORD, "", 60)
    assert (await api.get("/v4/number", Tenant(child.account, child.user, anew.access_token))).status == 200


async def test_nobody_changes_or_deletes_their_own_account(api: Api, parent: Tenant, child: Tenant) -> None:
    for tenant in (parent, child):
        assert (await set_status(api, tenant, tenant, "inactive")).status == 401
        assert (await api.delete(f"{ACCOUNTS}/{tenant.sid}", tenant)).status == 401
    assert [row["status"] for row in await accounts(api)] == [1, 1]


async def test_a_status_is_one_of_three_words(api: Api, parent: Tenant, child: Tenant) -> None:
    for status in ("suspended", "", 1, None):
        answer = await api.put(f"{ACCOUNTS}/status/{child.sid}", parent, {"status": status})
        assert (answer.status, answer.errors) == (400, [("400", "status")])


async def test_a_deleted_subaccount_is_gone_and_its_data_stays(api: Api, parent: Tenant, child: Tenant) -> None:
    await api.post(f"{ACCOUNTS}/config", child, {"key": "state", "value": "CA"})
    await api.get(ACCOUNTS, child)

    deleted = (await api.delete(f"{ACCOUNTS}/{child.sid}/", parent)).only

    assert (deleted["id"], deleted["accountStatus"]) == (child.sid, "closed")
    assert (await api.get(f"{ACCOUNTS}/subaccounts", parent)).payload == []
    forget_standings(api)
    answer = await api.get(ACCOUNTS, child)
    assert (answer.status, answer.errors) == (403, [("403", "Token revoked")])
    for again in (
        await api.get(ACCOUNTS, parent, accountSid=child.sid),
        await api.delete(f"{ACCOUNTS}/{child.sid}", parent),
        await set_status(api, parent, child, "active"),
        await api.get(f"/ams/v2/keys/account/{child.sid}", parent),
    ):
        assert again.status == 404
    signed_in = await api.post(
        "/auth/v3/token",
        json={"grantType": "resource_owner_credentials", "username": child.user.username, "password": PASSWORD},
    )
    assert signed_in.status == 403
    async with api.platform.database.transaction() as tx:
        namesake, _ = await api.platform.accounts.create(tx, name="x", email=child.user.username, password=PASSWORD)
    assert namesake.is_parent
    assert await api.fetch("select key from account_settings where account_id = $1", child.id) == [{"key": "state"}]

    upkeep = upkeep_of(api.platform)
    api.clock.advance(timedelta(days=399).total_seconds())
    await upkeep.once()
    assert len(await api.fetch("select from account_settings where account_id = $1", child.id)) == 1
    api.clock.advance(timedelta(days=2).total_seconds())
    await upkeep.once()
    assert await api.fetch("select from account_settings where account_id = $1", child.id) == []


async def test_a_subaccount_that_owns_numbers_is_not_deleted(api: Api, parent: Tenant, child: Tenant) -> None:
    await api.post("/v4/number/purchase", child, {"phoneNumber": [NUMBER]})

    answer = await api.delete(f"{ACCOUNTS}/{child.sid}", parent)

    assert answer.status == 409
    assert "owns numbers" in str(answer.errors[0][1])
    await api.post("/v4/number/release", child, {"phoneNumber": [NUMBER]})
    assert (await api.delete(f"{ACCOUNTS}/{child.sid}", parent)).status == 200


async def test_whoever_was_let_in_before_a_suspension_or_deletion_buys_nothing(
    api: Api, parent: Tenant, child: Tenant
) -> None:
    for end in (set_status(api, parent, child, "inactive"), api.delete(f"{ACCOUNTS}/{child.sid}", parent)):
        await end

        with pytest.raises(AccountSuspendedError):
            async with api.platform.database.transaction() as tx:
                await api.platform.numbers.purchase(tx, child.id, [NUMBER], None)

        assert await api.fetch("select from numbers") == []


Verb = Callable[[Api, Tenant, Tenant], Awaitable[Answer]]


async def _act_for(api: Api, caller: Tenant, other: Tenant) -> Answer:
    return await api.get(ACCOUNTS, caller, accountSid=other.sid)


async def _edit_for(api: Api, caller: Tenant, other: Tenant) -> Answer:
    return await api.put(ACCOUNTS, caller, {"accountSid": other.sid, "name": "changed"})


async def _configure_for(api: Api, caller: Tenant, other: Tenant) -> Answer:
    return await api.post(f"{ACCOUNTS}/config", caller, {"accountSid": other.sid, "key": "state", "value": "CA"})


async def _suspend(api: Api, caller: Tenant, other: Tenant) -> Answer:
    return await set_status(api, caller, other, "inactive")


async def _delete(api: Api, caller: Tenant, other: Tenant) -> Answer:
    return await api.delete(f"{ACCOUNTS}/{other.sid}", caller)


async def _list_keys(api: Api, caller: Tenant, other: Tenant) -> Answer:
    return await api.get(f"/ams/v2/keys/account/{other.sid}", caller)


async def _take_a_number(api: Api, caller: Tenant, other: Tenant) -> Answer:
    body = {"phoneNumbers": [NUMBER], "fromAccountSid": other.sid, "toAccountSid": caller.sid}
    return await api.post("/v4/number/transfer", caller, body)


@pytest.mark.parametrize("verb", [_act_for, _edit_for, _configure_for, _suspend, _delete, _list_keys, _take_a_number])
async def test_only_the_parent_reaches_into_an_account(api: Api, parent: Tenant, child: Tenant, verb: Verb) -> None:
    """Every pair of a forest of two trees, with a grandchild that no request can make."""
    sibling = await api.account("sibling", parent=parent.id)
    aunt = await api.account("aunt")
    cousin = await api.account("cousin", parent=aunt.id)
    grandchild = await api.account("grandchild", parent=child.id)
    family = (parent, child, sibling, aunt, cousin, grandchild)
    before = await api.fetch("select * from accounts order by id")
    wrong = []
    for caller in family:
        for other in family:
            related = caller.id in (other.id, other.account.parent_id)
            answer = await verb(api, caller, other) if not related else None
            if answer is not None and answer.status != 404:
                wrong.append((caller.account.name, other.account.name, answer.status))

    assert wrong == []
    assert await api.fetch("select * from accounts order by id") == before
    assert await api.fetch("select from account_settings") == []
    assert (await verb(api, parent, child)).status != 404
