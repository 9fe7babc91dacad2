"""What messages are to billing."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from cordboard.domain.billing.service import Settlement, Usage
from cordboard.domain.messaging.folding import Conclusion
from cordboard.domain.messaging.repository.messages import MessageRecord


class Outbound(Protocol):
    """A message out, before or after it is stored."""

    @property
    def account_id(self) -> UUID:
        """Whose message it is."""
        ...

    @property
    def sender(self) -> str:
        """The account's number."""
        ...

    @property
    def recipient(self) -> str:
        """The handset."""
        ...

    @property
    def campaign_id(self) -> UUID | None:
        """The campaign that it is of, if it is of one."""
        ...


def usage_of(message: Outbound, *, media: bool) -> Usage:
    """What a message out uses."""
    return Usage(
        account_id=message.account_id,
        service="mms_out" if media else "sms_out",
        number=message.recipient,
        own=message.sender,
        lob="broadcast" if message.campaign_id else "api",
    )


def inbound_usage(account_id: UUID, sender: str, recipient: str, *, media: bool) -> Usage:
    """What a message in uses."""
    return Usage(account_id=account_id, service="mms_in" if media else "sms_in", number=sender, own=recipient)


def outbound_settlement(before: MessageRecord, after: MessageRecord, conclusion: Conclusion) -> Settlement | None:
    """The end of a hold, with what the carrier took of the message where that is charged now; None for neither."""
    is_charged = after.charged and not before.charged
    if not before.held and not is_charged:
        return None
    return Settlement(
        usage=usage_of(after, media=bool(after.media_urls)),
        held=before.held,
        cost=after.price if is_charged else 0,
        quantity=_billed(after.segments, conclusion) if is_charged else 0,
        subject_id=after.id,
        description=f"message to {after.recipient}",
    )


def inbound_settlement(record: MessageRecord) -> Settlement:
    """A message in, charged as it comes."""
    return Settlement(
        usage=inbound_usage(record.account_id, record.sender, record.recipient, media=bool(record.media_urls)),
        held=0,
        cost=record.price,
        quantity=1,
        subject_id=record.id,
        description=f"message from {record.sender}",
    )


def _billed(segments: int, conclusion: Conclusion) -> int:
    """How many segments the carrier took; carriers that take whole messages count one part."""
    return max(1, segments * conclusion.accepted // max(conclusion.total, 1))
