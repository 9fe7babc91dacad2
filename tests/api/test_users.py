"""Requests 149 to 158: users, their passwords and status, and who may do what to whom."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.people import (
    NEW_PASSWORD,
    USERS,
    at,
    holding,
    mask_in,
    problems_of,
    refresh,
    sign_in,
    user_of,
)
from tests.harness import PASSWORD, Api, Tenant

from cordboard.domain.accounts import repository, user_repository
from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import ROLES, Privilege
from cordboard.domain.accounts.user_fields import UserDetails, UserEdit
from cordboard.kit.errors import CordboardError
from cordboard.kit.ids import Ids

ANNIE: dict[str, Any] = {
    "belongAcctId": None,
    "clientId": None,
    "firstName": "Annie",
    "lastName": "Apple",
    "password": "&OneOneTwoTwo222",
    "phone": "+1234567899",
    "roles": ["webrtc-agent"],
    "status": "active",
    "username": "example@dev.com",
}
MASK = "*" * 10
WAITING = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
ADMINISTRATES = Privilege.USER_UPDATE.bit


@pytest.fixture
async def owner(api: Api) -> Tenant:
    """An account with an owner."""
    return await api.account()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """How a token's bearer stands is asked at every request, not every two seconds."""
    monkeypatch.setattr("cordboard.domain.accounts.service._STANDING_SECONDS", -1.0)


async def create(api: Api, caller: Tenant, **changes: Any) -> dict[str, Any]:
    """A user made by request 152."""
    shown: dict[str, Any] = (await api.post(USERS, caller, {**ANNIE, **changes})).only
    return shown


async def test_a_user_is_made_and_shown_as_the_reference_shows_it(api: Api, owner: Tenant) -> None:
    api.clock.advance(0.25)

    shown = await create(api, owner)

    assert UUID(shown["clientId"]).version == 4
    assert shown == {
        "clientId": shown["clientId"],
        "username": "example@dev.com",
        "password": MASK,
        "firstName": "Annie",
        "lastName": "Apple",
        "displayName": "Annie Apple",
        "emailAddress": "example@dev.com",
        "phone": "+1234567899",
        "roles": ["webrtc-agent"],
        "userStatus": "active",
        "status": "active",
        "belongAcctId": owner.sid,
        "parentAcctId": owner.sid,
        "source": "cordboard",
        "avatar": "",
        "webrtcNumber": "",
        "inboxes": [],
        "ucaasExtension": "",
        "ucaasCode": "",
        "twoFactorEnabled": False,
        "createAt": api.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        "createAtInEpoch": api.clock.now().isoformat(timespec="milliseconds"),
    }
    for path in (shown["clientId"], "usernames/EXAMPLE@dev.com", "usernames/example%40dev.com/"):
        assert (await api.get(f"{USERS}/{path}", owner)).only == shown
    assert (await api.get(USERS, owner)).payload[1] == shown
    (row,) = await api.fetch("select * from users where username = 'example@dev.com'")
    assert row["password_hash"].startswith("$argon2id$")
    assert ANNIE["password"] not in repr(row)
    signed_in = await api.post(
        "/auth/v3/token",
        json={
            "grantType": "resource_owner_credentials",
            "username": "Example@Dev.com",
            "password": ANNIE["password"],
        },
    )
    assert mask_in(signed_in.only["accessToken"]) == ROLES["webrtc-agent"]


async def test_a_user_carries_the_number_of_the_webphone(api: Api, owner: Tenant) -> None:
    await api.post("/v4/number/purchase", owner, {"phoneNumber": ["+17145550100"]})
    await api.post("/v4/number/webrtc", owner, {"phoneNumber": "+17145550100"})

    assert (await api.get(at(owner), owner)).only["webrtcNumber"] == "+17145550100"


async def test_users_are_listed_in_pages_the_oldest_first(api: Api, owner: Tenant) -> None:
    names = [owner.user.username]
    for name in ("b@x.example", "a@x.example", "c@x.example"):
        api.clock.advance(1)
        names.append((await user_of(api, owner, "gi-agent", name=name)).user.username)
    await api.account("stranger")

    async def page(**query: str) -> list[str]:
        return [one["username"] for one in (await api.get(USERS, owner, **query)).payload]

    assert await page() == names
    assert await page(size="2", offset="1") == names[1:3]
    assert (await api.get(USERS, owner, size="0", offset="-1")).errors == [("400", "size"), ("400", "offset")]


