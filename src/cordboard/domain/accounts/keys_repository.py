"""The SQL of long-lived keys."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.accounts.models import ApiKey
from cordboard.infra.db import Tx
from cordboard.infra.db.rows import insert_row
from cordboard.kit.paging import Page

_COLUMNS: Final = ", ".join(ApiKey.__struct_fields__)


async def insert(tx: Tx, key: ApiKey) -> None:
    """Records a key."""
    await insert_row(tx, "api_keys", key, ApiKey.__struct_fields__)


async def page(tx: Tx, account_id: UUID, wanted: Page) -> list[ApiKey]:
    """The account's keys, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from api_keys where account_id = $1 order by created_at, jti limit $2 offset $3",
        account_id,
        wanted.size,
        wanted.offset,
    )
    return [ApiKey(**dict(row)) for row in rows]


async def count_good(tx: Tx, account_id: UUID, now: datetime) -> int:
    """How many keys still hold."""
    total: int = await tx.fetchval(
        "select count(*) from api_keys where account_id = $1 and revoked_at is null and expires_at > $2",
        account_id,
        now,
    )
    return total


async def revoke(tx: Tx, account_id: UUID, jti: UUID, now: datetime) -> ApiKey | None:
    """Revokes a key of the account, once: the moment of the first time stays."""
    row = await tx.fetchrow(
        "update api_keys set revoked_at = coalesce(revoked_at, $3) where account_id = $1 and jti = $2"
        f" returning {_COLUMNS}",
        account_id,
        jti,
        now,
    )
    return ApiKey(**dict(row)) if row else None
