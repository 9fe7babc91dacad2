"""Telling higher contexts where runs are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cordboard.domain.workflows.events import STATUS_CHANGED
from cordboard.domain.workflows.models import Run
from cordboard.domain.workflows.ports import StatusListeners
from cordboard.domain.workflows.rendering import status_event
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append


async def tell_status(tx: Tx, listeners: StatusListeners, changed: Sequence[Run], now: datetime) -> None:
    """Tells of runs that wait or are over, where somebody listens."""
    accounts = sorted({run.account_id for run in changed})
    listening = await listeners.listening(tx, accounts) if accounts else set()
    await append(
        tx,
        [
            Event(STATUS_CHANGED, run.account_id, str(run.id), status_event(run), now)
            for run in changed
            if run.account_id in listening
        ],
    )