BAD: list[tuple[dict[str, Any], list[str | None]]] = [
    ({"username": "annie"}, ["username"]),
    ({"username": "annie@", "emailAddress": "annie@dev.com"}, ["username"]),
    ({"username": "a@b@c.com", "emailAddress": "annie@dev.com"}, ["username"]),
    ({"username": f"{'x' * 250}@dev.com", "emailAddress": "a@dev.com"}, ["username"]),
    ({"emailAddress": "Annie <annie@dev.com>"}, ["emailAddress"]),
    ({"phone": "call me"}, ["phone"]),
    ({"firstName": "x" * 101, "lastName": "a\u0001"}, ["firstName", "lastName"]),
    ({"displayName": "x" * 201, "avatar": "x" * 2049}, ["displayName", "avatar"]),
    ({"ucaasExtension": "x" * 33, "ucaasCode": "x" * 65}, ["ucaasExtension", "ucaasCode"]),
    ({"roles": ["no-such-role", "gi-agent"]}, ["roles"]),
    ({"roles": None}, ["roles"]),
    ({"roles": ["x"] * 101}, ["roles"]),
    ({"status": "asleep"}, ["status"]),
    ({"password": "short"}, ["password"]),
    ({"password": "aaa"}, ["password", "password"]),
    ({"password": "x1" * 513}, ["password", "password"]),
    ({"password": "PassWord123"}, ["password"]),
    ({"password": "Example@Dev.com"}, ["password"]),
    (
        {"password": "", "username": "annie", "phone": "-"},
        ["username", "phone", "password", "password"],
    ),
    ({"belongAcctId": "00000000-0000-4000-8000-000000000000"}, ["belongAcctId"]),
]


async def test_every_broken_rule_is_named_and_nothing_is_made(api: Api, owner: Tenant) -> None:
    for changes, fields in BAD:
        answer = await api.post(USERS, owner, {**ANNIE, **changes})
        assert [field for field, _ in problems_of(answer)] == fields, (changes, answer.body)

    assert problems_of(await api.post(USERS, owner, ANNIE | {"password": "aaa"})) == [
        ("password", "password must have at least 10 characters"),
        ("password", "password must have at least 4 different characters"),
    ]
    assert len(await api.fetch("select from users")) == 1


async def test_a_username_is_one_persons_in_the_whole_installation_and_stays(api: Api, owner: Tenant) -> None:
    stranger = await api.account("stranger")
    annie = await create(api, owner)

    for caller in (owner, stranger):
        answer = await api.post(USERS, caller, {**ANNIE, "username": "EXAMPLE@dev.com"})
        assert (answer.status, answer.body["error"][0]["message"]) == (409, "Username is taken")
    path = f"{USERS}/{annie['clientId']}"
    same = {"username": "Example@DEV.com", "roles": ["webrtc-agent"]}
    assert (await api.put(path, owner, same)).only == annie
    other = {"username": "other@dev.com", "roles": ["webrtc-agent"]}
    assert problems_of(await api.put(path, owner, other)) == [("username", "username cannot be changed")]
    assert (await api.get(f"{USERS}/usernames/example@dev.com", stranger)).status == 404


async def test_a_parent_makes_and_keeps_users_of_its_subaccounts_only(api: Api, owner: Tenant) -> None:
    child, stranger = await api.account("child", parent=owner.id), await api.account("stranger")

    made = await create(api, owner, belongAcctId=child.sid)

    assert (made["belongAcctId"], made["parentAcctId"]) == (child.sid, owner.sid)
    assert (await api.get(f"{USERS}/{made['clientId']}", owner)).status == 404
    assert (await api.get(f"{USERS}/{made['clientId']}", owner, accountSid=child.sid)).only == made
    for caller, account in ((owner, stranger), (child, owner)):
        answer = await api.post(USERS, caller, {**ANNIE, "username": "b@dev.com", "belongAcctId": account.sid})
        assert problems_of(answer) == [("belongAcctId", "belongAcctId must be this account's or a subaccount's")]


