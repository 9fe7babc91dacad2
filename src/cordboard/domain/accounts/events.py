"""What accounts tell higher contexts through the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from cordboard.infra.events import Event

USER_DELETED: Final = "accounts.user_deleted"
"""A user is gone, with keys and sessions: `UserEvent`. The subject is the user's id."""

WORK_GROUP_DELETED: Final = "accounts.work_group_deleted"
"""A work group is gone: `WorkGroupEvent`. The subject is the group's name in lower case."""


class UserEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who it is about."""

    account_sid: str
    client_id: str


class WorkGroupEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which group it is about, as its name was spelled."""

    account_sid: str
    group_name: str


def user_deleted(account_id: UUID, user_id: UUID, now: datetime) -> Event:
    """The event about a user."""
    told = UserEvent(account_sid=str(account_id), client_id=str(user_id))
    return Event(USER_DELETED, account_id, str(user_id), msgspec.to_builtins(told), now)
