"""Runs that are under way (`runs`), what they are told (`run_inputs`), and those that are over (`ended_runs`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from cordboard.domain.workflows.models import EndedRun, Run, RunKey
from cordboard.engines.workflow.inputs import Answered, Told
from cordboard.engines.workflow.state import RunState
from cordboard.infra.db import Tx
from cordboard.infra.db.bulk import BulkInsert, BulkRows

CHANNEL: Final = "workflows"
Given = Told | Answered
_KEPT: Final = (
    "account_id",
    "id",
    "campaign_id",
    "version",
    "contact_id",
    "batch_id",
    "depth",
    "sender",
    "state",
    "failures",
    "created_at",
)
COLUMNS: Final = ", ".join(_KEPT)
_TYPES: Final = {
    **dict.fromkeys(("account_id", "id", "campaign_id", "contact_id", "batch_id"), "uuid"),
    **dict.fromkeys(("version", "at_node"), "integer"),
    **dict.fromkeys(("depth", "failures"), "smallint"),
    **dict.fromkeys(("sender", "state", "ending", "reason"), "text"),
    **dict.fromkeys(("wake_at", "created_at", "ended_at"), "timestamptz"),
    "listening": "boolean",
}
_insert: Final = BulkInsert(
    "runs", {name: _TYPES[name] for name in (*_KEPT, "at_node", "wake_at") if name != "failures"}
)
_STEPPED: Final = ("sender", "state", "at_node", "listening", "wake_at")
_stepped = BulkRows({name: _TYPES[name] for name in ("account_id", "id", *_STEPPED)})
_save: Final = (
    f"update runs t set {', '.join(f'{name} = {_stepped.values[name]}' for name in _STEPPED)}, failures = 0"
    f" from {_stepped.source} where t.account_id = r.account_id and t.id = r.id"
)
_OF_ENDED: Final = EndedRun.__struct_fields__
_insert_ended: Final = BulkInsert("ended_runs", {name: _TYPES[name] for name in _OF_ENDED})
_states: Final = msgspec.json.Decoder(RunState)
_givens: Final = msgspec.json.Decoder(Told | Answered)
_encode = msgspec.json.Encoder().encode


async def insert(tx: Tx, runs: Sequence[Run], wake_at: Sequence[datetime]) -> None:
    """Adds runs that begin at their times."""
    rows = [
        [*(_column(run, name) for name in _KEPT if name != "failures"), run.state.at, wake]
        for run, wake in zip(runs, wake_at, strict=True)
    ]
    await _insert(tx, rows)
    if rows:
        await tx.execute("select pg_notify($1, '')", CHANNEL)


async def claim(tx: Tx, now: datetime, limit: int) -> list[Run]:
    """Runs that have something to do, locked until the transaction ends, with their contacts: of two runs of one
    contact both are among them, or one waits for the next time.
    """
    rows = await tx.fetch(
        f"select {COLUMNS} from (select {COLUMNS} from runs where wake_at <= $1 order by wake_at limit $2"
        " for update skip locked) r where pg_try_advisory_xact_lock(hashtextextended(r.contact_id::text, 7))",
        now,
        limit,
    )
    return [run_of(row) for row in rows]


async def claim_one(tx: Tx, key: RunKey, now: datetime) -> Run | None:
    """One of them, if it still has something to do and nobody is at it."""
    row = await tx.fetchrow(
        f"select {COLUMNS} from (select {COLUMNS} from runs where account_id = $1 and id = $2 and wake_at <= $3"
        " for update skip locked) r where pg_try_advisory_xact_lock(hashtextextended(r.contact_id::text, 7))",
        *key,
        now,
    )
    return run_of(row) if row else None


async def due(tx: Tx, now: datetime, limit: int) -> list[RunKey]:
    """The keys of runs that have something to do, without a lock."""
    rows = await tx.fetch("select account_id, id from runs where wake_at <= $1 order by wake_at limit $2", now, limit)
    return [(row["account_id"], row["id"]) for row in rows]


async def next_due(tx: Tx) -> datetime | None:
    """When the next run has something to do."""
    moment: datetime | None = await tx.fetchval(
        "select wake_at from runs where wake_at is not null order by wake_at limit 1"
    )
    return moment


async def take_inputs(tx: Tx, keys: Sequence[RunKey]) -> dict[RunKey, list[tuple[datetime, Given]]]:
    """What claimed runs have been told of, the earliest first; it is theirs now."""
    rows = await tx.fetch(
        "delete from run_inputs i using unnest($1::uuid[], $2::uuid[]) as k (account_id, run_id)"
        " where i.account_id = k.account_id and i.run_id = k.run_id"
        " returning i.account_id, i.run_id, i.id, i.given, i.at",
        [account_id for account_id, _ in keys],
        [run_id for _, run_id in keys],
    )
    found: dict[RunKey, list[tuple[datetime, Given]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["id"]):
        found[row["account_id"], row["run_id"]].append((row["at"], _givens.decode(row["given"])))
    return found


async def save(tx: Tx, runs: Sequence[Run]) -> None:
    """Writes where runs are that go on."""
    if runs:
        await tx.execute(
            _save,
            *_stepped.parameters(
                [
                    (
                        run.account_id,
                        run.id,
                        run.sender,
                        _encode(run.state).decode(),
                        run.state.at,
                        run.state.wait is not None and run.state.wait.kind == "event",
                        run.state.wait.until if run.state.wait else None,
                    )
                    for run in runs
                ]
            ),
        )


async def end(tx: Tx, ended: Sequence[EndedRun]) -> None:
    """Moves runs to those that are over."""
    if not ended:
        return
    await _insert_ended(tx, [[_column(one, name) for name in _OF_ENDED] for one in ended])
    accounts, ids = [one.account_id for one in ended], [one.id for one in ended]
    for table, name in (("runs", "id"), ("run_inputs", "run_id")):
        await tx.execute(
            f"delete from {table} t using unnest($1::uuid[], $2::uuid[]) as k (account_id, id)"
            f" where t.account_id = k.account_id and t.{name} = k.id",
            accounts,
            ids,
        )


async def tell(tx: Tx, told: Sequence[tuple[RunKey, Given, datetime]]) -> None:
    """Hands inputs to runs and wakes them; what is for a run that is over is left out. Waits for whoever is stepping
    one of them.
    """
    if not told:
        return
    await tx.execute(
        "with given as (select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[])"
        " with ordinality as g (account_id, run_id, given, at, place)),"
        " locked as (select r.account_id, r.id from runs r where (r.account_id, r.id) in"
        " (select account_id, run_id from given) order by r.account_id, r.id for update),"
        " woken as (update runs r set wake_at = least(coalesce(r.wake_at, t.at), t.at) from"
        " (select l.account_id, l.id, min(g.at) as at from locked l join given g"
        " on g.account_id = l.account_id and g.run_id = l.id group by 1, 2) t"
        " where r.account_id = t.account_id and r.id = t.id returning r.account_id, r.id),"
        " added as (insert into run_inputs (account_id, run_id, given, at)"
        " select g.account_id, g.run_id, g.given, g.at from given g"
        " join woken w on w.account_id = g.account_id and w.id = g.run_id order by g.place)"
        " select pg_notify('workflows', '')",
        [key[0] for key, _, _ in told],
        [key[1] for key, _, _ in told],
        [_encode(given).decode() for _, given, _ in told],
        [at for _, _, at in told],
    )


async def answered(tx: Tx, account_id: UUID, run_id: UUID) -> set[int]:
    """The tokens of the answers that a run has been handed and not seen yet."""
    rows = await tx.fetch("select given from run_inputs where account_id = $1 and run_id = $2", account_id, run_id)
    handed = [_givens.decode(row["given"]) for row in rows]
    return {given.token for given in handed if isinstance(given, Answered)}


async def know_sender(tx: Tx, key: RunKey, sender: str) -> None:
    """Writes down which number the contact knows a run by."""
    await tx.execute("update runs set sender = $3 where account_id = $1 and id = $2", *key, sender)


async def put_off(tx: Tx, key: RunKey, now: datetime, longest: timedelta) -> Run | None:
    """Lets a run whose step failed rest, twice as long after each failure in a row."""
    row = await tx.fetchrow(
        "update runs set failures = failures + 1,"
        " wake_at = $3::timestamptz + least($4::interval, make_interval(secs => 2 ^ (failures + 1)))"
        f" where account_id = $1 and id = $2 returning {COLUMNS}",
        *key,
        now,
        longest,
    )
    return run_of(row) if row else None


async def find(tx: Tx, account_id: UUID, run_id: UUID, *, lock: bool = False) -> Run | None:
    """A run that is under way."""
    row = await tx.fetchrow(
        f"select {COLUMNS} from runs where account_id = $1 and id = $2" + (" for update" if lock else ""),
        account_id,
        run_id,
    )
    return run_of(row) if row else None


async def find_ended(tx: Tx, account_id: UUID, run_id: UUID) -> EndedRun | None:
    """A run that is over."""
    row = await tx.fetchrow(
        f"select {', '.join(_OF_ENDED)} from ended_runs where account_id = $1 and id = $2", account_id, run_id
    )
    return _ended(row) if row else None


async def of_contact(
    tx: Tx, account_id: UUID, campaign_id: UUID, contact_id: UUID, limit: int
) -> tuple[list[Run], list[EndedRun]]:
    """A contact's runs in a campaign, the newest first: those under way, and those that are over."""
    live = await tx.fetch(
        f"select {COLUMNS} from runs where account_id = $1 and campaign_id = $2 and contact_id = $3"
        " order by created_at desc limit $4",
        account_id,
        campaign_id,
        contact_id,
        limit,
    )
    ended = await tx.fetch(
        f"select {', '.join(_OF_ENDED)} from ended_runs where account_id = $1 and campaign_id = $2 and contact_id = $3"
        " order by ended_at desc limit $4",
        account_id,
        campaign_id,
        contact_id,
        limit,
    )
    return [run_of(row) for row in live], [_ended(row) for row in ended]


def _column(record: Run | EndedRun, name: str) -> object:
    value = getattr(record, name)
    return _encode(value).decode() if name == "state" else value


def run_of(row: asyncpg.Record) -> Run:
    """A row of `COLUMNS` as a run."""
    return Run(**_with_state(row))


def _ended(row: asyncpg.Record) -> EndedRun:
    return EndedRun(**_with_state(row))


def _with_state(row: asyncpg.Record) -> dict[str, Any]:
    return {**dict(row), "state": _states.decode(row["state"])}