async def test_an_edit_changes_what_is_given(api: Api, owner: Tenant) -> None:
    annie = await create(api, owner)
    changes = {
        "displayName": "Ann",
        "emailAddress": "ann@dev.com",
        "phone": "(949) 555-1234",
        "avatar": "https://dev.com/ann.png",
        "ucaasExtension": "101",
        "ucaasCode": "a1",
        "source": "crm",
    }

    edited = (await api.put(f"{USERS}/{annie['clientId']}", owner, {**changes, "roles": ["gi-agent", "gi-agent"]})).only

    assert edited == {**annie, **changes, "phone": "+19495551234", "roles": ["gi-agent"]}
    named = f"{USERS}/usernames/example@dev.com"
    emptied = (await api.put(named, owner, {"displayName": "", "emailAddress": "", "phone": "", "roles": []})).only
    assert (emptied["displayName"], emptied["emailAddress"]) == ("Annie Apple", "example@dev.com")
    assert (emptied["phone"], emptied["roles"], emptied["ucaasCode"]) == ("", [], "a1")
    assert (await api.get(named, owner)).only == emptied


async def test_an_edit_sends_roles_and_neither_password_nor_status(api: Api, owner: Tenant) -> None:
    annie = await create(api, owner)
    path = f"{USERS}/{annie['clientId']}"
    elsewhere = {"password": "another good one", "status": "inactive", "belongAcctId": str(Ids.random_uuid())}

    refused = await api.put(path, owner, {"firstName": "Ann", "roles": ["gi-agent"], **elsewhere})

    assert problems_of(refused) == [
        ("belongAcctId", "belongAcctId cannot be changed: a user stays with the account"),
        ("password", "password cannot be changed here; use PUT /ams/v3/users/password/update"),
        ("status", "status cannot be changed here; use PUT /ams/v3/users/status/{clientId}"),
    ]
    assert problems_of(await api.put(path, owner, {"firstName": "Ann"})) == [("roles", "roles is required")]
    assert (await api.put(path, owner, annie)).only == annie


@pytest.mark.parametrize("role", [role for role in ROLES if ROLES[role] & ADMINISTRATES])
async def test_nobody_gives_more_than_they_have(api: Api, owner: Tenant, role: str) -> None:
    caller = await user_of(api, owner, role)
    nobody = await user_of(api, owner)

    for wanted, mask in ROLES.items():
        answer = await api.put(at(nobody), caller, {"roles": [wanted]})
        may = wanted != "platform-admin" and not mask & ~ROLES[role]
        assert answer.status == (200 if may else 400), (wanted, answer.body)
        if not may:
            ((field, problem),) = problems_of(answer)
            assert field == "roles"
            assert repr(wanted) in problem
        await api.put(at(nobody), owner, {"roles": []})


async def test_nobody_touches_who_has_more(api: Api, owner: Tenant) -> None:
    clerk, agent = await user_of(api, owner, "settings-admin"), await user_of(api, owner, "webrtc-agent")
    peer = await user_of(api, owner, "settings-admin")

    for target, status in ((owner, 401), (agent, 401), (peer, 200)):
        tries = [
            await api.put(at(target), clerk, {"roles": target.user.roles, "firstName": "Eve"}),
            await api.put(at(target, f"{USERS}/status"), clerk, {"status": "inactive"}),
            await api.delete(at(target), clerk),
        ]
        assert {answer.status for answer in tries} == {status}
    refused = await api.delete(at(agent), clerk)
    assert refused.body["error"][0]["message"] == "Permission denied"
    assert "the user has privileges that you lack: contact-read," in refused.errors[0][1]  # type: ignore[operator]  # a text
    assert len(await api.fetch("select from users where status = 1 and first_name = ''")) == 3


async def test_the_operators_role_is_neither_shown_nor_given_nor_taken(api: Api) -> None:
    operator = await api.account("operator", role="platform-admin")
    colleague = await user_of(api, operator, "account-owner")

    assert (await api.get(at(operator), operator)).only["roles"] == []
    answer = await api.put(at(colleague), operator, {"roles": ["platform-admin"]})
    assert problems_of(answer)[0][1].startswith("roles has 'platform-admin', which is no role; the roles are account-o")
    assert (await api.put(at(operator), operator, {"roles": ["gi-agent"], "firstName": "Op"})).status == 200
    rows = await api.fetch("select roles from users where id = $1", operator.user.id)
    assert rows == [{"roles": ["gi-agent", "platform-admin"]}]
    assert (await api.delete(at(operator), operator)).status == 409


