"""The SQL of renewals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.numbers.models import OwnedNumber
from cordboard.infra.db import Tx

_COLUMNS: Final = ", ".join(f"n.{name}" for name in OwnedNumber.__struct_fields__)


async def lock(tx: Tx, keys: Sequence[tuple[UUID, str]]) -> list[OwnedNumber]:
    """Those of (account, number) that are so, locked in an order that all lockers share."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from unnest($1::uuid[], $2::text[]) as k (account_id, phone_number)"
        " join numbers n using (account_id, phone_number) order by n.account_id, n.phone_number for update of n",
        [account_id for account_id, _ in keys],
        [number for _, number in keys],
    )
    return [OwnedNumber(**dict(row)) for row in rows]


async def update(tx: Tx, numbers: Sequence[OwnedNumber]) -> None:
    """Writes what a renewal changes."""
    await tx.execute(
        "update numbers n set renewal_date = c.renewal_date, overdue_since = c.overdue_since, suspended = c.suspended"
        " from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::boolean[])"
        " as c (account_id, phone_number, renewal_date, overdue_since, suspended)"
        " where n.account_id = c.account_id and n.phone_number = c.phone_number",
        [number.account_id for number in numbers],
        [number.phone_number for number in numbers],
        [number.renewal_date for number in numbers],
        [number.overdue_since for number in numbers],
        [number.suspended for number in numbers],
    )


async def overdue(tx: Tx, account_ids: Collection[UUID]) -> list[tuple[UUID, str]]:
    """Account and number of those whose month has not been paid."""
    rows = await tx.fetch(
        "select account_id, phone_number from numbers where account_id = any($1) and overdue_since is not null",
        list(account_ids),
    )
    return [(row["account_id"], row["phone_number"]) for row in rows]
