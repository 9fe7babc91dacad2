"""What campaigns tell higher contexts through the outbox."""

from __future__ import annotations

from typing import Final

import msgspec

STATUS_CHANGED: Final = "workflows.status_changed"
"""A run waits, or is over: `StatusEvent`. The subject is the run. Told for accounts where somebody listens."""


class StatusEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`status` is waiting, completed, stopped or failed; `campaign_path` the nodes gone through, with commas;
    `next_node` where it waits; `last_phone` the number that the contact knows the run by.
    """

    account_sid: str
    contact_id: str
    campaign_id: str
    campaign_run_id: str
    campaign_path: str
    workflow_version: int
    next_node: int | None
    status: str
    last_phone: str
    failure_reason: str
