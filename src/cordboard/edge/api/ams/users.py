"""Requests 149 to 158: the users of an account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec

from cordboard.domain.accounts.models import User
from cordboard.domain.accounts.password_change import PasswordChange
from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.accounts.users import UserService
from cordboard.edge.api.ams.user_fields import (
    ACTIVE,
    BODY,
    ID,
    NAME,
    SHOWN,
    TAG,
    NewUserBody,
    PageQuery,
    PasswordBody,
    StatusBody,
    UserBody,
    render_user,
)
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.infra.db import Database, Tx
from cordboard.kit.paging import Page


class UsersResource:
    """`/ams/v3/users`."""

    def __init__(self, users: UserService, change_password: PasswordChange, database: Database) -> None:
        self._users = users
        self._change_password = change_password
        self._database = database

    async def get_users(self, call: Call) -> Reply:
        """The account's users, the oldest first."""
        account_id = call.principal.account_id
        found = await self._users.page(call.tx, account_id, Page.of(call.query.size, call.query.offset))
        return Reply([render_user(one) for one in await self._users.shown(call.tx, account_id, found)])

    async def get_user(self, call: Call) -> Reply:
        """One user by id."""
        found = await self._users.get(call.tx, call.principal.account_id, uuid_in_path(call, "clientId"))
        return await self._reply(call.tx, found)

    async def get_named_user(self, call: Call) -> Reply:
        """One user by the user name, in any case of letters."""
        return await self._reply(call.tx, await self._named(call))

    async def create_user(self, call: Call) -> Reply:
        """A new user, of the caller's account or a subaccount. Roles that give what the caller lacks are refused."""
        body: NewUserBody = call.body
        prepared = await self._users.prepare(call.principal, body.new_user)
        async with self._transaction(call) as tx:
            return await self._reply(tx, await self._users.add(tx, call.principal, prepared))

    async def edit_user(self, call: Call) -> Reply:
        """Gives the roles and changes what else is given. Password and status have requests of their own."""
        return await self._edit(call, uuid_in_path(call, "clientId"))

    async def edit_named_user(self, call: Call) -> Reply:
        """The same by the user name."""
        return await self._edit(call, (await self._named(call)).id)

    async def change_own_password(self, call: Call) -> Reply:
        """Changes the caller's password. It ends every session of the caller; the answer carries the tokens of a new
        one. Wrong old passwords count as failed sign-ins do.
        """
        body: PasswordBody = call.body
        user, tokens = await self._change_password(call.principal.client_id, *body.checked())
        async with self._transaction(call) as tx:
            (view,) = await self._users.shown(tx, user.account_id, [user])
        return Reply([render_user(view) | msgspec.to_builtins(tokens)])

    async def change_status(self, call: Call) -> Reply:
        """Makes a user active or inactive; an inactive one's tokens end within two seconds."""
        client_id, active = uuid_in_path(call, "clientId"), call.body.status == ACTIVE
        return await self._reply(
            call.tx, await self._users.set_status(call.tx, call.principal, client_id, active=active)
        )

    async def delete_user(self, call: Call) -> Reply:
        """Removes a user with keys and sessions; what the user made stays with the account."""
        return await self._delete(call, uuid_in_path(call, "clientId"))

    async def delete_named_user(self, call: Call) -> Reply:
        """The same by the user name."""
        return await self._delete(call, (await self._named(call)).id)

    async def _named(self, call: Call) -> User:
        return await self._users.named(call.tx, call.principal.account_id, call.path["username"])

    async def _edit(self, call: Call, client_id: UUID) -> Reply:
        body: UserBody = call.body
        return await self._reply(call.tx, await self._users.edit(call.tx, call.principal, client_id, body.edit))

    async def _delete(self, call: Call, client_id: UUID) -> Reply:
        found = await self._users.get(call.tx, call.principal.account_id, client_id)
        reply = await self._reply(call.tx, found)
        await self._users.delete(call.tx, call.principal, client_id)
        return reply

    async def _reply(self, tx: Tx, user: User) -> Reply:
        (view,) = await self._users.shown(tx, user.account_id, [user])
        return Reply([render_user(view)])

    @asynccontextmanager
    async def _transaction(self, call: Call) -> AsyncIterator[Tx]:
        """The idempotency key's, so that both are there or neither; else one of its own."""
        if call.transaction is not None:
            yield call.transaction
            return
        async with self._database.transaction() as tx:
            yield tx

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base = "/ams/v3/users"
        one, named = base + "/{clientId}", base + "/usernames/{username}"
        return (
            Endpoint(
                number="149",
                method="GET",
                path=base,
                handler=self.get_users,
                summary="Get users",
                privilege=Privilege.USER_READ,
                query=PageQuery,
                session_only=True,
                tag=TAG,
                example=Example(response=SHOWN),
            ),
            Endpoint(
                number="150",
                method="GET",
                path=one,
                handler=self.get_user,
                summary="Get user by id",
                privilege=Privilege.USER_READ,
                session_only=True,
                tag=TAG,
                example=Example(path=ID, response=SHOWN),
            ),
            Endpoint(
                number="151",
                method="GET",
                path=named,
                handler=self.get_named_user,
                summary="Get user by username",
                privilege=Privilege.USER_READ,
                session_only=True,
                tag=TAG,
                example=Example(path=NAME, response=SHOWN),
            ),
            Endpoint(
                number="152",
                method="POST",
                path=base,
                handler=self.create_user,
                summary="Create user",
                privilege=Privilege.USER_UPDATE,
                body=NewUserBody,
                session_only=True,
                own_transactions=True,
                tag=TAG,
                example=Example(
                    body={**BODY, "password": "quiet river stone", "status": "active"},
                    response=SHOWN,
                ),
            ),
            Endpoint(
                number="153",
                method="PUT",
                path=one,
                handler=self.edit_user,
                summary="Edit user",
                privilege=Privilege.USER_UPDATE,
                body=UserBody,
                session_only=True,
                tag=TAG,
                example=Example(path=ID, body=BODY, response=SHOWN),
            ),
            Endpoint(
                number="154",
                method="PUT",
                path=named,
                handler=self.edit_named_user,
                summary="Edit user by username",
                privilege=Privilege.USER_UPDATE,
                body=UserBody,
                session_only=True,
                tag=TAG,
                example=Example(path=NAME, body=BODY, response=SHOWN),
            ),
            Endpoint(
                number="155",
                method="PUT",
                path=base + "/password/update",
                handler=self.change_own_password,
                summary="Change password",
                privilege=None,
                any_user=True,
                body=PasswordBody,
                session_only=True,
                own_transactions=True,
                tag=TAG,
                example=Example(
                    body={
                        "oldPassword": "quiet river stone",
                        "newPassword": "loud mountain cloud",
                        "pincode": 123456,
                    },
                    response={
                        **SHOWN,
                        "accessToken": "eyJ...",
                        "refreshToken": "q1w2...",
                        "tokenType": "Bearer",
                    },
                ),
            ),
            Endpoint(
                number="156",
                method="PUT",
                path=base + "/status/{clientId}",
                handler=self.change_status,
                summary="Change user status",
                privilege=Privilege.USER_UPDATE,
                body=StatusBody,
                session_only=True,
                tag=TAG,
                example=Example(path=ID, body={"status": "active"}, response=SHOWN),
            ),
            Endpoint(
                number="157",
                method="DELETE",
                path=one,
                handler=self.delete_user,
                summary="Delete user",
                privilege=Privilege.USER_UPDATE,
                session_only=True,
                tag=TAG,
                example=Example(path=ID, response=SHOWN),
            ),
            Endpoint(
                number="158",
                method="DELETE",
                path=named,
                handler=self.delete_named_user,
                summary="Delete user by username",
                privilege=Privilege.USER_UPDATE,
                session_only=True,
                tag=TAG,
                example=Example(path=NAME, response=SHOWN),
            ),
        )
