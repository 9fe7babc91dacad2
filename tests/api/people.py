"""Users of a tenant, and what tests do with them."""

from __future__ import annotations

from typing import Any

import jwt
from tests.harness import PASSWORD, Answer, Api, Tenant, hash_of_password

from cordboard.domain.accounts import repository
from cordboard.domain.accounts.models import User
from cordboard.domain.accounts.privileges import from_words
from cordboard.kit.ids import Ids

USERS = "/ams/v3/users"
TOKEN = "/auth/v3/token"
NEW_PASSWORD = "quiet river stone"


async def user_of(api: Api, tenant: Tenant, *roles: str, name: str = "") -> Tenant:
    """Another user of the account, signed in, whose password is PASSWORD."""
    user_id = Ids.random_uuid()
    username = name or f"{user_id.hex}@people.example"
    user = User(user_id, tenant.id, username, hash_of_password(), 1, list(roles), None, 0)
    async with api.platform.database.transaction() as tx:
        await repository.insert_user(tx, user, api.clock.now())
    return Tenant(tenant.account, user, api._token_of(tenant.account, user))


def at(user: Tenant, base: str = USERS) -> str:
    """The user's path."""
    return f"{base}/{user.user.id}"


async def sign_in(api: Api, tenant: Tenant, password: str = PASSWORD, **more: Any) -> Answer:
    """What signing in answers."""
    body = {"grantType": "resource_owner_credentials", "username": tenant.user.username, "password": password, **more}
    return await api.post(TOKEN, json=body)


async def refresh(api: Api, token: str) -> Answer:
    """What a refresh answers."""
    return await api.post(TOKEN, json={"grantType": "refresh_token", "refreshToken": token})


def holding(tenant: Tenant, token: str) -> Tenant:
    """The same user with another token."""
    return Tenant(tenant.account, tenant.user, token)


def mask_in(token: str) -> int:
    """The privileges that a token carries."""
    return from_words(jwt.decode(token, options={"verify_signature": False})["priv"])


def problems_of(answer: Answer) -> list[tuple[str | None, str]]:
    """The field and the problem of each error of a 400."""
    assert answer.status == 400, answer.body
    return [(error["moreInfo"], error["message"]) for error in answer.body["error"]]
