"""Mailboxes of numbers and the messages in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

NEW: Final = 0
LISTENED: Final = 1
DELETED: Final = -1
Status = Literal[0, 1, -1]
"""`DELETED` is asked for and answered, never stored."""

DEFAULT_GREETING: Final = "Nobody can take your call. Please leave a message after the tone."
DEFAULT_VOICE: Final = "en-us-standard-female-1"
SHORTEST_SECONDS: Final = 5
LONGEST_SECONDS: Final = 600


class Mailbox(msgspec.Struct, frozen=True, kw_only=True):
    """What callers hear and may leave. The greeting is a sound by URL, else a text in a voice; one of them is empty."""

    account_id: UUID
    phone_number: str
    greeting_text: str = DEFAULT_GREETING
    greeting_url: str = ""
    voice: str = DEFAULT_VOICE
    transcribe: bool = False
    max_seconds: int = 120


class MailboxChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer sets; None leaves it as it is. One greeting takes the other's place."""

    greeting_text: str | None = None
    greeting_url: str | None = None
    voice: str | None = None
    transcribe: bool | None = None
    max_seconds: int | None = None


class NewVoicemail(msgspec.Struct, frozen=True, kw_only=True):
    """A message as call control hands it over: the recording, whose it is, and the metadata of its call."""

    account_id: UUID
    recording_id: UUID
    call_id: UUID
    phone_number: str
    from_number: str
    seconds: int
    url: str
    contact_id: UUID | None = None
    metadata: Mapping[str, Any] = {}


class Voicemail(msgspec.Struct, frozen=True, kw_only=True):
    """A message in a mailbox. `announced`: higher contexts have been told of it."""

    account_id: UUID
    recording_id: UUID
    call_id: UUID
    phone_number: str
    from_number: str
    contact_id: UUID | None
    seconds: int
    url: str
    metadata: dict[str, Any]
    transcription: str | None
    status: int
    announced: bool
    created_at: datetime


class VoicemailFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages: of a number, of a time (`end` is past it), of a status."""

    phone_number: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    status: int | None = None
