"""What waits: lanes, their deliveries, and the circuits of endpoints that fail.

A lane is a key, an endpoint and a subject, that has deliveries waiting. It is what is claimed, so that a delivery is
not sent while an older one of its key waits or is under way. Claims and results go over all accounts.

How adding and finishing meet: who adds a delivery locks its lane (or makes it) and holds the lock until the commit;
who finishes one locks the lane, passing over one that is locked, and only then looks whether it is empty and may go. So
a lane with a delivery is never removed, and since the finisher never waits for a lock, the two cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from cordboard.domain.webhooks.models import Attempt, Delivery, EndpointKey
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert, BulkRows

CHANNEL: Final = "webhooks"
_QUEUED: Final = {
    "account_id": "uuid",
    "endpoint_id": "uuid",
    "subject": "text",
    "message_id": "uuid",
    "event_type": "text",
    "method": "text",
    "url": "text",
    "payload": "text",
    "about": "uuid",
    "occurred_at": "timestamptz",
    "created_at": "timestamptz",
    "attempts": "jsonb",
}
_TRIED: Final = {"account_id": "uuid", "endpoint_id": "uuid", "subject": "text", "seq": "bigint", "attempts": "jsonb"}
_tried: Final = BulkRows(_TRIED, alias="d")
_insert_queued: Final = BulkInsert("webhook_queue", _QUEUED)
_DELIVERY: Final = ", ".join(f"q.{name}" for name in Delivery.__struct_fields__)


class Lane(msgspec.Struct, frozen=True):
    """A claimed key. `lease_until`, on the database's clock, is the proof of the claim."""

    account_id: UUID
    endpoint_id: UUID
    subject: str
    lease_until: datetime

    @property
    def endpoint(self) -> EndpointKey:
        """Where its deliveries go."""
        return self.account_id, self.endpoint_id


class Waiting(msgspec.Struct, frozen=True):
    """An endpoint with lanes. `probing`: its circuit is open; `shut`: and it may not even be probed yet."""

    endpoint: EndpointKey
    probing: bool
    shut: bool


