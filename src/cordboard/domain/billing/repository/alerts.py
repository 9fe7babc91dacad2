"""Balance alerts, and which accounts have fallen below them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec

from cordboard.domain.billing.models import BalanceAlert
from cordboard.infra.db import Tx


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """An account's balance has changed sides: where it was when it was looked at last, and where it is."""

    account_id: UUID
    alert: BalanceAlert
    balance: int
    currency: str
    was_below_alert: bool
    was_below_min: bool
    below_alert: bool
    below_min: bool


async def find(tx: Tx, account_id: UUID) -> BalanceAlert | None:
    """The account's alert."""
    row = await tx.fetchrow(
        "select alert_amount, min_amount, email from balance_alerts where account_id = $1", account_id
    )
    return BalanceAlert(*row) if row else None


async def put(tx: Tx, account_id: UUID, alert: BalanceAlert, balance: int) -> None:
    """Sets the account's alert, as seen from its present balance."""
    await tx.execute(
        "insert into balance_alerts (account_id, alert_amount, min_amount, email, below_alert, below_min)"
        " values ($1, $2, $3, $4, $5, $6) on conflict (account_id) do update set alert_amount = excluded.alert_amount,"
        " min_amount = excluded.min_amount, email = excluded.email, below_alert = excluded.below_alert,"
        " below_min = excluded.below_min",
        account_id,
        alert.alert_amount,
        alert.min_amount,
        alert.email,
        balance < alert.alert_amount,
        balance < alert.min_amount,
    )


async def cross(tx: Tx, account_ids: Collection[UUID]) -> list[Crossing]:
    """Notes on which side of their amounts balances are; answers those that have changed sides since they were noted
    last. Of several who look at once one gets each.
    """
    rows = await tx.fetch(
        "with crossed as (select a.account_id, b.balance, b.currency, a.below_alert as was_below_alert,"
        " a.below_min as was_below_min from balance_alerts a join balances b using (account_id)"
        " where a.account_id = any($1) and ((b.balance < a.alert_amount) <> a.below_alert"
        " or (b.balance < a.min_amount) <> a.below_min) order by a.account_id for update of a)"
        " update balance_alerts a set below_alert = c.balance < a.alert_amount, below_min = c.balance < a.min_amount"
        " from crossed c where a.account_id = c.account_id"
        " returning a.account_id, a.alert_amount, a.min_amount, a.email, c.balance, c.currency, c.was_below_alert,"
        " c.was_below_min, a.below_alert, a.below_min",
        list(account_ids),
    )
    return [
        Crossing(
            account_id=row["account_id"],
            alert=BalanceAlert(row["alert_amount"], row["min_amount"], row["email"]),
            **{name: row[name] for name in Crossing.__struct_fields__[2:]},
        )
        for row in rows
    ]
