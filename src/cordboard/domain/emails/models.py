"""Mails by providers' templates."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

State = Literal["sending", "sent", "failed", "uncertain"]
"""`sending`: it may be on its way; `uncertain`: nobody knows whether the provider took it, and it is not sent again."""


class Address(msgspec.Struct, frozen=True):
    """Where a mail goes, or comes from."""

    email: str
    name: str = ""


class Email(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to send. `key` tells it from every other; `replacements` fill the template."""

    account_id: UUID
    key: str
    run_id: UUID
    campaign_id: UUID
    provider: str
    recipient: str
    template_id: str
    subject: str = ""
    sender: Address | None = None
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    replacements: dict[str, str] = {}


class SentEmail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as the ledger keeps it. `provider_id` is what the provider calls it."""

    account_id: UUID
    key: str
    run_id: UUID
    campaign_id: UUID
    provider: str
    recipient: str
    state: State = "sending"
    provider_id: str = ""
    error: str = ""
    created_at: datetime
    finished_at: datetime | None = None


class EmailFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which mails: of a run, made at `since` or later, made before `until`; None: of any."""

    run_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class ProviderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider is asked. Nobody is shown `authorization`, nor the `secret` in it."""

    url: str
    authorization: str
    secret: str
    content_type: str
    body: bytes
