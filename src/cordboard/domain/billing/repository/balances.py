"""Balances: one narrow row an account, moved by every batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from cordboard.domain.billing.models import Balance, Mode
from cordboard.infra.db import Tx

_COLUMNS: Final = "account_id, mode, currency, balance, held"


async def open_balances(tx: Tx, account_ids: Sequence[UUID], mode: Mode, currency: str) -> None:
    """Makes the balances that are not there."""
    await tx.execute(
        "insert into balances (account_id, mode, currency) select account_id, $2, $3 from unnest($1::uuid[])"
        " as a (account_id) order by account_id on conflict do nothing",
        list(account_ids),
        mode,
        currency,
    )


async def lock(tx: Tx, account_ids: Sequence[UUID]) -> dict[UUID, Balance]:
    """Balances, locked in an order that all lockers share."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from balances where account_id = any($1) order by account_id for update", list(account_ids)
    )
    return {row["account_id"]: Balance(**dict(row)) for row in rows}


async def read(tx: Tx, account_ids: Collection[UUID]) -> dict[UUID, Balance]:
    """Balances as they stand."""
    rows = await tx.fetch(f"select {_COLUMNS} from balances where account_id = any($1)", list(account_ids))
    return {row["account_id"]: Balance(**dict(row)) for row in rows}


async def move(tx: Tx, changes: Mapping[UUID, tuple[int, int]], *, if_covered: bool = False) -> set[UUID]:
    """Adds to the balance and to the held amount of accounts, locked in an order that all lockers share; answers whose
    were moved. Those without a balance are not, nor, with `if_covered`, those whose balance does not cover what is held
    in addition; nor those that nothing is added to, which are locked all the same.
    """
    ordered = sorted(changes)
    rows = await tx.fetch(
        "with locked as (select account_id from balances where account_id = any($1) order by account_id for update)"
        " update balances b set balance = b.balance + c.amount, held = b.held + c.held"
        " from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as c (account_id, amount, held) join locked using"
        " (account_id)"
        " where b.account_id = c.account_id and (c.amount <> 0 or c.held <> 0)"
        " and (not $4 or b.mode = 'postpaid' or b.balance - b.held >= c.held)"
        " returning b.account_id",
        ordered,
        [changes[account_id][0] for account_id in ordered],
        [changes[account_id][1] for account_id in ordered],
        if_covered,
    )
    return {row["account_id"] for row in rows}


async def set_mode(tx: Tx, account_id: UUID, mode: Mode) -> None:
    """Changes how an account pays."""
    await tx.execute("update balances set mode = $2 where account_id = $1", account_id, mode)
