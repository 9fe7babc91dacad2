"""Saved contact queries (requests 126 to 128): searches with a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.contacts.search.errors import TooManyQueriesError
from cordboard.domain.contacts.search.models import SavedQuery
from cordboard.domain.contacts.search.repository import queries
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError, NotFoundError
from cordboard.kit.ids import Ids

_MOST: Final = 500
_LONGEST_NAME: Final = 255
_LARGEST: Final = 64 * 1024


class SavedQueries:
    """The verbs of saved queries. Names are for people and may repeat."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    async def all_of(self, tx: Tx, account_id: UUID) -> list[SavedQuery]:
        """The account's queries, the oldest first."""
        return await queries.all_of(tx, account_id)

    async def get(self, tx: Tx, account_id: UUID, query_id: UUID) -> SavedQuery:
        """One of them. Raises NotFoundError."""
        found = await queries.find(tx, account_id, query_id)
        if found is None:
            raise NotFoundError("queryId")
        return found

    async def add(self, tx: Tx, account_id: UUID, name: str, query: Mapping[str, Any]) -> SavedQuery:
        """A new one; `query` as JSON gives it. Raises InvalidInputError, TooManyQueriesError."""
        new = SavedQuery(
            account_id=account_id,
            id=self._ids.time_uuid(),
            name=name.strip(),
            query=dict(query),
            created_at=self._clock.now(),
        )
        _check(new)
        if await queries.count(tx, account_id) >= _MOST:
            raise TooManyQueriesError(f"an account may keep {_MOST}; delete one that is not used")
        await queries.insert(tx, new)
        return new

    async def replace(
        self, tx: Tx, account_id: UUID, query_id: UUID, name: str, query: Mapping[str, Any]
    ) -> SavedQuery:
        """Another name and another search in its place. Raises NotFoundError, InvalidInputError."""
        present = await self.get(tx, account_id, query_id)
        changed = replace(present, name=name.strip(), query=dict(query))
        _check(changed)
        await queries.update(tx, changed)
        return changed

    async def delete(self, tx: Tx, account_id: UUID, query_id: UUID) -> SavedQuery:
        """Removes one. Raises NotFoundError."""
        present = await self.get(tx, account_id, query_id)
        await queries.delete(tx, account_id, query_id)
        return present


def _check(saved: SavedQuery) -> None:
    """Raises InvalidInputError: what a search would refuse cannot be saved."""
    errors: list[FieldError] = []
    if not 1 <= len(saved.name) <= _LONGEST_NAME:
        errors.append(FieldError("queryName", f"must have 1 to {_LONGEST_NAME} characters"))
    if len(msgspec.json.encode(saved.query)) > _LARGEST:
        errors.append(FieldError("query", f"may have {_LARGEST} bytes"))
    try:
        saved.search(within="query")
    except InvalidInputError as error:
        errors += error.errors
    if errors:
        raise InvalidInputError(errors)
