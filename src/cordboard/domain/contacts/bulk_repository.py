"""The SQL of contacts by the thousand: a handful of statements, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.contacts.models import Contact
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkRows

_COLUMNS: Final = Contact.__struct_fields__
_changes: Final = BulkRows(
    {"id": "uuid", "timezone": "smallint", "ext_data": "jsonb", "keys": "jsonb", "removed_keys": "jsonb"}, first=2
)
_UPDATE: Final = (
    "update contacts c set timezone = r.timezone, ext_data = r.ext_data::jsonb,"
    " keys = array(select jsonb_array_elements_text(r.keys::jsonb)),"
    " removed_keys = array(select jsonb_array_elements_text(r.removed_keys::jsonb))"
    f" from {_changes.source} where c.account_id = $1 and c.id = r.id"
)


async def owners_of(tx: Tx, account_id: UUID, keys: Sequence[str]) -> dict[str, UUID]:
    """Whom those of `keys` that are somebody's point to."""
    rows = await tx.fetch(
        "select key, contact_id from contact_keys where account_id = $1 and key = any($2)", account_id, list(keys)
    )
    return {row["key"]: row["contact_id"] for row in rows}


async def lock_contacts(tx: Tx, account_id: UUID, contact_ids: Sequence[UUID]) -> list[Contact]:
    """Contacts, locked in the order in which all lock several."""
    rows = await tx.fetch(
        f"select {', '.join(_COLUMNS)} from contacts where account_id = $1 and id = any($2) order by id"
        " for no key update",
        account_id,
        list(contact_ids),
    )
    return [Contact(**dict(row)) for row in rows]


async def insert_contacts(tx: Tx, contacts: Sequence[Contact]) -> None:
    """Adds contacts; their keys are claimed apart."""
    if contacts:
        await tx.copy_records_to_table(
            "contacts",
            columns=_COLUMNS,
            records=[tuple(getattr(contact, name) for name in _COLUMNS) for contact in contacts],
        )


async def update_contacts(tx: Tx, account_id: UUID, contacts: Sequence[Contact]) -> None:
    """Writes what may change of contacts that the caller has locked."""
    if contacts:
        rows = [(c.id, c.timezone, c.ext_data, c.keys, c.removed_keys) for c in contacts]
        await tx.execute(_UPDATE, account_id, *_changes.parameters(rows))


async def claim_keys(tx: Tx, account_id: UUID, claimed: Sequence[tuple[str, UUID]], leaving: Sequence[UUID]) -> int:
    """Makes keys point to contacts if they are free or belong to one of `leaving`, whom the caller has locked; answers
    how many do now. They are claimed in the order in which all claim theirs.
    """
    count: int = await tx.fetchval(
        "with claimed as (insert into contact_keys (account_id, key, contact_id)"
        " select $1, key, contact_id from unnest($2::text[], $3::uuid[]) as r (key, contact_id) order by key"
        " on conflict (account_id, key) do update set contact_id = excluded.contact_id"
        " where contact_keys.contact_id = any($4) returning key) select count(*) from claimed",
        account_id,
        [key for key, _ in claimed],
        [owner for _, owner in claimed],
        list(leaving),
    )
    return count


async def release_keys(tx: Tx, account_id: UUID, released: Sequence[tuple[str, UUID]]) -> None:
    """Makes keys of contacts that the caller has locked free."""
    if released:
        await tx.execute(
            "delete from contact_keys k using unnest($2::text[], $3::uuid[]) as r (key, contact_id)"
            " where k.account_id = $1 and k.key = r.key and k.contact_id = r.contact_id",
            account_id,
            [key for key, _ in released],
            [owner for _, owner in released],
        )
