"""Handsets, their messages and calls, and the faults. They belong to the installation, not to an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from cordboard.domain.sandbox.models import CallEnd, CallPlan, Faults, HandsetCall, HandsetMessage, HandsetScript
from cordboard.infra.db import Tx

CHANNEL: Final = "sandbox_calls"
"""Told of when a voice process has something to do for a handset."""

_FIELDS: Final = ", ".join(HandsetMessage.__struct_fields__)
_CALL_FIELDS: Final = ", ".join(HandsetCall.__struct_fields__)
_MORE_CALL_FIELDS: Final = ", ".join(f"c.{name}" for name in HandsetCall.__struct_fields__)
_WAITING_SECONDS: Final = 60
_LEASE_SECONDS: Final = 10


async def script_of(tx: Tx, number: str) -> HandsetScript:
    """The handset's script; the usual one where none was set."""
    script = await tx.fetchval("select script from sandbox_handsets where number = $1", number)
    return HandsetScript() if script is None else msgspec.convert(script, HandsetScript)


async def put_script(tx: Tx, number: str, script: HandsetScript) -> None:
    """Sets the handset's script."""
    await tx.execute(
        "insert into sandbox_handsets (number, script) values ($1, $2)"
        " on conflict (number) do update set script = excluded.script",
        number,
        msgspec.to_builtins(script),
    )


async def keep(tx: Tx, message: HandsetMessage) -> bool:
    """Adds a message; False when its submission is there already."""
    kept = await tx.fetchval(
        f"insert into sandbox_messages ({_FIELDS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " on conflict (message_id, attempt) do nothing returning true",
        *(getattr(message, name) for name in HandsetMessage.__struct_fields__),
    )
    return bool(kept)


async def newest(tx: Tx, handset: str, size: int, offset: int) -> Sequence[HandsetMessage]:
    """A page of the handset's messages, counted from the newest one back, in the order of time."""
    rows = await tx.fetch(
        f"select {_FIELDS} from sandbox_messages where handset = $1 order by id desc limit $2 offset $3",
        handset,
        size,
        offset,
    )
    return [HandsetMessage(**dict(row)) for row in reversed(rows)]


async def count_sent(tx: Tx, handset: str, recipient: str, since: datetime) -> int:
    """How many messages the handset sent to `recipient` after `since`."""
    count: int = await tx.fetchval(
        "select count(*) from sandbox_messages"
        " where handset = $1 and direction = 'outbound' and recipient = $2 and at > $3",
        handset,
        recipient,
        since,
    )
    return count


async def faults(tx: Tx) -> tuple[Faults, datetime]:
    """The faults, and since when."""
    row = await tx.fetchrow("select faults, since from sandbox_faults")
    if row is None:
        raise LookupError("sandbox_faults has lost its row; run the migrations on a database of its own")
    return msgspec.convert(row["faults"], Faults), row["since"]


async def put_faults(tx: Tx, wanted: Faults, since: datetime) -> None:
    """Sets the faults."""
    await tx.execute("update sandbox_faults set faults = $1, since = $2", msgspec.to_builtins(wanted), since)


async def add_call(tx: Tx, call: HandsetCall, node: str | None = None) -> None:
    """Adds a call: one that a process has, or, without a node, one that waits for a process, who are all told."""
    await tx.execute(
        "insert into sandbox_calls (id, handset, direction, caller, callee, state, started_at, plan, node,"
        " leased_until)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp() + make_interval(secs => $10))",
        call.id,
        call.handset,
        call.direction,
        call.caller,
        call.callee,
        call.state,
        call.started_at,
        msgspec.to_builtins(call.plan),
        node,
        _WAITING_SECONDS if node is None else _LEASE_SECONDS,
    )
    if node is None:
        await wake_phones(tx)


async def wake_phones(tx: Tx) -> None:
    """Has voice processes look whether handsets want something."""
    await tx.execute(f"select pg_notify('{CHANNEL}', '')")


async def newest_calls(tx: Tx, handset: str, size: int, offset: int) -> Sequence[HandsetCall]:
    """A page of the handset's calls, counted from the newest one back, in the order of time."""
    rows = await tx.fetch(
        f"select {_CALL_FIELDS} from sandbox_calls where handset = $1 order by number desc limit $2 offset $3",
        handset,
        size,
        offset,
    )
    return [_call_of(row) for row in reversed(rows)]


