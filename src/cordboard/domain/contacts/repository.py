"""The SQL of contacts and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.contacts.models import Contact
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert
from cordboard.kit.paging import Page

_COLUMNS: Final = ", ".join(Contact.__struct_fields__)
_insert_plain = BulkInsert(
    "contacts",
    {
        "account_id": "uuid",
        "id": "uuid",
        "created": "uuid",
        "timezone": "smallint",
        "ext_data": "jsonb",
        "created_at": "timestamptz",
    },
)


async def find(tx: Tx, account_id: UUID, contact_id: UUID, *, lock: bool = False) -> Contact | None:
    """A contact of the account, archived or not."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from contacts where account_id = $1 and id = $2" + (" for update" if lock else ""),
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


async def page(tx: Tx, account_id: UUID, wanted: Page) -> list[Contact]:
    """Contacts that are not archived, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from contacts where account_id = $1 and not archived"
        " order by created_at, id limit $2 offset $3",
        account_id,
        wanted.size,
        wanted.offset,
    )
    return [Contact(**dict(row)) for row in rows]


async def insert(tx: Tx, contact: Contact) -> None:
    """Adds a contact; its keys are claimed apart."""
    fields = Contact.__struct_fields__
    places = ", ".join(f"${index}" for index in range(1, len(fields) + 1))
    await tx.execute(
        f"insert into contacts ({_COLUMNS}) values ({places})", *(getattr(contact, name) for name in fields)
    )


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


async def claim_keys(tx: Tx, account_id: UUID, contact_id: UUID, keys: Sequence[str]) -> tuple[str, UUID] | None:
    """Makes `keys` point to a contact; the first that points to another one, with its owner, if there is any.

    An insert that meets a concurrent one waits for it, so that of two who want one key at once exactly one gets it.
    """
    await tx.execute(
        "insert into contact_keys (account_id, key, contact_id) select $1, key, $2 from unnest($3::text[]) as k (key)"
        " order by key on conflict do nothing",
        account_id,
        contact_id,
        list(keys),
    )
    row = await tx.fetchrow(
        "select key, contact_id from contact_keys where account_id = $1 and key = any($2) and contact_id <> $3"
        " order by array_position($2, key) limit 1",
        account_id,
        list(keys),
        contact_id,
    )
    return (row["key"], row["contact_id"]) if row else None


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
    return {(row["account_id"], row["key"]): row["contact_id"] for row in rows}


async def add_by_key(tx: Tx, contacts: Sequence[Contact]) -> None:
    """Adds contacts of a single key each; one whose key was taken meanwhile is not added."""
    await _insert_plain(tx, [(c.account_id, c.id, c.created, c.timezone, c.ext_data, c.created_at) for c in contacts])
    parameters = (
        [contact.account_id for contact in contacts],
        [contact.keys[0] for contact in contacts],
        [contact.id for contact in contacts],
    )
    await tx.execute(
        "insert into contact_keys (account_id, key, contact_id)"
        " select * from unnest($1::uuid[], $2::text[], $3::uuid[]) as k (account_id, key, contact_id)"
        " order by 1, 2 on conflict do nothing",
        *parameters,
    )
    await tx.execute(
        "with new as (select * from unnest($1::uuid[], $2::text[], $3::uuid[]) as k (account_id, key, contact_id)),"
        " won as (update contacts c set keys = array[n.key] from new n join contact_keys k"
        " on k.account_id = n.account_id and k.key = n.key and k.contact_id = n.contact_id"
        " where c.account_id = n.account_id and c.id = n.contact_id returning c.account_id, c.id)"
        " delete from contacts c using new n where c.account_id = n.account_id and c.id = n.contact_id"
        " and not exists (select from contact_keys k"
        " where k.account_id = n.account_id and k.contact_id ="
        " n.contact_id)",
        *parameters,
    )


async def mark_dnc(tx: Tx, pairs: Sequence[tuple[UUID, str]], dnc: int) -> None:
    """Sets the mark of the contacts that keys point to."""
    await tx.execute(
        "update contacts c set dnc = $3 from unnest($1::uuid[], $2::text[]) as w (account_id, key)"
        " join contact_keys k using (account_id, key) where c.account_id = k.account_id and c.id = k.contact_id",
        [account_id for account_id, _ in pairs],
        [key for _, key in pairs],
        dnc,
    )
