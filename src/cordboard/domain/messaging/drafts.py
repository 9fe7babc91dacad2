"""A message between being asked for and being accepted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cordboard.domain.messaging.models import MessageClass
from cordboard.kit.errors import CordboardError


class SendRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants sent. Exactly one of `to` and `contact_id`, of `sender` and `number_set_id`, and of `text`
    and `template_id` is given (neither of the last two is needed with media); numbers are E.164 or short codes.

    `gated` False: the compliance gate does not apply, because the law asks for this very message (the answer to STOP).
    `patient`: a sender's queue is never too long for it.
    """

    account_id: UUID
    parent_account_id: UUID
    client_id: UUID | None = None
    to: str | None = None
    contact_id: UUID | None = None
    sender: str | None = None
    number_set_id: UUID | None = None
    text: str | None = None
    template_id: UUID | None = None
    ext_data: dict[str, str] = {}
    media_urls: tuple[str, ...] = ()
    delivery_status_enabled: bool | None = None
    status_callback: str | None = None
    metadata: dict[str, Any] | None = None
    scheduled_at: datetime | None = None
    validity_minutes: int | None = None
    message_class: MessageClass = "transactional"
    gated: bool = True
    patient: bool = False
    campaign_id: UUID | None = None
    request_id: str | None = None


class AcceptedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is stored and will be sent. `scheduled_at` is when it may leave at the earliest."""

    id: UUID
    sender: str
    recipient: str
    text: str
    media_urls: tuple[str, ...]
    segments: int
    status_callback: str | None
    delivery_status_enabled: bool | None
    scheduled_at: datetime


@dataclass(slots=True)
class Draft:
    """A request on its way through the acceptance steps; the first `error` ends it, and later steps pass it over."""

    request: SendRequest
    id: UUID
    created_at: datetime
    recipient: str = ""
    sender: str = ""
    number_type: int = 1
    mms_enabled: bool = False
    text: str = ""
    media_urls: tuple[str, ...] = ()
    encoding: str = "gsm7"
    segments: int = 1
    contact_id: UUID | None = None
    contact_data: dict[str, str] = field(default_factory=dict)
    carrier: str = ""
    price: int = 0
    held: int = 0
    state: str = "queued"
    due_at: datetime | None = None
    valid_until: datetime | None = None
    error: CordboardError | None = None

    @property
    def account_id(self) -> UUID:
        """The account that asked."""
        return self.request.account_id

    @property
    def campaign_id(self) -> UUID | None:
        """The campaign that asked, if one did."""
        return self.request.campaign_id

    @property
    def message_class(self) -> MessageClass:
        """The class that was asked for."""
        return self.request.message_class

    @property
    def alive(self) -> bool:
        """Whether nothing has refused it yet."""
        return self.error is None
