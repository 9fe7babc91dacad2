"""What messaging tells higher contexts through the outbox.

The subject of every event is the other party's number, so that what happens with one person is told in order. A
payload is JSON as msgspec writes it (UUIDs as strings); `MessageEvent` is its shape, of which callbacks show a part.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

SENT: Final = "messaging.sent"
"""An outbound message was handed to the carrier (`status` success), or will not be (failed, uncertain, expired)."""

DELIVERY_CHANGED: Final = "messaging.delivery_changed"
"""The carrier's receipts settled what became of an outbound message: `dlr_status` is new."""

RECEIVED: Final = "messaging.received"
"""An inbound message is complete and stored."""

ROUTED: Final = "messaging.routed"
"""It is decided where an inbound message goes whose number has a route tag, if only that nobody takes it:
`RoutedMessageEvent`."""

KEYWORD_RECEIVED: Final = "messaging.keyword_received"
"""An inbound text was one of the number's keywords: `KeywordEvent`."""


class MessageEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A message as events carry it. `created_at` is epoch milliseconds, `scheduled_tm` epoch seconds,
    `price` a number in the account's currency.

    `status` is success, failed, uncertain or expired; `dlr_status` Sent, Delivered, Undelivered, Failed, Rejected,
    Expired or None; `opt` what an inbound text asks for: out, in or None. `number_set_id`: the set that the sender was
    drawn from, or that the recipient belongs to. `awaits_routing`: `messaging.routed` will tell where an inbound text
    goes. `campaign_id`, `template_id`: of the campaign that sent it, or that an inbound text answers; `surcharge` a
    number like `price`.
    """

    account_sid: str
    message_sid: str
    direction: str
    to: str
    sender: str = msgspec.field(name="from")
    text: str
    media_urls: list[str] = []
    message_count: int = 1
    status: str
    dlr_status: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    price: float = 0.0
    contact_id: str | None = None
    metadata: dict[str, Any] | None = None
    to_country_code: int = 1
    to_country: str = "US"
    from_country_code: int = 1
    from_country: str = "US"
    created_at: int
    scheduled_tm: int | None = None
    status_callback: str | None = None
    delivery_status_enabled: bool = False
    number_set_id: str | None = None
    campaign_id: str | None = None
    template_id: str | None = None
    surcharge: float = 0.0
    opt: str | None = None
    awaits_routing: bool = False


class RoutedMessageEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The inboxes that a message was routed to, by name, and the tags that its destinations mark it with."""

    account_sid: str
    message_sid: str
    inboxes: list[str] = []
    tags: list[str] = []


class KeywordEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A keyword that came in, and the action that the number or its set names for it."""

    account_sid: str
    message_sid: str
    contact_id: str
    phone_number: str
    sender: str = msgspec.field(name="from")
    keyword: str
    action: dict[str, Any]
