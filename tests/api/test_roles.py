"""Requests 166 and 167: what roles and privileges there are, and where their bits are."""

from __future__ import annotations

import pytest
from tests.api.people import mask_in, sign_in, user_of
from tests.harness import Api

from cordboard.domain.accounts.privileges import ROLES, Privilege

ROLES_PATH, PRIVILEGES_PATH = "/ams/v2/roles/all", "/ams/v2/privileges/all"


async def test_roles_are_shown_with_their_privileges_but_for_the_operators(api: Api) -> None:
    owner = await api.account()

    roles = {one["name"]: one for one in (await api.get(ROLES_PATH, owner)).payload}

    assert set(roles) == set(ROLES) - {"platform-admin"}
    assert roles["contact-admin"] == {
        "name": "contact-admin",
        "displayName": "Contacts",
        "privileges": [
            "contact-read",
            "contact-read-all",
            "contact-update",
            "contact-delete",
            "dnc-read",
            "dnc-update",
        ],
    }
    assert roles["settings-admin"]["displayName"] == "Users & Accounts"
    assert all("platform-admin" not in role["privileges"] for role in roles.values())


async def test_privileges_have_the_bits_that_clients_compute(api: Api) -> None:
    owner = await api.account()

    privileges = {one["name"]: one for one in (await api.get(PRIVILEGES_PATH, owner)).payload}

    assert privileges["acct-create"] == {
        "name": "acct-create",
        "displayName": "Account Create",
        "binaryPos": 7,
        "symbolicNumber": 128,
    }
    assert (privileges["ivr-update"]["binaryPos"], privileges["ivr-update"]["symbolicNumber"]) == (31, 2**31)
    assert (privileges["phone-read"]["binaryPos"], privileges["phone-read"]["symbolicNumber"]) == (32, 1)
    assert privileges["dnc-read"]["displayName"] == "DNC Read"
    assert privileges["contact-read-all"]["displayName"] == "Contact Read All"
    assert set(privileges) == {one.label for one in Privilege} - {"platform-admin"}


@pytest.mark.parametrize("role", ["contact-admin", "number-admin"])
async def test_a_tokens_masks_are_what_the_two_lists_say(api: Api, role: str) -> None:
    owner = await api.account()
    roles = {one["name"]: one["privileges"] for one in (await api.get(ROLES_PATH, owner)).payload}
    positions = {one["name"]: one["binaryPos"] for one in (await api.get(PRIVILEGES_PATH, owner)).payload}

    token = (await sign_in(api, await user_of(api, owner, role))).only["accessToken"]

    assert mask_in(token) == sum(1 << positions[privilege] for privilege in roles[role])


async def test_who_may_not_see_users_sees_no_roles(api: Api) -> None:
    rows = [("GET", ROLES_PATH, "user-read"), ("GET", PRIVILEGES_PATH, "user-read")]

    await api.assert_privileges(rows, "gi-agent")
