"""The SQL of configuration objects: `cc_objects`, a row an object, its fields as JSON."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from cordboard.domain.callcenter.objects.kind import CenterObject, Kind
from cordboard.infra.db import Tx


async def find(tx: Tx, account_id: UUID, kind: type[Kind], key: str, *, lock: bool = False) -> Kind | None:
    """One that is stored, locked until the transaction ends if asked for."""
    fields = await tx.fetchval(
        "select fields from cc_objects where account_id = $1 and kind = $2 and id = $3"
        + (" for update" if lock else ""),
        account_id,
        kind.kind,
        key,
    )
    return None if fields is None else _read(kind, fields)


async def all_of(tx: Tx, account_id: UUID, kind: type[Kind]) -> list[Kind]:
    """Those that are stored, by id."""
    rows = await tx.fetch(
        "select fields from cc_objects where account_id = $1 and kind = $2 order by id", account_id, kind.kind
    )
    return [_read(kind, row["fields"]) for row in rows]


async def add(tx: Tx, account_id: UUID, one: CenterObject, now: datetime) -> bool:
    """Stores a new one; False when its id is taken."""
    added = await tx.fetchval(
        "insert into cc_objects (account_id, kind, id, fields, created_at, modified_at) values ($1, $2, $3, $4, $5, $5)"
        " on conflict do nothing returning true",
        account_id,
        one.kind,
        one.key,
        msgspec.to_builtins(one),
        now,
    )
    return bool(added)


async def put(tx: Tx, account_id: UUID, one: CenterObject, now: datetime) -> None:
    """Stores one, there or not."""
    await tx.execute(
        "insert into cc_objects (account_id, kind, id, fields, created_at, modified_at) values ($1, $2, $3, $4, $5, $5)"
        " on conflict (account_id, kind, id)"
        " do update set fields = excluded.fields, modified_at = excluded.modified_at",
        account_id,
        one.kind,
        one.key,
        msgspec.to_builtins(one),
        now,
    )


async def delete(tx: Tx, account_id: UUID, kind: type[CenterObject], key: str) -> bool:
    """Removes one; False when none is stored."""
    removed = await tx.fetchval(
        "delete from cc_objects where account_id = $1 and kind = $2 and id = $3 returning true",
        account_id,
        kind.kind,
        key,
    )
    return bool(removed)


def _read(kind: type[Kind], fields: object) -> Kind:
    """Fields that the kind has lost since are left out, new ones take their defaults."""
    return msgspec.convert(fields, kind)