@pytest.mark.usefixtures("at_once")
async def test_roles_that_are_taken_are_gone_from_tokens_and_given_ones_are_in_the_next(
    api: Api, owner: Tenant
) -> None:
    clerk = await user_of(api, owner, "settings-admin", "gi-agent")
    tokens = (await sign_in(api, clerk)).only
    signed_in = holding(clerk, tokens["accessToken"])
    async with api.platform.database.transaction() as tx:
        key = await api.platform.accounts.create_key(
            tx, clerk.user, clerk.account, description="ci", roles=["gi-agent"], days=30
        )

    await api.put(at(clerk), owner, {"roles": ["basic-reports"]})

    assert (await api.get(USERS, signed_in)).errors == [("401", "needs the privilege user-read")]
    assert (await api.get("/v4/smstemplate", holding(clerk, key))).status == 401
    assert (await api.get("/v4/logs/sms", signed_in)).errors == [("401", "needs the privilege log-read")]
    renewed = (await refresh(api, tokens["refreshToken"])).only
    assert mask_in(renewed["accessToken"]) == ROLES["basic-reports"]


@pytest.mark.usefixtures("at_once")
async def test_an_inactive_users_tokens_end_for_good(api: Api, owner: Tenant) -> None:
    agent = await user_of(api, owner, "settings-admin")
    tokens = (await sign_in(api, agent)).only
    signed_in = holding(agent, tokens["accessToken"])

    shown = (await api.put(at(agent, f"{USERS}/status"), owner, {"status": "inactive"})).only
    assert (shown["status"], shown["userStatus"]) == ("inactive", "inactive")
    assert (await api.get(USERS, signed_in)).errors == [("403", "Token revoked")]
    assert (await refresh(api, tokens["refreshToken"])).status == 403
    assert (await sign_in(api, agent)).errors == [("403", "wrong username or password")]

    assert (await api.put(at(agent, f"{USERS}/status"), owner, {"status": "active"})).only["status"] == "active"
    assert (await api.get(USERS, signed_in)).errors == [("403", "Token revoked")]
    assert (await refresh(api, tokens["refreshToken"])).status == 403
    again = (await sign_in(api, agent)).only
    assert (await api.get(USERS, holding(agent, again["accessToken"]))).status == 200


@pytest.mark.usefixtures("at_once")
async def test_a_deleted_user_leaves_to_the_account_what_the_account_owns(api: Api, owner: Tenant) -> None:
    agent = await user_of(api, owner, "settings-admin", "webrtc-agent", name="agent@x.example")
    client_id = str(agent.user.id)
    tokens = (await sign_in(api, agent)).only
    async with api.platform.database.transaction() as tx:
        key = await api.platform.accounts.create_key(
            tx, agent.user, agent.account, description="ci", roles=["webrtc-agent"], days=30
        )
    await api.post("/v4/number/purchase", owner, {"phoneNumber": ["+17145550100"]})
    await api.post("/v4/number/webrtc", agent, {"phoneNumber": "+17145550100"})
    await api.post("/v4/sip/phone", owner, {"username": "desk-1", "clientId": client_id})
    await api.post("/v4/preset/transfer", agent, {"presetType": "user", "destination": "+17145550100"})
    await api.post("/ams/v3/workgroup", owner, {"groupName": "crew", "userIds": [client_id, str(owner.user.id)]})

    gone = (await api.delete(f"{USERS}/usernames/Agent@x.example", owner)).only
    await api.settle()

    assert (gone["clientId"], gone["webrtcNumber"]) == (client_id, "+17145550100")
    assert (await api.get(f"{USERS}/{client_id}", owner)).status == 404
    for token in (tokens["accessToken"], key):
        assert (await api.get("/v4/number", holding(agent, token))).errors == [("403", "Token revoked")]
    assert (await refresh(api, tokens["refreshToken"])).errors == [("403", "Bad refresh token")]
    assert await api.fetch("select from api_keys") == await api.fetch("select from refresh_tokens") == []
    assert await api.fetch("select phone_number, assigned_user from numbers") == [
        {"phone_number": "+17145550100", "assigned_user": None}
    ]
    assert await api.fetch("select username, client_id from sip_phones") == [{"username": "desk-1", "client_id": None}]
    assert await api.fetch("select from transfer_presets") == await api.fetch("select from webphones") == []
    assert (await api.get("/ams/v3/workgroup/crew", owner)).only["userIds"] == [str(owner.user.id)]
    assert (await api.delete(f"{USERS}/{client_id}", owner)).status == 404


