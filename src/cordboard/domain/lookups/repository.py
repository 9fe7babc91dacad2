"""The SQL of carrier lookups."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.lookups.models import CarrierLookup, LookupFilter
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row

_FIELDS: Final = CarrierLookup.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)


async def insert(tx: Tx, lookup: CarrierLookup) -> None:
    """Adds a lookup."""
    await insert_row(tx, "carrier_lookups", lookup, _FIELDS)


async def latest(tx: Tx, account_id: UUID, number: str, since: datetime) -> CarrierLookup | None:
    """The account's lookup of a number with the newest facts, if they are of `since` or later."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from carrier_lookups where account_id = $1 and phone_number = $2 and updated_at >= $3"
        " order by updated_at desc limit 1",
        account_id,
        number,
        since,
    )
    return CarrierLookup(**dict(row)) if row else None


async def made_since(tx: Tx, account_id: UUID, number: str, since: datetime) -> CarrierLookup | None:
    """The account's last lookup of a number, if it was made at `since` or later."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from carrier_lookups where account_id = $1 and phone_number = $2 and created_at >= $3"
        " order by created_at desc limit 1",
        account_id,
        number,
        since,
    )
    return CarrierLookup(**dict(row)) if row else None


async def exists(tx: Tx, account_id: UUID, lookup_id: UUID) -> bool:
    """Whether the account made a lookup."""
    return bool(
        await tx.fetchval(
            "select exists (select from carrier_lookups where account_id = $1 and id = $2)", account_id, lookup_id
        )
    )


async def page(tx: Tx, account_id: UUID, wanted: LookupFilter) -> list[CarrierLookup]:
    """Lookups, the newest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from carrier_lookups where account_id = $1 and created_at >= $2 and created_at < $3"
        " and ($4::uuid is null or (created_at, id) < (select l.created_at, l.id from carrier_lookups l"
        " where l.account_id = $1 and l.id = $4)) order by created_at desc, id desc limit $5",
        account_id,
        wanted.start,
        wanted.end,
        wanted.last_id,
        wanted.limit,
    )
    return [CarrierLookup(**dict(row)) for row in rows]


async def forget(tx: Tx, before: datetime) -> None:
    """Removes lookups of all accounts that are older than a moment."""
    await tx.execute("delete from carrier_lookups where created_at < $1", before)