async def lock_call(tx: Tx, handset: str, call_id: UUID) -> HandsetCall | None:
    """A call of the handset, locked."""
    row = await tx.fetchrow(
        f"select {_CALL_FIELDS} from sandbox_calls where handset = $1 and id = $2 for update", handset, call_id
    )
    return _call_of(row) if row else None


async def claim_calls(tx: Tx, node: str, limit: int) -> Sequence[HandsetCall]:
    """Takes waiting calls, the oldest first, for a process; they ring from now on."""
    rows = await tx.fetch(
        "with taken as (select id from sandbox_calls where state = 'waiting' and leased_until > clock_timestamp()"
        " order by number limit $2 for update skip locked)"
        " update sandbox_calls c set state = 'ringing', node = $1,"
        " leased_until = clock_timestamp() + make_interval(secs => $3)"
        f" from taken where c.id = taken.id returning {_MORE_CALL_FIELDS}",
        node,
        limit,
        _LEASE_SECONDS,
    )
    return [_call_of(row) for row in rows]


async def ask_hangup(tx: Tx, call_id: UUID) -> None:
    """Asks the process that has a call to end it."""
    await tx.execute("update sandbox_calls set hangup_asked = true where id = $1", call_id)
    await wake_phones(tx)


async def hangups_asked(tx: Tx, node: str) -> Sequence[UUID]:
    """The calls of a process that are to end."""
    rows = await tx.fetch(
        "select id from sandbox_calls where node = $1 and hangup_asked and state in ('ringing', 'in-progress')", node
    )
    return [row["id"] for row in rows]


async def mark_call_answered(tx: Tx, call_id: UUID, at: datetime) -> None:
    """Notes that a call was answered."""
    await tx.execute(
        "update sandbox_calls set state = 'in-progress', answered_at = $2 where id = $1 and state = 'ringing'",
        call_id,
        at,
    )


async def put_digits(tx: Tx, call_id: UUID, digits: str) -> None:
    """Notes the keys that a live call's handset has heard so far."""
    await tx.execute("update sandbox_calls set digits = $2 where id = $1 and state <> 'ended'", call_id, digits)


async def end_call(tx: Tx, call_id: UUID, end: CallEnd) -> None:
    """Notes a call's end. One that was taken for dead before keeps that end, but gets what was heard."""
    await tx.execute(
        "update sandbox_calls set state = 'ended', ended_at = coalesce(ended_at, $2),"
        " reason = case state when 'ended' then reason else $3 end, digits = $4, recording_url = $5 where id = $1",
        call_id,
        end.at,
        end.reason,
        end.digits,
        end.recording_url,
    )


async def renew_calls(tx: Tx, call_ids: Sequence[UUID]) -> None:
    """A process still has these calls."""
    await tx.execute(
        "update sandbox_calls set leased_until = clock_timestamp() + make_interval(secs => $2)"
        " where id = any($1) and state <> 'ended'",
        call_ids,
        _LEASE_SECONDS,
    )


async def reap_calls(tx: Tx, at: datetime) -> int:
    """Ends calls that nobody has any more; how many."""
    rows = await tx.fetch(
        "update sandbox_calls set state = 'ended', ended_at = $1, reason = case state when 'waiting'"
        " then 'no voice process took it' else 'the voice process that had it is gone' end"
        " where state <> 'ended' and leased_until < clock_timestamp() returning id",
        at,
    )
    return len(rows)


async def forget_recordings(tx: Tx, before: datetime, limit: int) -> Sequence[str]:
    """Takes the recordings off calls that ended before a moment; their URLs, for whoever removes the files."""
    rows = await tx.fetch(
        "with old as (select id, recording_url from sandbox_calls where recording_url is not null and ended_at < $1"
        " order by ended_at limit $2 for update skip locked)"
        " update sandbox_calls c set recording_url = null from old where c.id = old.id returning old.recording_url",
        before,
        limit,
    )
    return [row["recording_url"] for row in rows]


def _call_of(row: asyncpg.Record) -> HandsetCall:
    members: dict[str, Any] = dict(row)
    return HandsetCall(**{**members, "plan": msgspec.convert(members["plan"], CallPlan)})
