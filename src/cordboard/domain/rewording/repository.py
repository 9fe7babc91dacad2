"""The SQL of rewordings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from cordboard.infra.db import Tx


async def take(tx: Tx, account_id: UUID, now: datetime, *, per_second: float, burst: int) -> bool:
    """Takes one from the account's allowance, which fills by `per_second` up to `burst`; False when it is empty."""
    taken = await tx.fetchval(
        "insert into rewording_allowances as a (account_id, tokens, filled_at) values ($1, $4 - 1, $2)"
        " on conflict (account_id) do update set filled_at = $2, tokens ="
        " least($4, a.tokens + $3 * greatest(0, extract(epoch from $2 - a.filled_at)::float8)) - 1"
        " where least($4, a.tokens + $3 * greatest(0, extract(epoch from $2 - a.filled_at)::float8)) >= 1"
        " returning true",
        account_id,
        now,
        per_second,
        float(burst),
    )
    return bool(taken)
