"""Requests 168 to 172: common configurations of webhooks."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.webhooks.connections import ConnectionService
from cordboard.domain.webhooks.models import Connection
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path

_TAG: Final = "Webhooks"
_ID: Final = {"callbackAuthId": "b41770b0-5503-11eb-9a67-59113aa55d66"}
_BODY: Final = {
    "name": "CRM",
    "description": "How our CRM is talked to",
    "headers": {"X-Source": "cordboard"},
    "authHeaders": {"Authorization": "Bearer 0123456789"},
}
_LISTED: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    "id": _ID["callbackAuthId"],
    "name": _BODY["name"],
    "description": _BODY["description"],
}
_SHOWN: Final = {
    **_LISTED,
    "headers": _BODY["headers"],
    "authHeaders": {"Authorization": "v1.k1.cKBtqNSKlIs1pXKL4nm57bsKgzp8_T0MNEru5r7OLBlTq_9e3pmrpd3gLVos-Bec"},
}


class AuthenticationBody(msgspec.Struct, rename="camel", kw_only=True):
    """`auth_headers` are kept sealed. Editing changes what is given; a sealed value sent back stays what it is."""

    name: str | None = None
    description: str | None = None
    headers: dict[str, str] | None = None
    auth_headers: dict[str, str] | None = None


class CallbackAuthenticationResource:
    """`/v4/callback/authentication`."""

    def __init__(self, connections: ConnectionService) -> None:
        self._connections = connections

    async def get_connections(self, call: Call) -> Reply:
        """The account's common configurations, without their headers."""
        found = await self._connections.all_of(call.tx, call.principal.account_id)
        return Reply([_listed(connection) for connection in found])

    async def add_connection(self, call: Call) -> Reply:
        """A new one."""
        body: AuthenticationBody = call.body
        connection = await self._connections.add(
            call.tx,
            call.principal.account_id,
            name=body.name or "",
            description=body.description or "",
            headers=body.headers or {},
            auth_headers=body.auth_headers or {},
        )
        return Reply([render_connection(connection)])

    async def edit_connection(self, call: Call) -> Reply:
        """Changes what is given."""
        body: AuthenticationBody = call.body
        connection = await self._connections.edit(
            call.tx,
            call.principal.account_id,
            self._id(call),
            name=body.name,
            description=body.description,
            headers=body.headers,
            auth_headers=body.auth_headers,
        )
        return Reply([render_connection(connection)])

    async def get_connection(self, call: Call) -> Reply:
        """One of them."""
        connection = await self._connections.get(call.tx, call.principal.account_id, self._id(call))
        return Reply([render_connection(connection)])

    async def delete_connection(self, call: Call) -> Reply:
        """Removes one that no configuration uses."""
        connection = await self._connections.delete(call.tx, call.principal.account_id, self._id(call))
        return Reply([render_connection(connection)])

    @staticmethod
    def _id(call: Call) -> UUID:
        return uuid_in_path(call, "callbackAuthId")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/callback/authentication", "/v4/callback/authentication/{callbackAuthId}"
        return (
            Endpoint(
                number="168",
                method="GET",
                path=base,
                handler=self.get_connections,
                summary="Get all webhook common configurations",
                privilege=Privilege.CALLBACK_READ,
                tag=_TAG,
                example=Example(response=_LISTED),
            ),
            Endpoint(
                number="169",
                method="POST",
                path=base,
                handler=self.add_connection,
                summary="Add webhook common configuration",
                privilege=Privilege.CALLBACK_UPDATE,
                body=AuthenticationBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="170",
                method="PUT",
                path=one,
                handler=self.edit_connection,
                summary="Edit webhook common configuration",
                privilege=Privilege.CALLBACK_UPDATE,
                body=AuthenticationBody,
                tag=_TAG,
                example=Example(path=_ID, body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="171",
                method="GET",
                path=one,
                handler=self.get_connection,
                summary="Get webhook common configuration",
                privilege=Privilege.CALLBACK_READ,
                tag=_TAG,
                example=Example(path=_ID, response=_SHOWN),
            ),
            Endpoint(
                number="172",
                method="DELETE",
                path=one,
                handler=self.delete_connection,
                summary="Delete webhook common configuration",
                privilege=Privilege.CALLBACK_UPDATE,
                tag=_TAG,
                example=Example(path=_ID, response=_SHOWN),
            ),
        )


def render_connection(connection: Connection) -> dict[str, Any]:
    """A common configuration as the reference shows it: authorising headers stay sealed."""
    return {
        **_listed(connection),
        "headers": connection.headers,
        "authHeaders": connection.auth_headers_sealed,
    }


def _listed(connection: Connection) -> dict[str, Any]:
    return {
        "accountSid": connection.account_id,
        "id": connection.id,
        "name": connection.name,
        "description": connection.description,
    }
