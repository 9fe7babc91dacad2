"""Messages on their way: what is claimed for a carrier, what the carrier said, what came in."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

MessageClass = Literal["otp", "transactional", "marketing"]

Outcome = Literal["accepted", "refused", "throttled", "unavailable", "unknown"]
"""What became of a try to hand over a part. `accepted`: the carrier has it. `refused`: it will never take it.
`throttled` and `unavailable`: it did not take it now. `unknown`: it was asked and never answered, so it may have it."""

DeliveryState = Literal["enroute", "delivered", "undelivered", "expired", "rejected", "failed"]

FINAL_DELIVERY_STATES: Final[frozenset[DeliveryState]] = frozenset(
    {"delivered", "undelivered", "expired", "rejected", "failed"}
)


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A message claimed for a try at one carrier; its send ledger rows are committed.

    `parts` are the numbers, from 1, of the segments to hand over now, of `total_parts`: all of them unless a part of an
    earlier try was accepted. Carriers that take whole messages get one part.
    """

    account_id: UUID
    message_id: UUID
    created_at: datetime
    carrier: str
    attempt: int
    parts: tuple[int, ...] = (1,)
    total_parts: int = 1
    sender: str
    recipient: str
    text: str
    media_urls: tuple[str, ...] = ()
    message_class: MessageClass = "transactional"
    valid_until: datetime | None = None
    request_id: str | None = None


class PartResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a carrier said of one part. `remote_id` is its own id of an accepted part, which receipts will name."""

    submission: Submission
    part: int
    outcome: Outcome
    remote_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None


class ReceiptReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a carrier tells of a part that it took earlier, by the id that `PartResult.remote_id` gave. Nothing more is
    expected after a `final` one. `done_at` is when it happened, by the carrier."""

    carrier: str
    remote_id: str
    state: DeliveryState
    final: bool
    error_code: str | None = None
    done_at: datetime | None = None


class InboundPart(msgspec.Struct, frozen=True, kw_only=True):
    """A text, or a part of one, that a handset sent to one of our numbers.

    `text` is None for parts, which are joined before they are decoded: `payload` holds the octets without their header
    in
    `data_coding`; `reference` ties the `total` parts together. `sender` and `recipient` are as the carrier wrote them.
    `carrier_message_id` set: a repeat of it is the same message (HTTP carriers repeat webhooks).
    """

    carrier: str
    sender: str
    recipient: str
    text: str | None = None
    media_urls: tuple[str, ...] = ()
    payload: bytes = b""
    data_coding: int = 0
    reference: str = ""
    number: int = 1
    total: int = 1
    carrier_message_id: str | None = None
