"""What phones tell higher contexts through the outbox."""

from __future__ import annotations

from typing import Final

import msgspec

STATUS_CHANGED: Final = "phones.status_changed"
"""A webphone user signed in or out, or changed the status: `StatusEvent`. The subject is the user's id."""


class StatusEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The status after the change. `logged_in`: whether a webphone is connected."""

    account_sid: str
    client_id: str
    status: str
    logged_in: bool
