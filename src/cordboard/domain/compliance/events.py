"""What compliance tells higher contexts."""

from __future__ import annotations

from typing import Final

import msgspec

DNC_CHANGED: Final = "compliance.dnc_changed"
"""An entry was added or removed: `DncEvent`. The subject is the endpoint."""


class DncEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`action` is added or removed; `source` api, stop or start."""

    account_sid: str
    endpoint: str
    selector: str
    subtype: str
    action: str
    source: str
