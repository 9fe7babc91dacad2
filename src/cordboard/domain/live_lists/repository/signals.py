"""Notifications to the processes that hold sockets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cordboard.infra.db import Tx

CHANNEL: Final = "live_lists"


async def notify(tx: Tx, payloads: Sequence[str]) -> None:
    """Tells whoever listens, once the transaction has committed."""
    await tx.execute(f"select pg_notify('{CHANNEL}', told) from unnest($1::text[]) as told", list(payloads))
