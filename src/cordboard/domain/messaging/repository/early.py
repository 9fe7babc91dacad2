"""Receipts that came before the answer to their submit (`early_receipts`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from cordboard.domain.messaging.models import ReceiptReport
from cordboard.domain.messaging.repository.sends import RECEIPT_DAYS
from cordboard.infra.db import Tx


async def keep(tx: Tx, reports: Sequence[ReceiptReport], now: datetime) -> None:
    """Keeps receipts until their part is known."""
    if reports:
        await tx.execute(
            "insert into early_receipts (carrier, remote_id, report, received_at)"
            " select carrier, remote_id, report, $4 from unnest($1::text[], $2::text[], $3::jsonb[])"
            " as r (carrier, remote_id, report)",
            [report.carrier for report in reports],
            [report.remote_id for report in reports],
            [msgspec.to_builtins(report) for report in reports],
            now,
        )


async def take(tx: Tx, carrier: str, remote_ids: Sequence[str]) -> list[ReceiptReport]:
    """The kept receipts of parts that have just become known, oldest first, and forgets them."""
    rows = await tx.fetch(
        "with taken as (delete from early_receipts where remote_id = any($1) and carrier = $2 returning id, report)"
        " select report from taken order by id",
        list(remote_ids),
        carrier,
    )
    return [msgspec.convert(row["report"], ReceiptReport) for row in rows]


async def forget_old(tx: Tx, now: datetime) -> None:
    """Removes receipts whose part never became known."""
    await tx.execute("delete from early_receipts where received_at < $1", now - timedelta(days=RECEIPT_DAYS))
