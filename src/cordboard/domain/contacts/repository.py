"""The SQL of contacts and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from cordboard.domain.contacts.models import Contact
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkRows
from cordboard.infra.db.rows import insert_row
from cordboard.kit.ids import NIL

_COLUMNS: Final = ", ".join(Contact.__struct_fields__)
_new_rows: Final = BulkRows(
    {
        "account_id": "uuid",
        "id": "uuid",
        "created": "uuid",
        "timezone": "smallint",
        "ext_data": "jsonb",
        "created_at": "timestamptz",
        "key": "text",
    }
)
_ADD_BY_KEY: Final = (
    "with claimed as (insert into contact_keys (account_id, key, contact_id)"
    f" select r.account_id, r.key, r.id from {_new_rows.source} order by 1, 2"
    " on conflict do nothing returning account_id, key, contact_id),"
    " added as (insert into contacts (account_id, id, created, timezone, ext_data, created_at, keys)"
    " select r.account_id, r.id, r.created, r.timezone, r.ext_data::jsonb, r.created_at, array[r.key]"
    f" from {_new_rows.source} join claimed c on c.account_id = r.account_id and c.contact_id = r.id)"
    " select account_id, key, contact_id from claimed"
)


async def find(tx: Tx, account_id: UUID, contact_id: UUID, *, lock: bool = False) -> Contact | None:
    """A contact of the account, archived or not."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from contacts where account_id = $1 and id = $2" + (" for no key update" if lock else ""),
        account_id,
        contact_id,
    )
    return Contact(**dict(row)) if row else None


async def by_ids(tx: Tx, account_id: UUID, contact_ids: Sequence[UUID]) -> list[Contact]:
    """Those of the account that are not archived."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from contacts where account_id = $1 and id = any($2) and not archived",
        account_id,
        list(contact_ids),
    )
    return [Contact(**dict(row)) for row in rows]


async def scan(tx: Tx, account_id: UUID, after: UUID | None, limit: int) -> list[Contact]:
    """Those of the account that are not archived, by id, behind `after`."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from contacts where account_id = $1 and id > $2 and not archived order by id limit $3",
        account_id,
        after or NIL,  # a condition that may be absent could not be looked up in the index
        limit,
    )
    return [Contact(**dict(row)) for row in rows]


async def of_accounts(tx: Tx, keys: Sequence[tuple[UUID, UUID]]) -> list[Contact]:
    """Contacts by account and id, archived or not."""
    rows = await tx.fetch(
        f"select {', '.join(f'c.{name}' for name in Contact.__struct_fields__)}"
        " from unnest($1::uuid[], $2::uuid[]) as k (account_id, id) join contacts c using (account_id, id)",
        [account_id for account_id, _ in keys],
        [contact_id for _, contact_id in keys],
    )
    return [Contact(**dict(row)) for row in rows]


async def insert(tx: Tx, contact: Contact) -> None:
    """Adds a contact; its keys are claimed apart."""
    await insert_row(tx, "contacts", contact, Contact.__struct_fields__)


async def update(tx: Tx, contact: Contact) -> None:
    """Writes what may change."""
    await tx.execute(
        "update contacts set timezone = $3, ext_data = $4, keys = $5, removed_keys = $6, archived = $7"
        " where account_id = $1 and id = $2",
        contact.account_id,
        contact.id,
        contact.timezone,
        contact.ext_data,
        contact.keys,
        contact.removed_keys,
        contact.archived,
    )


async def claim_keys(tx: Tx, account_id: UUID, contact_id: UUID, keys: Sequence[str]) -> dict[str, UUID]:
    """Makes those of `keys` that are free point to a contact, and tells whom each key points to.

    An insert that meets a concurrent one waits for it, so that of two who want one key at once exactly one gets it.
    A key that was another's, but was freed before the answer was read, is missing from it: ask again.
    """
    await tx.execute(
        "insert into contact_keys (account_id, key, contact_id) select $1, key, $2 from unnest($3::text[]) as k (key)"
        " order by key on conflict do nothing",
        account_id,
        contact_id,
        list(keys),
    )
    rows = await tx.fetch(
        "select key, contact_id from contact_keys where account_id = $1 and key = any($2)", account_id, list(keys)
    )
    return {row["key"]: row["contact_id"] for row in rows}


async def release_keys(tx: Tx, account_id: UUID, contact_id: UUID, keys: Sequence[str]) -> None:
    """Makes `keys` of a contact free."""
    await tx.execute(
        "delete from contact_keys where account_id = $1 and contact_id = $2 and key = any($3)",
        account_id,
        contact_id,
        list(keys),
    )


async def owners_of_keys(tx: Tx, pairs: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """Whom keys of some accounts point to."""
    rows = await tx.fetch(
        "select k.account_id, k.key, k.contact_id from unnest($1::uuid[], $2::text[]) as w (account_id, key)"
        " join contact_keys k using (account_id, key)",
        [account_id for account_id, _ in pairs],
        [key for _, key in pairs],
    )
    return _by_key(rows)


async def add_by_key(tx: Tx, contacts: Sequence[Contact]) -> dict[tuple[UUID, str], UUID]:
    """Adds contacts of a single key each, and tells whom those keys point to. One whose key is taken, perhaps only
    just, is neither added nor told of.
    """
    rows = [(c.account_id, c.id, c.created, c.timezone, c.ext_data, c.created_at, c.keys[0]) for c in contacts]
    return _by_key(await tx.fetch(_ADD_BY_KEY, *_new_rows.parameters(rows)))


async def mark_dnc(tx: Tx, pairs: Sequence[tuple[UUID, str]], dnc: int) -> None:
    """Sets the mark of the contacts that keys point to. They are locked in one order, so that two who mark the same
    ones wait for each other instead of blocking each other.
    """
    await tx.execute(
        "with marked as (select c.account_id, c.id from unnest($1::uuid[], $2::text[]) as w (account_id, key)"
        " join contact_keys k using (account_id, key)"
        " join contacts c on c.account_id = k.account_id and c.id = k.contact_id"
        " where c.dnc <> $3 order by 1, 2 for no key update of c)"
        " update contacts c set dnc = $3 from marked m where c.account_id = m.account_id and c.id = m.id",
        [account_id for account_id, _ in pairs],
        [key for _, key in pairs],
        dnc,
    )


def _by_key(rows: Sequence[asyncpg.Record]) -> dict[tuple[UUID, str], UUID]:
    return {(row["account_id"], row["key"]): row["contact_id"] for row in rows}
