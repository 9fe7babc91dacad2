"""Searching contacts (requests 49 and 51)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final
from uuid import UUID

import asyncpg

from cordboard.domain.contacts.ext_data import clean_keys
from cordboard.domain.contacts.search.errors import SearchTooBroadError
from cordboard.domain.contacts.search.models import LARGEST_SIZE, FoundContact, Search
from cordboard.domain.contacts.search.repository import finding
from cordboard.domain.contacts.search.repository.finding import Candidate
from cordboard.engines.rules.statements import all_hold
from cordboard.infra.db import Database, Tx
from cordboard.infra.turns import Turns
from cordboard.kit.clock import monotonic
from cordboard.kit.paging import Page

MOST_KEYS: Final = 1000
_LONGEST_SECONDS: Final = 5.0
_MOST_AT_ONCE: Final = 4
_MOST_OF_AN_ACCOUNT: Final = 2
_LARGEST_BATCH: Final = LARGEST_SIZE


class ContactSearch:
    """Finds contacts. Of the searches by statements few run at once in a process, and of one account fewer, so that
    accounts that search much leave connections and cores to the others; who has to wait is served in turn.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns = Turns(most=_MOST_AT_ONCE, most_of_one=_MOST_OF_AN_ACCOUNT)

    async def page(self, tx: Tx, account_id: UUID, wanted: Page) -> list[FoundContact]:
        """The account's contacts, the oldest first."""
        return await finding.page(tx, account_id, wanted)

    async def by_keys(self, tx: Tx, account_id: UUID, keys: Sequence[str]) -> list[FoundContact]:
        """The contacts that have one of the keys, the oldest first. Raises InvalidInputError."""
        return await finding.by_keys(tx, account_id, clean_keys(keys, "keys", most=MOST_KEYS))

    async def find(self, account_id: UUID, wanted: Search, tx: Tx | None = None) -> list[FoundContact]:
        """What a search asks for. Raises SearchTooBroadError, TooManyRequestsError when too many searches wait.

        Who comes with a transaction holds one of the connections that others need, and does not wait.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._turns.taken(account_id, wait=tx is None))
            if tx is None:
                tx = await stack.enter_async_context(self._database.transaction())
            await finding.be_brief(tx, int(_LONGEST_SECONDS * 1000))
            try:
                return await _found(tx, account_id, wanted)
            except asyncpg.QueryCanceledError as error:
                raise SearchTooBroadError from error


async def _found(tx: Tx, account_id: UUID, wanted: Search) -> list[FoundContact]:
    """What a search asks for. Raises SearchTooBroadError.

    Most candidates are sure, so that one batch is enough; where many turn out not to be, the batches grow.
    """
    give_up = monotonic() + _LONGEST_SECONDS
    page: list[FoundContact] = []
    skip, batch, after = wanted.offset, wanted.size, None
    while len(page) < wanted.size:
        if monotonic() > give_up:
            raise SearchTooBroadError
        found = await finding.candidates(tx, account_id, wanted.statements, skip=skip, want=batch, after=after)
        new, seen = _judged(found, wanted, skip)
        page += [finding.found_contact(account_id, one.row) for one in new]
        if not found or found[-1].number < skip + batch:
            break
        skip, batch, after = max(0, skip - seen), min(2 * batch, _LARGEST_BATCH), found[-1].place
    return page[: wanted.size]


def _judged(found: Sequence[Candidate], wanted: Search, skip: int) -> tuple[list[Candidate], int]:
    """Those past the first `skip` for which the statements hold for certain, and for how many of all they did."""
    failed = 0
    certain: list[Candidate] = []
    for one in found:
        if one.values is not None and not all_hold(wanted.statements, one.values):
            failed += 1
        elif one.number - failed > skip:
            certain.append(one)
    return certain, (found[-1].number if found else 0) - failed
