"""Request 51: contacts by keys or by what their fields hold."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.contacts.search.models import Search
from cordboard.domain.contacts.search.queries import SavedQueries
from cordboard.domain.contacts.search.service import ContactSearch
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.contacts import CONTACT_EXAMPLE, show_found
from cordboard.infra.db import Database, Tx

_STATEMENT: Final = {"variable": "firstname", "operation": "contains", "value": "John"}
_BODY: Final = {"size": 5000, "from": 0, "statements": [_STATEMENT]}


class SearchBody(msgspec.Struct, rename="camel"):
    """`keys` are looked for alone, whatever else is given. Else the statements decide, all of which have to hold:
    `variable` is a field of extData, `dnc` or `timezone`; `operation` as in scripts, turned round by `negated`.
    `queryId` names a saved query to go by, whose `size` and `from` hold unless they are given here.
    """

    keys: list[str] = []
    statements: list[dict[str, Any]] = []
    size: int | None = None
    offset: int | None = msgspec.field(default=None, name="from")
    query_id: UUID | None = None


class ContactSearchResource:
    """`/v4/contact/search`."""

    def __init__(self, search: ContactSearch, queries: SavedQueries, database: Database) -> None:
        self._search = search
        self._queries = queries
        self._database = database

    async def search_contacts(self, call: Call) -> Reply:
        """The contacts that have one of the keys, or that meet all statements: the oldest first, up to 10,000."""
        body: SearchBody = call.body
        account_id = call.principal.account_id
        if body.keys:
            async with self._connection(call) as connection:
                found = await self._search.by_keys(connection, account_id, body.keys)
        else:
            found = await self._search.find(account_id, await self._wanted(call), call.transaction)
        return Reply([show_found(contact) for contact in found])

    async def _wanted(self, call: Call) -> Search:
        """Raises InvalidInputError, NotFoundError."""
        body: SearchBody = call.body
        given = Search.parse(body.statements, body.size, body.offset)
        if body.query_id is None:
            return given
        async with self._connection(call) as connection:
            saved = await self._queries.get(connection, call.principal.account_id, body.query_id)
        return saved.search(body.size, body.offset).narrowed(given.statements)

    @asynccontextmanager
    async def _connection(self, call: Call) -> AsyncIterator[Tx]:
        """The request's transaction if it has one, as it does under an idempotency key."""
        if call.transaction is not None:
            yield call.transaction
            return
        async with self._database.connection() as connection:
            yield connection

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (
            Endpoint(
                number="51",
                method="POST",
                path="/v4/contact/search",
                handler=self.search_contacts,
                summary="Search contacts",
                privilege=Privilege.CONTACT_READ,
                body=SearchBody,
                tag="Contacts",
                own_transactions=True,
                example=Example(body=_BODY, response=CONTACT_EXAMPLE),
            ),
        )
