"""The send ledger (`sms_sends`): what was handed to which carrier, what it said, and its receipts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.messaging.models import PartResult, ReceiptReport, Submission
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert

RECEIPT_DAYS: Final = 9
"""How far back a receipt looks for its part: carriers give up after a week."""

MessageKey = tuple[UUID, UUID, datetime]
"""Account, message and the moment that the message was made."""


class SendRow(msgspec.Struct, frozen=True, kw_only=True):
    """One part of one attempt. `state` is submitting or an `Outcome`; `receipt` a `DeliveryState` or None."""

    account_id: UUID
    message_id: UUID
    attempt: int
    part: int
    carrier: str
    state: str
    remote_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    submitted_at: datetime
    receipt: str | None = None
    receipt_final: bool = False
    receipt_error: str | None = None
    receipt_at: datetime | None = None


_COLUMNS: Final = ", ".join(SendRow.__struct_fields__)
_open = BulkInsert(
    "sms_sends",
    {
        "account_id": "uuid",
        "message_id": "uuid",
        "created_at": "timestamptz",
        "attempt": "smallint",
        "part": "smallint",
        "carrier": "text",
        "bind": "smallint",
        "state": "text",
        "submitted_at": "timestamptz",
    },
)


async def open_parts(tx: Tx, submissions: Sequence[Submission], bind: int, now: datetime) -> None:
    """Writes the rows of parts that are about to be handed over."""
    await _open(
        tx,
        [
            (s.account_id, s.message_id, s.created_at, s.attempt, part, s.carrier, bind, "submitting", now)
            for s in submissions
            for part in s.parts
        ],
    )


async def answer_parts(tx: Tx, results: Sequence[PartResult], now: datetime) -> None:
    """Writes what carriers said. An answer may come after the part was given up as unknown, never twice."""
    await tx.execute(
        "update sms_sends s set state = r.state, remote_id = r.remote_id, error_code = r.error_code,"
        " error_message = r.error_message, answered_at = $9"
        " from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::smallint[], $5::smallint[], $6::text[],"
        " $7::text[],"
        " $8::text[], $10::text[]) as r (account_id, message_id, created_at, attempt, part, state, remote_id,"
        " error_code, error_message) where s.account_id = r.account_id and s.message_id = r.message_id"
        " and s.created_at = r.created_at and s.attempt = r.attempt and s.part = r.part"
        " and (s.state = 'submitting' or (s.state = 'unknown' and r.state <> 'unknown'))",
        [r.submission.account_id for r in results],
        [r.submission.message_id for r in results],
        [r.submission.created_at for r in results],
        [r.submission.attempt for r in results],
        [r.part for r in results],
        [r.outcome for r in results],
        [r.remote_id for r in results],
        [r.error_code for r in results],
        now,
        [r.error_message for r in results],
    )


async def of_messages(tx: Tx, keys: Sequence[MessageKey]) -> list[SendRow]:
    """Every part of every attempt of some messages."""
    columns = ", ".join(f"s.{name}" for name in SendRow.__struct_fields__)
    rows = await tx.fetch(
        f"select {columns} from unnest($1::uuid[], $2::uuid[], $3::timestamptz[])"
        " as k (account_id, message_id,"
        " created_at)"
        " join sms_sends s using (account_id, message_id, created_at) order by s.attempt, s.part",
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
    )
    return [SendRow(**dict(row)) for row in rows]


async def write_receipts(tx: Tx, reports: Sequence[ReceiptReport], now: datetime) -> list[MessageKey | None]:
    """Notes each report on the part that it means and answers whose part that is; None where nobody knows its id (yet).

    Receipts carry no account: the part is found by the carrier and its id, which only the carrier can have named. Of
    several
    parts with one id the youngest counts. A final receipt is not overwritten. No two reports may name the same part.
    """
    rows = await tx.fetch(
        "with told as (select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[])"
        " as t (idx, carrier, remote_id, state, final, error)),"
        " found as (select distinct on (t.idx) t.*, s.account_id, s.message_id, s.created_at, s.attempt, s.part"
        " from told t join sms_sends s on s.remote_id = t.remote_id and s.carrier = t.carrier and s.created_at > $7"
        " order by t.idx, s.created_at desc, s.attempt desc),"
        " noted as (update sms_sends s set receipt = f.state, receipt_final = f.final, receipt_error = f.error,"
        " receipt_at = $8 from found f where s.account_id = f.account_id and s.message_id = f.message_id"
        " and s.created_at = f.created_at and s.attempt = f.attempt and s.part = f.part and not s.receipt_final)"
        " select idx, account_id, message_id, created_at from found",
        list(range(len(reports))),
        [report.carrier for report in reports],
        [report.remote_id for report in reports],
        [report.state for report in reports],
        [report.final for report in reports],
        [report.error_code for report in reports],
        now - timedelta(days=RECEIPT_DAYS),
        now,
    )
    owners: list[MessageKey | None] = [None] * len(reports)
    for row in rows:
        owners[row["idx"]] = (row["account_id"], row["message_id"], row["created_at"])
    return owners


async def left_open(tx: Tx, carrier: str, bind: int) -> list[dict[str, Any]]:
    """Parts that a dead owner of a bind had handed over, or was about to, when it died."""
    rows = await tx.fetch(
        "select account_id, message_id, created_at, attempt, part from sms_sends"
        " where carrier = $1 and bind = $2 and state = 'submitting'",
        carrier,
        bind,
    )
    return [dict(row) for row in rows]
