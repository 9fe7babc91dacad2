"""The SQL of balances, the ledger and the rate card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from cordboard.domain.billing.models import Balance, Mode
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert

_COLUMNS: Final = "account_id, mode, currency, balance, held"
add_entries: Final = BulkInsert(
    "ledger_entries",
    {
        "account_id": "uuid",
        "id": "uuid",
        "booked_at": "timestamptz",
        "kind": "text",
        "amount": "bigint",
        "quantity": "integer",
        "subject_id": "uuid",
        "description": "text",
    },
)


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


async def read(tx: Tx, account_id: UUID) -> Balance | None:
    """A balance as it stands."""
    row = await tx.fetchrow(f"select {_COLUMNS} from balances where account_id = $1", account_id)
    return Balance(**dict(row)) if row else None


async def move(tx: Tx, changes: Mapping[UUID, tuple[int, int]], *, if_covered: bool = False) -> set[UUID]:
    """Adds to the balance and to the held amount of accounts, locked in an order that all lockers share; answers whose
    were moved. Those without a balance are not, nor, with `if_covered`, those whose balance does not cover what is held
    in addition.
    """
    ordered = sorted(changes)
    rows = await tx.fetch(
        "with locked as (select account_id from balances where account_id = any($1) order by account_id for update)"
        " update balances b set balance = b.balance + c.amount, held = b.held + c.held"
        " from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as c (account_id, amount, held) join locked using"
        " (account_id)"
        " where b.account_id = c.account_id and (not $4 or b.mode = 'postpaid' or b.balance - b.held >= c.held)"
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


async def rates(tx: Tx) -> list[tuple[str, str, int]]:
    """The rate card: service, prefix, price."""
    return [tuple(row) for row in await tx.fetch("select service, prefix, price from rates")]


async def set_rate(tx: Tx, service: str, prefix: str, price: int) -> None:
    """Prices a service for numbers that start with a prefix; the empty prefix is for all."""
    await tx.execute(
        "insert into rates (service, prefix, price) values ($1, $2, $3)"
        " on conflict (service, prefix) do update set price = excluded.price",
        service,
        prefix,
        price,
    )


async def ledger_sum(tx: Tx, account_id: UUID, since: datetime) -> int:
    """The sum of the account's entries from a moment on."""
    total: int | None = await tx.fetchval(
        "select sum(amount)::bigint from ledger_entries where account_id = $1 and booked_at >= $2", account_id, since
    )
    return total or 0
