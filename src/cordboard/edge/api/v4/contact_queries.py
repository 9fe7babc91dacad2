"""Requests 126 to 128: saved contact queries."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.contacts.search.models import SavedQuery
from cordboard.domain.contacts.search.queries import SavedQueries
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.kit.clock import epoch_ms

_TAG: Final = "Saved contact queries"
_PATH: Final = {"queryId": "5f0b3c80-4f6e-11eb-9c7d-2fb1a7e0c9d4"}
_BODY: Final = {
    "queryName": "non-test contacts",
    "query": {
        "from": 0,
        "size": 5000,
        "statements": [
            {"variable": "firstname", "operation": "exists", "negated": False},
            {"variable": "firstname", "operation": "contains", "value": "test", "negated": True},
        ],
    },
}
_SHOWN: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    **_PATH,
    **_BODY,
    "created": 1609866000000,
}


class QueryMembers(msgspec.Struct, rename="camel", omit_defaults=True):
    """A search by statements, as `/v4/contact/search` takes it."""

    statements: list[dict[str, Any]]
    size: int | None = None
    offset: int | None = msgspec.field(default=None, name="from")


class QueryBody(msgspec.Struct, rename="camel"):
    """A name and a search."""

    query_name: str
    query: QueryMembers


class ContactQueriesResource:
    """`/v4/query/contact`."""

    def __init__(self, queries: SavedQueries) -> None:
        self._queries = queries

    async def get_queries(self, call: Call) -> Reply:
        """Every saved query of the account, the oldest first."""
        found = await self._queries.all_of(call.tx, call.principal.account_id)
        return Reply([render_query(one) for one in found])

    async def add_query(self, call: Call) -> Reply:
        """A new saved query. What a search would refuse is refused here."""
        body: QueryBody = call.body
        saved = await self._queries.add(
            call.tx, call.principal.account_id, body.query_name, msgspec.to_builtins(body.query)
        )
        return Reply([render_query(saved)])

    async def replace_query(self, call: Call) -> Reply:
        """Replaces a saved query."""
        body: QueryBody = call.body
        saved = await self._queries.replace(
            call.tx, call.principal.account_id, _id(call), body.query_name, msgspec.to_builtins(body.query)
        )
        return Reply([render_query(saved)])

    async def delete_query(self, call: Call) -> Reply:
        """Removes a saved query."""
        return Reply([render_query(await self._queries.delete(call.tx, call.principal.account_id, _id(call)))])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/query/contact", "/v4/query/contact/{queryId}"
        return (
            Endpoint(
                number="126",
                method="GET",
                path=base,
                handler=self.get_queries,
                summary="Get saved contact queries",
                privilege=Privilege.CONTACT_READ,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="127",
                method="POST",
                path=base,
                handler=self.add_query,
                summary="Add saved contact query",
                privilege=Privilege.CONTACT_UPDATE,
                body=QueryBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="128",
                method="PUT",
                path=one,
                handler=self.replace_query,
                summary="Replace saved contact query",
                privilege=Privilege.CONTACT_UPDATE,
                body=QueryBody,
                tag=_TAG,
                example=Example(path=_PATH, body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=one,
                handler=self.delete_query,
                summary="Delete saved contact query",
                privilege=Privilege.CONTACT_UPDATE,
                tag=_TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
        )


def render_query(saved: SavedQuery) -> dict[str, Any]:
    """A saved query; `created` in epoch milliseconds."""
    return {
        "accountSid": saved.account_id,
        "queryId": saved.id,
        "queryName": saved.name,
        "query": saved.query,
        "created": epoch_ms(saved.created_at),
    }


def _id(call: Call) -> UUID:
    return uuid_in_path(call, "queryId")
