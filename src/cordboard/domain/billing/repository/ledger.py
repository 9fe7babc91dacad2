"""The ledger of bookings, and what was used by day, which is written with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.billing.items import Item
from cordboard.domain.billing.models import Quote, Settlement, UsageLine
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert, insert_together

_USED: Final = BulkInsert(
    "ledger_entries",
    {
        "account_id": "uuid",
        "id": "uuid",
        "booked_at": "timestamptz",
        "kind": "text",
        "sub_type": "text",
        "lob": "text",
        "item_code": "text",
        "amount": "bigint",
        "cost": "bigint",
        "surcharge": "bigint",
        "tax": "bigint",
        "quantity": "integer",
        "seconds": "integer",
        "subject_id": "uuid",
        "description": "text",
    },
)
_SUMS: Final = ("entries", "quantity", "seconds", "cost", "surcharge", "tax")
_USED_ON_DAY: Final = BulkInsert(
    "usage_days",
    {
        "account_id": "uuid",
        "day": "date",
        "item_code": "text",
        "kind": "text",
        "sub_type": "text",
        "lob": "text",
        **dict.fromkeys(_SUMS, "bigint"),
    },
    "on conflict (account_id, day, item_code) do update set "
    + ", ".join(f"{name} = usage_days.{name} + excluded.{name}" for name in _SUMS),
)


class UsageEntry(msgspec.Struct, frozen=True):
    """What was used and what it came to, under the id of its entry."""

    id: UUID
    settlement: Settlement
    item: Item
    quote: Quote


class PaymentEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Money that came in, or went back (a negative `amount`)."""

    account_id: UUID
    id: UUID
    booked_at: datetime
    kind: str
    amount: int
    description: str


async def book_usage(tx: Tx, entries: Sequence[UsageEntry], now: datetime) -> None:
    """Books what was used, and adds it to its day."""
    await insert_together(
        tx, [(_USED, [_row(entry, now) for entry in entries]), (_USED_ON_DAY, _day_rows(entries, now.date()))]
    )


async def book_payment(tx: Tx, entry: PaymentEntry) -> None:
    """Books a payment: the customer's side and its counterpart."""
    await tx.execute(
        "insert into ledger_entries (account_id, id, booked_at, kind, amount, payment, quantity, description)"
        " values ($1, $2, $3, $4, $5::bigint, -$5::bigint, 1, $6)",
        *msgspec.structs.astuple(entry),
    )


async def claim_reference(tx: Tx, account_id: UUID, reference: str, amount: int, now: datetime) -> int | None:
    """Keeps a payment's reference; the amount that was booked under it before, or None where it is new."""
    added = await tx.fetchval(
        "insert into payment_references (account_id, reference, amount, booked_at) values ($1, $2, $3, $4)"
        " on conflict do nothing returning true",
        account_id,
        reference,
        amount,
        now,
    )
    if added:
        return None
    present: int = await tx.fetchval(
        "select amount from payment_references where account_id = $1 and reference = $2", account_id, reference
    )
    return present


async def usage(tx: Tx, account_id: UUID, first: date, last: date) -> list[UsageLine]:
    """What the account used from one day to another, both included, by item."""
    sums = ", ".join(f"sum({name})::bigint as {name}" for name in _SUMS)
    rows = await tx.fetch(
        f"select item_code, kind, sub_type, lob, {sums} from usage_days"
        " where account_id = $1 and day between $2 and $3"
        " group by item_code, kind, sub_type, lob order by lob, kind, sub_type, item_code",
        account_id,
        first,
        last,
    )
    return [UsageLine(**dict(row)) for row in rows]


def _row(entry: UsageEntry, now: datetime) -> tuple[Any, ...]:
    one, quote = entry.settlement, entry.quote
    return (
        one.usage.account_id,
        entry.id,
        now,
        *entry.item,
        -quote.total,
        quote.cost,
        quote.surcharge,
        quote.tax,
        one.quantity,
        one.seconds,
        one.subject_id,
        one.description,
    )


def _day_rows(entries: Sequence[UsageEntry], day: date) -> list[list[Any]]:
    """The entries added up by account and item, in an order that all bookings share: their rows are locked in it."""
    sums: dict[tuple[UUID, str], list[Any]] = {}
    for entry in entries:
        one, quote, item = entry.settlement, entry.quote, entry.item
        row = sums.get((one.usage.account_id, item.code))
        if row is None:
            sums[one.usage.account_id, item.code] = row = [
                one.usage.account_id,
                day,
                item.code,
                item.kind,
                item.sub_type,
                item.lob,
                *(0 for _ in _SUMS),
            ]
        values = (1, one.quantity, one.seconds, quote.cost, quote.surcharge, quote.tax)
        for place, value in enumerate(values, -len(values)):
            row[place] += value
    return [sums[key] for key in sorted(sums)]
