"""The platform under test: real services on a real database, real HTTP without a socket, a clock that stands still."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from argon2 import PasswordHasher

from cordboard.domain.accounts import repository as accounts
from cordboard.domain.accounts.models import Account, Principal, User
from cordboard.domain.accounts.privileges import mask_of_roles
from cordboard.domain.accounts.tokens import ACCESS_LIFETIME, TokenSigner
from cordboard.edge.api.frame.app import build_app
from cordboard.edge.api.frame.endpoint import Endpoint
from cordboard.infra.db import Database
from cordboard.kit.ids import Ids
from cordboard.run.api import api_parts
from cordboard.run.platform import SIGNING_FILE, Platform, build_platform
from cordboard.run.settings import Limits, Network, Settings
from cordboard.run.worker import Worker, build_worker
from cordboard.testing.clock import VirtualClock

PASSWORD = "correct horse battery"
_MOST_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account with a signed-in owner."""

    account: Account
    user: User
    token: str

    @property
    def id(self) -> UUID:
        """The account's id."""
        return self.account.id

    @property
    def sid(self) -> str:
        """The account's id as JSON shows it."""
        return str(self.account.id)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response in the envelope."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def payload(self) -> list[Any]:
        """The payload of a success; fails the test on anything else."""
        assert self.status == 200, self.body
        assert self.body["status"] is True, self.body
        payload: list[Any] = self.body["payload"]
        return payload

    @property
    def only(self) -> Any:
        """The single member of the payload."""
        assert len(self.payload) == 1, self.body
        return self.payload[0]

    @property
    def errors(self) -> list[tuple[str, str | None]]:
        """Code and moreInfo of each error of a failure."""
        assert self.body["status"] is False, self.body
        return [(error["code"], error["moreInfo"]) for error in self.body["error"]]


