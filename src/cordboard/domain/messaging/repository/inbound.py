"""Parts of long inbound messages, and what was taken or answered already."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cordboard.domain.messaging.models import InboundPart
from cordboard.infra.db import Tx

_SEEN_DAYS: Final = 2
_ANSWERED_DAYS: Final = 30

AssemblyKey = tuple[UUID, str, str, str]
"""Account, our number, the sender and the reference that ties the parts together."""


async def keep_part(tx: Tx, account_id: UUID, part: InboundPart, now: datetime) -> bool:
    """Keeps a part until its message is complete; False when it is there already."""
    kept = await tx.fetchval(
        "insert into inbound_parts (account_id, recipient, sender, reference, part, parts, data_coding, payload,"
        " carrier, received_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing returning true",
        account_id,
        part.recipient,
        part.sender,
        part.reference,
        part.number,
        part.total,
        part.data_coding,
        part.payload,
        part.carrier,
        now,
    )
    return bool(kept)


async def lock_assembly(tx: Tx, key: AssemblyKey) -> None:
    """Makes recorders of one long message take turns, so that exactly one sees it complete."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", "|".join(map(str, key)))


async def parts_of(tx: Tx, key: AssemblyKey) -> list[dict[str, Any]]:
    """The parts that are there, by number."""
    rows = await tx.fetch(
        "select part, parts, data_coding, payload, carrier from inbound_parts"
        " where account_id = $1 and recipient = $2 and sender = $3 and reference = $4 order by part",
        *key,
    )
    return [dict(row) for row in rows]


async def forget_parts(tx: Tx, key: AssemblyKey) -> None:
    """Removes the parts of a message that was put together."""
    await tx.execute(
        "delete from inbound_parts where account_id = $1 and recipient = $2 and sender = $3 and reference = $4", *key
    )


async def first_sight(tx: Tx, account_id: UUID, part: InboundPart, now: datetime) -> bool:
    """Whether a carrier's message id is new; ids are remembered for two days."""
    if part.carrier_message_id is None:
        return True
    new = await tx.fetchval(
        "insert into inbound_seen (account_id, carrier, carrier_message_id, seen_at) values ($1, $2, $3, $4)"
        " on conflict do nothing returning true",
        account_id,
        part.carrier,
        part.carrier_message_id,
        now,
    )
    return bool(new)


async def first_answer(tx: Tx, account_id: UUID, message_id: UUID, step: int, now: datetime) -> bool:
    """Claims a step of answering a message; False when it was carried out before."""
    new = await tx.fetchval(
        "insert into sms_answers (account_id, message_id, step, answered_at) values ($1, $2, $3, $4)"
        " on conflict do nothing returning true",
        account_id,
        message_id,
        step,
        now,
    )
    return bool(new)


async def forget_old(tx: Tx, now: datetime) -> None:
    """Removes memories past their use."""
    await tx.execute("delete from inbound_seen where seen_at < $1", now - timedelta(days=_SEEN_DAYS))
    await tx.execute("delete from sms_answers where answered_at < $1", now - timedelta(days=_ANSWERED_DAYS))
