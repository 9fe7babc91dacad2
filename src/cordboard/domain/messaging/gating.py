"""Messages as the compliance gate is asked about them."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from cordboard.domain.accounts.settings import AccountSettings
from cordboard.domain.compliance.models import Candidate, QuietHours, Stage
from cordboard.domain.messaging.models import MessageClass


class Gated(Protocol):
    """What a message has to have for the gate: drafts, records and claimed messages have it."""

    @property
    def account_id(self) -> UUID: ...

    @property
    def id(self) -> UUID: ...

    @property
    def sender(self) -> str: ...

    @property
    def recipient(self) -> str: ...

    @property
    def message_class(self) -> MessageClass | None: ...


def candidate_of(message: Gated, settings: AccountSettings, stage: Stage) -> Candidate:
    """The question for the gate at a stage of the message's way."""
    return Candidate(
        subject_id=message.id,
        account_id=message.account_id,
        channel="sms",
        sender=message.sender,
        recipient=message.recipient,
        message_class=message.message_class or "transactional",
        quiet=quiet_hours_of(settings),
        at=stage,
    )


def quiet_hours_of(settings: AccountSettings) -> QuietHours | None:
    """The account's quiet hours; both ends must be set."""
    start, end = settings.quiet_hours_start, settings.quiet_hours_end
    return QuietHours(start, end) if start is not None and end is not None else None
