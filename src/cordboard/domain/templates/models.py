"""SMS templates."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec


class SmsTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A text with variables, media, or both. `last_used` is when a message was last made of it."""

    account_id: UUID
    id: UUID
    text: str
    title: str
    media_url: str
    last_used: datetime | None
    archived: bool
    created_at: datetime
