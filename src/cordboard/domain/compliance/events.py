"""What compliance tells higher contexts."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from cordboard.domain.compliance.models import Source

DNC_CHANGED: Final = "compliance.dnc_changed"
"""An entry was added or removed: `DncEvent`. The subject is the endpoint."""


Action = Literal["added", "removed"]


class DncEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of which entry; `source` is a request, or what the endpoint itself asked for in a text."""

    account_sid: str
    endpoint: str
    selector: str
    subtype: str
    action: Action
    source: Source
