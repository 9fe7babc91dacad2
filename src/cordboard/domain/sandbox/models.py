"""The sandbox: virtual handsets, what they do with messages and calls, and the faults of their carrier."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

Direction = Literal["inbound", "outbound"]
"""As the handset sees it: `inbound` is what it got, `outbound` what it sent."""

ReceiptManner = Literal["delivered", "undelivered", "none", "late"]
AnswerManner = Literal["human", "machine", "busy", "noanswer", "reject"]
CallState = Literal["waiting", "ringing", "in-progress", "ended"]
"""`waiting`: no voice process has taken it yet."""

LONGEST_CALL: Final = 6 * 3600
"""Seconds."""
MOST_DIGITS: Final = 64

Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=86_400)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=120_000)]
CallMilliseconds = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_CALL * 1000)]
Text = Annotated[str, msgspec.Meta(max_length=1600)]
Tones = Annotated[str, msgspec.Meta(pattern="^[0-9*#A-Dw]{0,64}$")]


class HandsetScript(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How a handset behaves. Texts: the receipt that its carrier gives (`late`: after two minutes), and what it replies
    to each. Calls: how it answers, after how long (1 s if None; refusals come at once), what it says, which keys it
    presses, and how long after the answer it hangs up, if it does.
    """

    receipt: ReceiptManner = "delivered"
    reply: Text | None = None
    answer: AnswerManner = "human"
    answer_after_ms: Milliseconds | None = None
    say: Text | None = None
    dtmf: Tones | None = None
    hangup_after_ms: CallMilliseconds | None = None


class HandsetMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a handset got or sent. `message_id` and `attempt` are those of the submission that it got."""

    handset: str
    direction: Direction
    sender: str
    recipient: str
    text: str
    media_urls: list[str]
    at: datetime
    message_id: UUID | None = None
    attempt: int | None = None


class CallPlan(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a handset does that calls: how long it lets the other side ring (a minute if None), and once that has
    answered, what it says, which keys it presses, and after how long it hangs up, if it does.
    """

    answer_ms: Milliseconds | None = None
    say: Text | None = None
    dtmf: Tones | None = None
    hangup_after_ms: CallMilliseconds | None = None


class HandsetCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that a handset got or made. `digits`: the keys that it heard; `recording_url`: a WAV file of what it
    heard, for a day.
    """

    id: UUID
    handset: str
    direction: Direction
    caller: str
    callee: str
    state: CallState
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    digits: str = ""
    recording_url: str | None = None
    plan: CallPlan = CallPlan()


class CallEnd(msgspec.Struct, frozen=True, kw_only=True):
    """How a handset's call ended."""

    at: datetime
    reason: str
    digits: str = ""
    recording_url: str | None = None


class Faults(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What goes wrong on purpose. Shares of sends and receipts in percent; for a second after each
    `disconnect_every_seconds` (0: never) nothing can be sent.
    """

    throttle_percent: Percent = 0
    drop_receipts_percent: Percent = 0
    duplicate_receipts_percent: Percent = 0
    disconnect_every_seconds: Seconds = 0
