"""What becomes of live lists when users go."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from cordboard.domain.live_lists import signals
from cordboard.domain.live_lists.models import AccessChange, Signal
from cordboard.domain.live_lists.repository import lists
from cordboard.infra.db import Tx
from cordboard.infra.events import Event


async def forget_users(tx: Tx, events: Sequence[Event]) -> None:
    """Users who are gone work no list off any more."""
    for event in events:
        if await lists.forget_user(tx, event.account_id, UUID(event.subject)):
            await signals.send(tx, [Signal(access=AccessChange(event.account_id))])
