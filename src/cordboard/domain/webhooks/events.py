"""What webhooks tell higher contexts."""

from __future__ import annotations

from typing import Final

import msgspec

DISABLED: Final = "webhooks.disabled"
"""The platform turned a configuration off because its receiver failed for days: `DisabledEvent`. The subject is its
id."""


class DisabledEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`failing_since` is epoch milliseconds."""

    account_sid: str
    id: str
    name: str
    event_type: str
    url: str
    reason: str
    failing_since: int