@pytest.mark.usefixtures("at_once")
async def test_the_last_administrator_stays(api: Api, owner: Tenant) -> None:
    await user_of(api, owner, "gi-agent")
    second = await user_of(api, owner, "account-owner")
    await api.put(at(second, f"{USERS}/status"), owner, {"status": "inactive"})

    refused = [
        await api.delete(at(owner), owner),
        await api.delete(f"{USERS}/usernames/{owner.user.username}", owner),
        await api.put(at(owner, f"{USERS}/status"), owner, {"status": "inactive"}),
        await api.put(at(owner), owner, {"roles": ["gi-agent"]}),
    ]

    assert {answer.status for answer in refused} == {409}
    assert {answer.body["error"][0]["message"] for answer in refused} == {"Last administrator"}
    assert "is the last active user of the account with the privilege user-update" in str(refused[0].errors)
    assert (await api.put(at(owner), owner, {"roles": ["settings-admin"], "firstName": "Olga"})).status == 200
    assert (await api.delete(at(second), owner)).status == 401


async def test_two_administrators_who_remove_each_other_at_once_do_not_both_go(api: Api, owner: Tenant) -> None:
    for change in ("delete", "deactivate", "strip"):
        second = await user_of(api, owner, "account-owner")
        answers = await asyncio.gather(
            *(_remove(api, by, whom, change) for by, whom in ((owner, second), (second, owner)))
        )
        assert sorted(answer for answer in answers) == [200, 409], change
        async with api.platform.database.transaction() as tx:
            await tx.execute("delete from users where account_id = $1 and id <> $2", owner.id, owner.user.id)
            await tx.execute("delete from users where account_id = $1", owner.id)
        owner = await user_of(api, owner, "account-owner")


async def _remove(api: Api, by: Tenant, whom: Tenant, change: str) -> int:
    if change == "delete":
        return (await api.delete(at(whom), by)).status
    if change == "strip":
        return (await api.put(at(whom), by, {"roles": []})).status
    return (await api.put(at(whom, f"{USERS}/status"), by, {"status": "inactive"})).status


@pytest.mark.usefixtures("at_once")
async def test_a_new_password_ends_all_sessions_and_begins_one(api: Api, owner: Tenant) -> None:
    before = (await sign_in(api, owner)).only
    caller = holding(owner, before["accessToken"])
    async with api.platform.database.transaction() as tx:
        key = await api.platform.accounts.create_key(
            tx, owner.user, owner.account, description="ci", roles=["api-owner"], days=30
        )
    body = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}

    changed = (await api.put(f"{USERS}/password/update", caller, body)).only

    assert (changed["clientId"], changed["password"]) == (str(owner.user.id), MASK)
    for token in (before["accessToken"], owner.token):
        assert (await api.get(USERS, holding(owner, token))).errors == [("403", "Token revoked")]
    assert (await refresh(api, before["refreshToken"])).status == 403
    assert (await api.get(USERS, holding(owner, changed["accessToken"]))).status == 200
    assert (await refresh(api, changed["refreshToken"])).status == 200
    assert (await api.get("/v4/number", holding(owner, key))).status == 200
    assert (await sign_in(api, owner)).status == 403
    anew = (await sign_in(api, owner, NEW_PASSWORD)).only
    assert (await api.get(USERS, holding(owner, anew["accessToken"]))).status == 200


async def test_a_new_password_keeps_the_rules(api: Api, owner: Tenant) -> None:
    path = f"{USERS}/password/update"
    for new in ("short one", "password1234", owner.user.username, "y9" * 513, PASSWORD):
        answer = await api.put(path, owner, {"oldPassword": PASSWORD, "newPassword": new})
        assert {field for field, _ in problems_of(answer)} == {"newPassword"}, new
    long = {"oldPassword": "x" * 1025, "newPassword": NEW_PASSWORD}
    assert problems_of(await api.put(path, owner, long)) == [("oldPassword", "oldPassword may have 1024 characters")]
    assert await api.fetch("select from login_attempts") == []
    assert (await sign_in(api, owner)).status == 200


