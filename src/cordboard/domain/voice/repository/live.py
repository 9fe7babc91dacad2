"""What is live: calls, the admission of new ones, and what accounts have spent today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cordboard.domain.voice.models import CallKey, LiveCall
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert

CHANNEL: Final = "calls_waiting"
_FIELDS: Final = LiveCall.__struct_fields__
_COLUMNS: Final = ", ".join(_FIELDS)
_TYPES: Final = {
    **dict.fromkeys(_FIELDS, "text"),
    **dict.fromkeys(("account_id", "call_id", "client_id"), "uuid"),
    **dict.fromkeys(("created_at", "answered_at", "expires_at"), "timestamptz"),
    **dict.fromkeys(("price", "held"), "bigint"),
}
ADDED: Final = BulkInsert("live_calls", {name: _TYPES[name] for name in _FIELDS})
_LOCKED: Final = (
    "locked as (select account_id, call_id from live_calls"
    " join unnest($1::uuid[], $2::uuid[]) as k (account_id, call_id) using (account_id, call_id)"
    " order by account_id, call_id for update of live_calls)"
)
"""Locks in an order that all lockers share. Whoever changes calls locks their live rows first, then their records."""


def rows_of(calls: Sequence[LiveCall]) -> list[list[Any]]:
    """Calls as `ADDED` takes them."""
    return [[getattr(call, name) for name in _FIELDS] for call in calls]


async def lock_pace(tx: Tx, account_ids: Sequence[UUID], now: datetime) -> dict[UUID, datetime]:
    """When each account may place its next call; locked, so that an account's admissions follow each other."""
    await tx.execute(
        "insert into call_pace (account_id, next_free_at) select account_id, $2 from unnest($1::uuid[]) as a"
        " (account_id)"
        " order by account_id on conflict do nothing",
        list(account_ids),
        now,
    )
    rows = await tx.fetch(
        "select account_id, next_free_at from call_pace where account_id = any($1) order by account_id for update",
        list(account_ids),
    )
    return {row["account_id"]: row["next_free_at"] for row in rows}


async def move_pace(tx: Tx, pace: dict[UUID, datetime]) -> None:
    """Writes it back."""
    await tx.execute(
        "update call_pace p set next_free_at = c.at from unnest($1::uuid[], $2::timestamptz[]) as c (account_id, at)"
        " where p.account_id = c.account_id",
        list(pace),
        list(pace.values()),
    )


async def usage(tx: Tx, account_ids: Sequence[UUID], now: datetime) -> dict[UUID, tuple[int, dict[str, int]]]:
    """How many calls each account has live, and what is reserved for them by prefix."""
    rows = await tx.fetch(
        "select account_id, prefix, count(*) as calls, sum(held)::bigint as held from live_calls"
        " where account_id = any($1) and expires_at > $2 group by account_id, prefix",
        list(account_ids),
        now,
    )
    found: dict[UUID, tuple[int, dict[str, int]]] = {account_id: (0, {}) for account_id in account_ids}
    for row in rows:
        calls, held = found[row["account_id"]]
        held[row["prefix"]] = row["held"]
        found[row["account_id"]] = (calls + row["calls"], held)
    return found


async def spent(tx: Tx, account_ids: Sequence[UUID], day: date) -> dict[UUID, dict[str, int]]:
    """What each account spent on a day, by prefix ('' for all)."""
    rows = await tx.fetch(
        "select account_id, prefix, amount from call_spend where account_id = any($1) and day = $2",
        list(account_ids),
        day,
    )
    found: dict[UUID, dict[str, int]] = {account_id: {} for account_id in account_ids}
    for row in rows:
        found[row["account_id"]][row["prefix"]] = row["amount"]
    return found


async def add_spend(tx: Tx, amounts: dict[tuple[UUID, str], int], day: date) -> None:
    """Adds to what accounts spent on a day."""
    ordered = sorted(amounts)
    if ordered:
        await tx.execute(
            "insert into call_spend (account_id, day, prefix, amount)"
            " select account_id, $4, prefix, amount from unnest($1::uuid[], $2::text[], $3::bigint[])"
            " as c (account_id, prefix, amount)"
            " on conflict (account_id, day, prefix) do update set amount = call_spend.amount + excluded.amount",
            [account_id for account_id, _ in ordered],
            [prefix for _, prefix in ordered],
            [amounts[key] for key in ordered],
            day,
        )


async def forget_spend(tx: Tx, before: date) -> None:
    """Removes what was spent on past days."""
    await tx.execute("delete from call_spend where day < $1", before)


