"""What becomes of numbers when users go."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from cordboard.domain.accounts.events import UserEvent
from cordboard.domain.numbers import repository
from cordboard.infra.db import Tx
from cordboard.infra.events import Event


async def forget_users(tx: Tx, events: Sequence[Event]) -> None:
    """The numbers that the webphones of users who are gone called from are nobody's from now on."""
    for event in events:
        user_id = UUID(msgspec.convert(event.payload, UserEvent).client_id)
        await repository.release_user(tx, event.account_id, user_id)
