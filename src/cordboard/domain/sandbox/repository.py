"""Handsets, their messages and the faults. They belong to the installation, not to an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from cordboard.domain.sandbox.models import Faults, HandsetMessage, HandsetScript
from cordboard.infra.db import Tx

_FIELDS: Final = ", ".join(HandsetMessage.__struct_fields__)


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
