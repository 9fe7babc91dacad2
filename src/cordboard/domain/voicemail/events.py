"""What voicemail tells higher contexts through the outbox."""

from __future__ import annotations

from typing import Any, Final

import msgspec

RECORDED: Final = "voicemail.recorded"
"""A message was left, and transcribed where the mailbox wants that: `VoicemailEvent`. The subject is who left it."""


class VoicemailEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A message as events carry it. `created_at` is epoch milliseconds."""

    account_sid: str
    recording_id: str
    call_sid: str
    phone_number: str
    from_number: str
    contact_id: str | None
    seconds: int
    url: str
    metadata: dict[str, Any]
    transcription: str | None
    status: int
    created_at: int