async def enqueue(tx: Tx, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Adds deliveries behind those of their keys, in order; they are sent once the transaction has committed."""
    if not deliveries:
        return
    lanes = sorted({(d.account_id, d.endpoint_id, d.subject) for d in deliveries})
    await tx.execute(
        "insert into webhook_lanes (account_id, endpoint_id, subject, due_at)"
        " select a, e, s, $4 from unnest($1::uuid[], $2::uuid[], $3::text[]) as l (a, e, s)"
        " on conflict (account_id, endpoint_id, subject) do update set subject = excluded.subject",
        *_columns(lanes, 3),
        now,
    )
    await _insert_queued(tx, [[getattr(delivery, name) for name in _QUEUED] for delivery in deliveries])
    await tx.execute("select pg_notify('webhooks', '')")


async def endpoints_waiting(tx: Tx, after: UUID, most: int, now: datetime) -> list[Waiting]:
    """The next endpoints that have lanes, in the order of their ids: one look into the index for each, however many
    lanes it has.
    """
    rows = await tx.fetch(
        "with recursive walk as ("
        " (select endpoint_id, account_id, 1 as place from webhook_lanes where endpoint_id > $1"
        " order by endpoint_id limit 1)"
        " union all"
        " select n.endpoint_id, n.account_id, w.place + 1 from walk w cross join lateral ("
        " select l.endpoint_id, l.account_id from webhook_lanes l where l.endpoint_id > w.endpoint_id"
        " order by l.endpoint_id limit 1) n where w.place < $2)"
        " select w.account_id, w.endpoint_id, c.probe_at is not null as probing,"
        " coalesce(c.probe_at > $3, false) as shut from walk w left join webhook_circuits c"
        " on c.account_id = w.account_id and c.endpoint_id = w.endpoint_id order by w.place",
        after,
        most,
        now,
    )
    return [Waiting((row["account_id"], row["endpoint_id"]), row["probing"], row["shut"]) for row in rows]


async def claim_lanes(
    tx: Tx, rooms: Sequence[tuple[UUID, int]], *, limit: int, lease_seconds: int, now: datetime
) -> list[Lane]:
    """Leases lanes that are due, at most as many of each endpoint as it has room for, endpoints in the order given."""
    rows = await tx.fetch(
        "update webhook_lanes set lease_until = clock_timestamp() + make_interval(secs => $5)"
        " where ctid = any(array(select l.ctid"
        " from unnest($1::uuid[], $2::integer[]) as e (endpoint_id, room)"
        " cross join lateral (select ctid from webhook_lanes w where w.endpoint_id = e.endpoint_id and w.due_at <= $3"
        " and (w.lease_until is null or w.lease_until < clock_timestamp())"
        " order by w.due_at limit e.room for update skip locked) l limit $4))"
        " returning account_id, endpoint_id, subject, lease_until",
        [endpoint_id for endpoint_id, _ in rooms],
        [room for _, room in rooms],
        now,
        limit,
        lease_seconds,
    )
    return [Lane(**dict(row)) for row in rows]


async def heads_of(tx: Tx, lanes: Sequence[Lane], most: int) -> dict[Lane, list[Delivery]]:
    """The oldest deliveries of each lane, in order."""
    rows = await tx.fetch(
        f"select {_DELIVERY} from unnest($1::uuid[], $2::uuid[], $3::text[]) as l (account_id, endpoint_id, subject)"
        " cross join lateral (select * from webhook_queue w where w.account_id = l.account_id"
        " and w.endpoint_id = l.endpoint_id and w.subject = l.subject order by w.seq limit $4) q",
        *_keys(lanes),
        most,
    )
    heads: dict[tuple[UUID, UUID, str], list[Delivery]] = {}
    for row in rows:
        attempts = msgspec.convert(row["attempts"], list[Attempt])
        delivery = Delivery(**{**dict(row), "attempts": attempts})
        heads.setdefault((delivery.account_id, delivery.endpoint_id, delivery.subject), []).append(delivery)
    return {lane: heads.get((lane.account_id, lane.endpoint_id, lane.subject), []) for lane in lanes}


async def lock_lanes(tx: Tx, lanes: Sequence[Lane]) -> set[Lane]:
    """Locks the lanes whose claim still holds; those that somebody is adding to just now are passed over."""
    rows = await tx.fetch(
        "select w.account_id, w.endpoint_id, w.subject, w.lease_until"
        " from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[])"
        " as l (account_id, endpoint_id, subject, lease_until)"
        " join webhook_lanes w on w.account_id = l.account_id and w.endpoint_id = l.endpoint_id"
        " and w.subject = l.subject and w.lease_until = l.lease_until for update of w skip locked",
        *_keys(lanes),
        [lane.lease_until for lane in lanes],
    )
    return {Lane(**dict(row)) for row in rows}


async def note_attempts(tx: Tx, deliveries: Sequence[Delivery]) -> None:
    """Keeps the attempts of deliveries that go on waiting."""
    if not deliveries:
        return
    await tx.execute(
        f"update webhook_queue q set attempts = {_tried.values['attempts']} from {_tried.source}"
        " where q.account_id = d.account_id"
        " and q.endpoint_id = d.endpoint_id and q.subject = d.subject and q.seq = d.seq",
        *_tried.parameters([[getattr(delivery, name) for name in _TRIED] for delivery in deliveries]),
    )


async def remove(tx: Tx, deliveries: Sequence[Delivery]) -> None:
    """Takes finished deliveries out."""
    if not deliveries:
        return
    await tx.execute(
        "delete from webhook_queue q using unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[])"
        " as d (account_id, endpoint_id, subject, seq) where q.account_id = d.account_id"
        " and q.endpoint_id = d.endpoint_id and q.subject = d.subject and q.seq = d.seq",
        *_seqs(deliveries),
    )


async def release_lanes(tx: Tx, lanes: Sequence[tuple[Lane, datetime]]) -> None:
    """Removes locked lanes that are empty, lets the others be claimed from their time on."""
    keys = _keys([lane for lane, _ in lanes])
    await tx.execute(
        "delete from webhook_lanes w using unnest($1::uuid[], $2::uuid[], $3::text[])"
        " as l (account_id, endpoint_id, subject) where w.account_id = l.account_id"
        " and w.endpoint_id = l.endpoint_id and w.subject = l.subject"
        " and not exists (select from webhook_queue q where q.account_id = l.account_id"
        " and q.endpoint_id = l.endpoint_id and q.subject = l.subject)",
        *keys,
    )
    await tx.execute(
        "update webhook_lanes w set lease_until = null, due_at = l.due_at from"
        " unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]) as l (account_id, endpoint_id, subject, due_at)"
        " where w.account_id = l.account_id and w.endpoint_id = l.endpoint_id and w.subject = l.subject",
        *keys,
        [due_at for _, due_at in lanes],
    )


async def note_failures(
    tx: Tx, failures: Sequence[tuple[EndpointKey, int]], *, opens_at: int, now: datetime, probe_at: datetime
) -> dict[EndpointKey, datetime]:
    """Counts failures in a row; from `opens_at` of them the circuit is open. Answers since when each endpoint fails."""
    rows = await tx.fetch(
        "insert into webhook_circuits as c (account_id, endpoint_id, failures, failing_since, probe_at)"
        " select account_id, endpoint_id, failures, $4, case when failures >= $5 then $6::timestamptz end"
        " from unnest($1::uuid[], $2::uuid[], $3::integer[]) as f (account_id, endpoint_id, failures)"
        " on conflict (account_id, endpoint_id) do update set failures = c.failures + excluded.failures,"
        " probe_at = case when c.failures + excluded.failures >= $5 then $6::timestamptz end"
        " returning account_id, endpoint_id, failing_since",
        *_columns([endpoint for endpoint, _ in failures], 2),
        [count for _, count in failures],
        now,
        opens_at,
        probe_at,
    )
    return {(row["account_id"], row["endpoint_id"]): row["failing_since"] for row in rows}


async def close_circuits(tx: Tx, endpoints: Sequence[EndpointKey]) -> None:
    """Forgets the failures of endpoints."""
    await tx.execute(
        "delete from webhook_circuits c using unnest($1::uuid[], $2::uuid[]) as e (account_id, endpoint_id)"
        " where c.account_id = e.account_id and c.endpoint_id = e.endpoint_id",
        *_columns(endpoints, 2),
    )


async def hold_probes(tx: Tx, endpoints: Sequence[EndpointKey], until: datetime) -> None:
    """Keeps others from probing while a probe of ours is under way."""
    await tx.execute(
        "update webhook_circuits c set probe_at = $3 from unnest($1::uuid[], $2::uuid[]) as e (account_id, endpoint_id)"
        " where c.account_id = e.account_id and c.endpoint_id = e.endpoint_id and c.probe_at is not null",
        *_columns(endpoints, 2),
        until,
    )


def _keys(lanes: Sequence[Lane]) -> list[list[object]]:
    return _columns([(lane.account_id, lane.endpoint_id, lane.subject) for lane in lanes], 3)


def _seqs(deliveries: Sequence[Delivery]) -> list[list[object]]:
    return _columns([(d.account_id, d.endpoint_id, d.subject, d.seq) for d in deliveries], 4)


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[index] for row in rows] for index in range(width)]
