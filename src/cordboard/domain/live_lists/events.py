"""What live lists tell higher contexts through the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.live_lists.models import LiveList
from cordboard.infra.events import Event

STATUS_CHANGED: Final = "live_lists.status_changed"
"""A list was made or deleted, or lost its last contact: `StatusEvent`. The subject is the list's id."""

Status = Literal["created", "deleted", "empty"]


class StatusEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`length`: how many are in line, or were when the list was deleted. `client_id`: who did it; "" where it was no
    user.
    """

    account_sid: str
    client_id: str
    list_name: str
    length: int
    status: Status


def status_changed(
    live_list: LiveList, status: Status, now: datetime, *, length: int = 0, client_id: UUID | None = None
) -> Event:
    """The event about a list."""
    told = StatusEvent(
        account_sid=str(live_list.account_id),
        client_id=str(client_id or ""),
        list_name=live_list.name,
        length=length,
        status=status,
    )
    return Event(STATUS_CHANGED, live_list.account_id, str(live_list.id), msgspec.to_builtins(told), now)
