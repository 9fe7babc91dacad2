"""Waiting for whatever comes first."""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias

Wait: TypeAlias = "asyncio.Future[Any] | asyncio.Event"


async def first_of(*waits: Wait, seconds: float | None = None) -> None:
    """Returns when one of them is done or set, or after some seconds. None of them is cancelled."""
    events = [asyncio.ensure_future(wait.wait()) for wait in waits if isinstance(wait, asyncio.Event)]
    futures: set[asyncio.Future[Any]] = {wait for wait in waits if not isinstance(wait, asyncio.Event)}
    timeout = None if seconds is None else max(seconds, 0.0)
    try:
        await asyncio.wait({*futures, *events}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for event in events:
            event.cancel()
