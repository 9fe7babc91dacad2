"""The SQL of assets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.assets.models import Asset, AssetKey
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row, update_row
from cordboard.kit.paging import Page

_FIELDS: Final = Asset.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)
_KEY: Final = ("account_id", "type", "name")
_CHANGED: Final = tuple(field for field in _FIELDS if field not in _KEY)


async def insert(tx: Tx, asset: Asset) -> bool:
    """Adds an asset; False when the account has one of its type and name."""
    return await insert_row(tx, "assets", asset, _FIELDS, unless_there=True)


async def update(tx: Tx, asset: Asset) -> None:
    """Writes all but the key."""
    await update_row(tx, "assets", asset, _CHANGED, key=_KEY)


async def find(tx: Tx, account_id: UUID, key: AssetKey, *, lock: bool = False) -> Asset | None:
    """An asset of the account."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from assets where account_id = $1 and type = $2 and name = $3"
        + (" for update" if lock else ""),
        account_id,
        key.type,
        key.name,
    )
    return Asset(**dict(row)) if row else None


async def page(
    tx: Tx, account_id: UUID, wanted: Page, *, asset_type: str | None, user: UUID | None, groups: Sequence[str]
) -> list[Asset]:
    """Assets of the account, the oldest first: all of them, or with `user` those that are the user's or shared with
    the user or one of the groups.
    """
    rows = await tx.fetch(
        f"select {_COLUMNS} from assets where account_id = $1 and ($2::text is null or type = $2)"
        " and ($3::uuid is null or owner_id = $3 or $3 = any(client_ids) or work_groups && $4::text[])"
        " order by created_at, type, name limit $5 offset $6",
        account_id,
        asset_type,
        user,
        list(groups),
        wanted.size,
        wanted.offset,
    )
    return [Asset(**dict(row)) for row in rows]


async def count(tx: Tx, account_id: UUID) -> int:
    """How many the account has."""
    return int(await tx.fetchval("select count(*) from assets where account_id = $1", account_id))


async def delete(tx: Tx, asset: Asset) -> None:
    """Removes an asset."""
    await tx.execute(
        "delete from assets where account_id = $1 and type = $2 and name = $3", asset.account_id, asset.type, asset.name
    )


async def is_used(tx: Tx, account_id: UUID, blob: str) -> bool:
    """Whether an asset of the account has this file."""
    found = await tx.fetchval("select true from assets where account_id = $1 and blob = $2", account_id, blob)
    return bool(found)


async def forget_group(tx: Tx, account_id: UUID, group: str) -> None:
    """Shares nothing with a work group any more."""
    await tx.execute(
        "update assets set work_groups = array_remove(work_groups, $2) where account_id = $1 and $2 = any(work_groups)",
        account_id,
        group,
    )


async def forget_user(tx: Tx, account_id: UUID, client_id: UUID) -> None:
    """Shares nothing with a user any more."""
    await tx.execute(
        "update assets set client_ids = array_remove(client_ids, $2) where account_id = $1 and $2 = any(client_ids)",
        account_id,
        client_id,
    )
