"""What dispositions tell higher contexts through the outbox."""

from __future__ import annotations

from typing import Final

import msgspec

ASSIGNED: Final = "dispositions.assigned"
"""It was said how a call or a conversation was concluded: `DispositionsAssigned`. The subject is that of the other
events of the call or the message.
"""


class DispositionsAssigned(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The dispositions of a call or of a message, one of whose ids is None. `dispo_time_ms` is epoch milliseconds.
    `triggered_campaigns`: the campaigns to start, by the disposition that names each.
    """

    account_sid: str
    call_sid: str | None
    sms_sid: str | None
    direction: str
    to: str
    sender: str = msgspec.field(name="from")
    contact_id: str | None
    client_id: str
    dispositions: list[str]
    dispo_time_ms: int
    triggered_campaigns: dict[str, str]
