"""What scripts tell higher contexts."""

from __future__ import annotations

from typing import Final

import msgspec

COMPLETED: Final = "scripts.completed"
"""An agent has gone through a script with a contact: `ScriptCompleted`."""


class ScriptCompleted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`callback_id` names the webhook to tell; `completion_options` are those that were offered."""

    account_sid: str
    script_id: str
    script_name: str
    contact_id: str
    client_id: str
    callback_id: str | None
    responses: dict[str, str]
    completion_options: list[dict[str, object]]
    created_at: int