async def test_wrong_old_passwords_lock_as_failed_sign_ins_do(api: Api, owner: Tenant) -> None:
    path = f"{USERS}/password/update"
    wrong = {"oldPassword": "not the password", "newPassword": NEW_PASSWORD}
    for _ in range(9):
        answer = await api.put(path, owner, wrong)
        assert problems_of(answer) == [("oldPassword", "oldPassword is not your password")]
    assert (await sign_in(api, owner, "not the password")).status == 403

    locked = await api.put(path, owner, {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD})
    assert locked.errors == [("403", "too many failed sign-ins; try again in 15 minutes")]
    assert (await sign_in(api, owner)).errors == locked.errors
    api.clock.advance(15 * 60 + 1)
    assert (await sign_in(api, owner)).status == 200


async def test_no_session_survives_that_began_while_the_password_changed(api: Api, owner: Tenant) -> None:
    token = (await sign_in(api, owner)).only["refreshToken"]
    digest = hashlib.sha256(token.encode()).digest()
    body = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    async with api.platform.database.transaction() as tx:
        spent = await repository.spend_refresh(tx, digest, api.clock.now())
        assert spent is not None
        changing = asyncio.create_task(api.put(f"{USERS}/password/update", owner, body))
        while not changing.done() and not await api.fetch(WAITING):
            pass
        begun = await api.platform.people.sign_in.begin(tx, spent[0])

    changed = (await changing).only

    assert (await refresh(api, begun.refresh_token)).status == 403
    assert (await refresh(api, changed["refreshToken"])).status == 200


async def test_other_tenants_users_do_not_exist(api: Api, owner: Tenant) -> None:
    stranger = await api.account("stranger")

    for answer in (
        await api.get(at(owner), stranger),
        await api.put(at(owner), stranger, {"roles": []}),
        await api.put(at(owner, f"{USERS}/status"), stranger, {"status": "inactive"}),
        await api.delete(at(owner), stranger),
        await api.put(f"{USERS}/usernames/{owner.user.username}", stranger, {"roles": []}),
        await api.delete(f"{USERS}/usernames/{owner.user.username}", stranger),
    ):
        assert answer.status == 404
    await api.assert_privileges(
        [("GET", USERS, "user-read"), ("POST", USERS, "user-update"), ("DELETE", at(owner), "user-update")], "gi-agent"
    )


CHANGES = st.tuples(
    st.integers(0, 3),
    st.integers(0, 3),
    st.one_of(
        st.sampled_from(["delete", "activate", "deactivate"]),
        st.lists(st.sampled_from(sorted(ROLES)), max_size=3, unique=True),
    ),
)


@given(
    st.lists(st.sampled_from(["account-owner", "settings-admin", "gi-agent", "api-owner"]), min_size=3, max_size=3),
    st.lists(CHANGES, max_size=8),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whoever_changes_whomever_nobody_rises_and_an_administrator_remains(
    api: Api, roles: Sequence[str], changes: Sequence[tuple[int, int, str | list[str]]]
) -> None:
    first = await api.account()
    ids = [first.user.id, *[(await user_of(api, first, role)).user.id for role in roles]]
    for by, whom, change in changes:
        await _check_change(api, first, ids[by], ids[whom], change)


async def _check_change(api: Api, account: Tenant, by: UUID, whom: UUID, change: str | list[str]) -> None:
    """Tries a change as `by` would, and asserts what holds whether or not it was refused."""
    async with api.platform.database.transaction() as tx:
        caller = await user_repository.find(tx, account.id, by)
        before = await user_repository.find(tx, account.id, whom)
    if caller is None or not caller.active or not caller.privileges & ADMINISTRATES or before is None:
        return
    principal = Principal(account.id, account.id, by, caller.privileges, "session", "t")
    try:
        async with api.platform.database.transaction() as tx:
            await _change(api, tx, principal, whom, change)
    except CordboardError:
        changed = False
    else:
        changed = True
    async with api.platform.database.transaction() as tx:
        after = await user_repository.find(tx, account.id, whom)
    left = await api.fetch("select roles from users where account_id = $1 and status = 1", account.id)
    assert any(ROLES[role] & ADMINISTRATES for row in left for role in row["roles"])
    assert changed or after == before
    if changed:
        assert not before.privileges & ~caller.privileges
        assert after is None or not after.privileges & ~caller.privileges


async def _change(api: Api, tx: Any, principal: Principal, whom: UUID, change: str | list[str]) -> None:
    users = api.platform.people.users
    if isinstance(change, list):
        await users.edit(tx, principal, whom, UserEdit(roles=change, details=UserDetails()))
    elif change == "delete":
        await users.delete(tx, principal, whom)
    else:
        await users.set_status(tx, principal, whom, active=change == "activate")