class Api:
    """Calls the application as customers do; `settle` does what the worker would."""

    def __init__(self, platform: Platform, client: httpx.AsyncClient, clock: VirtualClock) -> None:
        self.platform = platform
        self.clock = clock
        self.worker: Worker = build_worker(platform)
        self._client = client

    async def account(self, name: str = "acme", *, role: str = "account-owner", parent: UUID | None = None) -> Tenant:
        """A new account whose owner is signed in."""
        ids, now = Ids(self.clock), self.clock.now()
        account_id = ids.random_uuid()
        email = f"{account_id.hex}@{name}.example"
        account = Account(account_id, parent or account_id, name, email, "", "", "cordboard", "", "", 1, now, now)
        user = User(ids.random_uuid(), account_id, email, hash_of_password(), 1, [role], None, 0)
        async with self.platform.database.transaction() as tx:
            await accounts.insert_account(tx, account)
            await accounts.insert_user(tx, user, now)
        return Tenant(account, user, self._token_of(account, user))

    def renewed(self, tenant: Tenant) -> Tenant:
        """A tenant with a token of now: tokens age with the clock."""
        return replace(tenant, token=self._token_of(tenant.account, tenant.user))

    def _token_of(self, account: Account, user: User) -> str:
        """What signing in would give, without the tens of milliseconds that a password check takes on purpose."""
        signer = TokenSigner.load_or_create(self.platform.settings.data_path / SIGNING_FILE, self.clock)
        principal = Principal(
            account.id, account.parent_id, user.id, mask_of_roles(user.roles), "session", str(Ids.random_uuid())
        )
        return signer.sign(principal, self.clock.now() + ACCESS_LIFETIME)

    async def call(
        self,
        method: str,
        path: str,
        tenant: Tenant | None = None,
        json: Any = None,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        file: tuple[str, str, bytes] | None = None,
    ) -> Answer:
        """One request; with `content` the body is sent as it is, with `file` (its field, name and content) as a form
        whose texts are `json`.
        """
        sent = {"Authorization": f"Bearer {tenant.token}"} if tenant else {}
        sent.update(headers or {})
        if file is not None:
            field, name, data = file
            response = await self._client.request(
                method, path, data=json, files={field: (name, data)}, params=params, headers=sent
            )
        elif content is not None:
            response = await self._client.request(method, path, content=content, params=params, headers=sent)
        else:
            response = await self._client.request(method, path, json=json, params=params, headers=sent)
        return Answer(response.status_code, response.json(), response.headers)

    async def get(self, path: str, tenant: Tenant | None = None, **params: str) -> Answer:
        """GET with `params` as the query."""
        return await self.call("GET", path, tenant, params=params or None)

    async def post(self, path: str, tenant: Tenant | None = None, json: Any = None) -> Answer:
        """POST of a JSON body."""
        return await self.call("POST", path, tenant, json)

    async def put(self, path: str, tenant: Tenant | None = None, json: Any = None) -> Answer:
        """PUT of a JSON body."""
        return await self.call("PUT", path, tenant, json)

    async def delete(self, path: str, tenant: Tenant | None = None) -> Answer:
        """DELETE."""
        return await self.call("DELETE", path, tenant)

    async def settle(self) -> None:
        """Runs outbox, timers, jobs and webhooks until nothing is due."""
        for _ in range(_MOST_ROUNDS):
            done = await self.worker.dispatcher.drain()
            done += await self.worker.timers.fire_due()
            done += await self.worker.jobs.start_due()
            done += await self.worker.uploads.start_due()
            await self.worker.jobs.settle()
            await self.worker.uploads.settle()
            done += await self.worker.webhooks.deliver_due()
            await self.worker.webhooks.settle()
            done += await self.worker.campaigns.step()
            if not done:
                return
        raise AssertionError("the platform does not come to rest")

    async def assert_privileges(self, rows: Sequence[tuple[str, str, str]], role: str) -> None:
        """Each (method, path, privilege) refuses a stranger with 403, and a user of `role` for lack of it."""
        clerk = await self.account(role=role)
        for method, path, privilege in rows:
            answer = await self.call(method, path, clerk)
            assert answer.errors == [("401", f"needs the privilege {privilege}")]
            assert answer.status == 401
            assert (await self.call(method, path)).status == 403

    async def fetch(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the database, for asserting on what was stored."""
        async with self.platform.database.connection() as connection:
            return [dict(row) for row in await connection.fetch(sql, *values)]


@cache
def hash_of_password() -> str:
    """Made once: a hash takes a tenth of a second on purpose."""
    return PasswordHasher().hash(PASSWORD)


def settings_for_tests(data_dir: Path, **changes: Any) -> Settings:
    """Settings of an installation whose callbacks may reach loopback."""
    usual: dict[str, Any] = {
        "data_dir": str(data_dir),
        "network": Network(allow_private_callbacks=True),
        "limits": Limits(requests_per_second=1000),
    }
    return Settings(**{**usual, **changes})


class LazyApi:
    """The application, as far as it is asked for: Litestar takes a quarter of a second to register every route, and a
    test asks for a few. Below the first two segments of a path are all routes that can match it; what begins otherwise
    meets the whole application.
    """

    def __init__(self, platform: Platform) -> None:
        self._parts = api_parts(platform)
        self._below: dict[str, list[Endpoint]] = defaultdict(list)
        for endpoint in self._parts.endpoints:
            self._below[_beginning(endpoint.path)].append(endpoint)
        self._applications: dict[str, Any] = {}  # httpx and Litestar spell the type of an application differently

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serves a request."""
        beginning = _beginning(scope["path"])
        if beginning not in self._applications:
            self._applications[beginning] = self._built(beginning)
        await self._applications[beginning](scope, receive, send)

    def _built(self, beginning: str) -> Any:
        if endpoints := self._below.get(beginning):
            return build_app(self._parts.frame, endpoints, [])
        return build_app(*self._parts)


def _beginning(path: str) -> str:
    return "/".join(path.split("/", 3)[:3])


@asynccontextmanager
async def open_api(database: Database, clock: VirtualClock, data_dir: Path, **changes: Any) -> AsyncIterator[Api]:
    """The platform on `database`, with some settings changed."""
    platform = build_platform(settings_for_tests(data_dir, **changes), database, clock)
    transport = httpx.ASGITransport(app=LazyApi(platform))
    async with httpx.AsyncClient(transport=transport, base_url="http://cordboard.test") as client:
        yield Api(platform, client, clock)
    await platform.client.close()
    await platform.media_client.close()
    await platform.webhook_client.close()
    await platform.provider_client.close()