async def claim(tx: Tx, node: str, limit: int) -> list[LiveCall]:
    """Takes waiting calls, the oldest first, for a voice process; those that only another one may take stay."""
    rows = await tx.fetch(
        "update live_calls l set node = $1 where ctid = any(array(select ctid from live_calls where node is null"
        f" and coalesce(at_node, $1) = $1 order by created_at limit $2 for update skip locked)) returning {_COLUMNS}",
        node,
        limit,
    )
    return sorted((LiveCall(**dict(row)) for row in rows), key=lambda call: call.created_at)


async def mark_answered(tx: Tx, keys: Sequence[tuple[UUID, UUID, datetime]]) -> None:
    """Notes when calls were answered (account, call, moment); the first moment stays."""
    await tx.execute(
        f"with {_LOCKED} update live_calls l set answered_at = coalesce(l.answered_at, c.at) from locked join"
        " unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as c (account_id, call_id, at) using (account_id, call_id)"
        " where l.account_id = locked.account_id and l.call_id = locked.call_id",
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
    )


async def add_held(tx: Tx, account_id: UUID, call_id: UUID, amount: int) -> None:
    """Reserves more for a call."""
    await tx.execute(
        "update live_calls set held = held + $3 where account_id = $1 and call_id = $2", account_id, call_id, amount
    )


async def take(tx: Tx, keys: Sequence[CallKey]) -> dict[UUID, LiveCall]:
    """Removes calls that are over; answers those that were there."""
    rows = await tx.fetch(
        f"with {_LOCKED} delete from live_calls l using locked"
        " where l.account_id = locked.account_id and l.call_id = locked.call_id returning"
        f" {', '.join(f'l.{name}' for name in _FIELDS)}",
        [key[0] for key in keys],
        [key[1] for key in keys],
    )
    return {row["call_id"]: LiveCall(**dict(row)) for row in rows}


async def of_account(tx: Tx, account_id: UUID, now: datetime, limit: int) -> list[LiveCall]:
    """The account's live calls, the oldest first."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from live_calls where account_id = $1 and expires_at > $2 order by created_at limit $3",
        account_id,
        now,
        limit,
    )
    return [LiveCall(**dict(row)) for row in rows]


async def of_group(tx: Tx, account_id: UUID, group_id: UUID) -> list[UUID]:
    """The live calls of a group call."""
    rows = await tx.fetch(
        "select l.call_id from live_calls l join calls c on c.account_id = l.account_id and c.id = l.call_id"
        " and c.created_at = l.created_at where l.account_id = $1 and c.options ->> 'group_id' = $2",
        account_id,
        str(group_id),
    )
    return [row["call_id"] for row in rows]


async def find(tx: Tx, account_id: UUID, call_id: UUID) -> LiveCall | None:
    """One live call."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from live_calls where account_id = $1 and call_id = $2", account_id, call_id
    )
    return LiveCall(**dict(row)) if row else None


async def lock(tx: Tx, account_id: UUID, call_id: UUID) -> LiveCall | None:
    """One live call, locked until the transaction ends; None when it is over."""
    row = await tx.fetchrow(
        f"select {_COLUMNS} from live_calls where account_id = $1 and call_id = $2 for update", account_id, call_id
    )
    return LiveCall(**dict(row)) if row else None


async def orphans(tx: Tx, now: datetime, limit: int) -> list[LiveCall]:
    """Calls of processes that are gone, and those that cannot be true any more; locked against other reapers."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from live_calls l where (node is not null and not exists"
        " (select from voice_nodes n where n.node = l.node)) or expires_at <= $1"
        " order by created_at limit $2 for update skip locked",
        now,
        limit,
    )
    return [LiveCall(**dict(row)) for row in rows]


async def waiting_since(tx: Tx, before: datetime, limit: int) -> list[LiveCall]:
    """Calls that no voice process has taken since before a moment."""
    rows = await tx.fetch(
        f"select {_COLUMNS} from live_calls where node is null and created_at < $1 order by created_at limit $2"
        " for update skip locked",
        before,
        limit,
    )
    return [LiveCall(**dict(row)) for row in rows]


async def count_call(tx: Tx, account_id: UUID, number: str, now: datetime, window: timedelta) -> tuple[int, datetime]:
    """Counts an outbound call of a number; how many since when. A window that is over begins anew."""
    row = await tx.fetchrow(
        "insert into call_thresholds (account_id, phone_number, since, calls) values ($1, $2, $3, 1)"
        " on conflict (account_id, phone_number) do update set"
        " since = case when call_thresholds.since <= $4 then $3 else call_thresholds.since end,"
        " calls = case when call_thresholds.since <= $4 then 1 else call_thresholds.calls + 1 end"
        " returning calls, since",
        account_id,
        number,
        now,
        now - window,
    )
    if row is None:  # an upsert answers its row
        raise RuntimeError("the count was not written")
    return row["calls"], row["since"]
