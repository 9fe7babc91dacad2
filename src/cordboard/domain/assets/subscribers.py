"""What assets do when users and work groups go: they are shared with them no more."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cordboard.domain.accounts.events import UserEvent, WorkGroupEvent
from cordboard.domain.assets import repository
from cordboard.infra.db import Tx
from cordboard.infra.events import Event
from cordboard.kit.ids import parse_uuid


async def forget_groups(tx: Tx, events: Sequence[Event]) -> None:
    """Of WORK_GROUP_DELETED: a new group of the name gets nothing of what the old one had."""
    for event in events:
        gone = msgspec.convert(event.payload, WorkGroupEvent)
        await repository.forget_group(tx, event.account_id, gone.group_name)


async def forget_users(tx: Tx, events: Sequence[Event]) -> None:
    """Of USER_DELETED. What was the user's own stays, for those with `asset-read` and `asset-update`."""
    for event in events:
        if client_id := parse_uuid(msgspec.convert(event.payload, UserEvent).client_id):
            await repository.forget_user(tx, event.account_id, client_id)
