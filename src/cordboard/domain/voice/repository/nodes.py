"""Voice processes and what they are asked: `voice_nodes`, `call_commands`. Liveness is on the database's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cordboard.domain.voice.models import CallCommand
from cordboard.infra.db import Tx

CHANNEL: Final = "call_commands"
DEAD_AFTER_SECONDS: Final = 5.0


async def beat(tx: Tx, node: str, sip_address: str) -> bool:
    """A process says that it lives; True when it was taken for dead in the meantime, or is new."""
    fresh = await tx.fetchval(
        "insert into voice_nodes (node, sip_address, started_at, seen_at)"
        " values ($1, $2, clock_timestamp(), clock_timestamp())"
        " on conflict (node) do update set seen_at = clock_timestamp() returning xmax = 0",
        node,
        sip_address,
    )
    return bool(fresh)


async def leave(tx: Tx, node: str) -> None:
    """A process ends in good order."""
    await tx.execute("delete from voice_nodes where node = $1", node)


async def bury(tx: Tx) -> list[str]:
    """Removes processes that have not been seen for some seconds; answers them."""
    rows = await tx.fetch(
        "delete from voice_nodes where seen_at < clock_timestamp() - make_interval(secs => $1) returning node",
        DEAD_AFTER_SECONDS,
    )
    return [row["node"] for row in rows]


async def any_alive(tx: Tx) -> bool:
    """Whether any voice process is there."""
    return bool(await tx.fetchval("select exists (select from voice_nodes)"))


async def ask(tx: Tx, node: str, command: CallCommand, now: datetime) -> None:
    """Leaves a command for the process that has the call."""
    await tx.execute(
        "with asked as (insert into call_commands (account_id, call_id, node, command, asked_at, request_id)"
        " values ($1, $2, $3, $4, $5, $6)) select pg_notify('call_commands', $3)",
        command.account_id,
        command.call_id,
        node,
        {"name": command.name, "arguments": command.arguments},
        now,
        command.request_id,
    )


async def take_commands(tx: Tx, node: str, limit: int) -> Sequence[CallCommand]:
    """Takes the commands that wait for a process, in order."""
    rows = await tx.fetch(
        "delete from call_commands where id = any(array(select id from call_commands where node = $1 order by id"
        " limit $2 for update skip locked)) returning id, account_id, call_id, command, request_id",
        node,
        limit,
    )
    return [
        CallCommand(
            account_id=row["account_id"],
            call_id=row["call_id"],
            name=row["command"]["name"],
            arguments=row["command"]["arguments"],
            request_id=row["request_id"],
        )
        for row in sorted(rows, key=lambda row: row["id"])
    ]


async def forget_commands(tx: Tx, before: datetime) -> None:
    """Removes commands that nobody took: their process is gone."""
    await tx.execute("delete from call_commands where asked_at < $1", before)
