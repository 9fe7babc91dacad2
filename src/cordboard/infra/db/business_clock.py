"""How far the installation's business time is ahead of the system's: one row, which every process follows."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cordboard.infra.db.pool import Tx

CHANNEL: Final = "clock"
"""Told when the offset changes."""


async def read_offset(connection: Tx) -> timedelta:
    """How far business time is ahead."""
    milliseconds: int = await connection.fetchval("select offset_ms from business_clock")
    return timedelta(milliseconds=milliseconds)


async def advance(tx: Tx, step: timedelta) -> timedelta:
    """Moves business time ahead by `step`, and tells every process once the transaction has committed. Answers the new
    offset.
    """
    milliseconds: int = await tx.fetchval(
        "update business_clock set offset_ms = offset_ms + $1 returning offset_ms", step // timedelta(milliseconds=1)
    )
    await tx.execute("select pg_notify($1, $2)", CHANNEL, str(milliseconds))
    return timedelta(milliseconds=milliseconds)
