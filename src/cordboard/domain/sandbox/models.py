"""The sandbox: virtual handsets, what they do with messages and calls, and the faults of their carrier."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

Direction = Literal["inbound", "outbound"]
"""As the handset sees it: `inbound` is what it got, `outbound` what it sent."""

ReceiptManner = Literal["delivered", "undelivered", "none", "late"]
AnswerManner = Literal["human", "machine", "busy", "noanswer", "reject"]

Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=86_400)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=120_000)]
Text = Annotated[str, msgspec.Meta(max_length=1600)]
Tones = Annotated[str, msgspec.Meta(pattern="^[0-9*#A-Dw]{0,64}$")]


class HandsetScript(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How a handset behaves. Texts: the receipt that its carrier gives (`late`: after two minutes), and what it replies
    to each. Calls: how it answers, after how long (1 s if None), what it says and which keys it presses.
    """

    receipt: ReceiptManner = "delivered"
    reply: Text | None = None
    answer: AnswerManner = "human"
    answer_after_ms: Milliseconds | None = None
    say: Text | None = None
    dtmf: Tones | None = None


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


class Faults(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What goes wrong on purpose. Shares of sends and receipts in percent; for a second after each
    `disconnect_every_seconds` (0: never) nothing can be sent.
    """

    throttle_percent: Percent = 0
    drop_receipts_percent: Percent = 0
    duplicate_receipts_percent: Percent = 0
    disconnect_every_seconds: Seconds = 0
