"""Messages as events for higher contexts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from cordboard.domain.messaging.events import ROUTED, MessageEvent, RoutedMessageEvent
from cordboard.domain.messaging.folding import HANDED_OVER
from cordboard.domain.messaging.repository.messages import MessageRecord
from cordboard.domain.routing.models import RouteChoice
from cordboard.infra.events import Event
from cordboard.kit.clock import epoch_ms
from cordboard.kit.money import to_number
from cordboard.kit.phone import country_of

SUCCESS = "success"


def status_of(record: MessageRecord) -> str:
    """The state as logs and callbacks show it: success once the carrier has it or it came in, queued before, else the
    end.
    """
    if record.state in HANDED_OVER or record.direction == "inbound":
        return SUCCESS
    return "queued" if record.state == "scheduled" else record.state


def event_of(record: MessageRecord, topic: str, now: datetime, *, awaits_routing: bool = False) -> Event:
    """The event of `topic` about a message, in order with those about the same person."""
    other = record.recipient if record.direction == "outbound" else record.sender
    payload = _payload(record, awaits_routing=awaits_routing)
    return Event(topic, record.account_id, other, payload, now, record.request_id)


def routed_event(record: MessageRecord, choices: Sequence[RouteChoice], now: datetime) -> Event:
    """Where an inbound message goes, in order after its arrival."""
    routed = RoutedMessageEvent(
        account_sid=str(record.account_id),
        message_sid=str(record.id),
        inboxes=[choice.dest for choice in choices if choice.dest_type == "inbox"],
        tags=list(dict.fromkeys(tag for choice in choices for tag in choice.apply_tags)),
    )
    return Event(ROUTED, record.account_id, record.sender, msgspec.to_builtins(routed), now, record.request_id)


def _payload(record: MessageRecord, *, awaits_routing: bool) -> dict[str, Any]:
    to, sender = country_of(record.recipient), country_of(record.sender)
    event = MessageEvent(
        account_sid=str(record.account_id),
        message_sid=str(record.id),
        direction=record.direction,
        to=record.recipient,
        sender=record.sender,
        text=record.body,
        media_urls=record.media_urls,
        message_count=record.segments,
        status=status_of(record),
        dlr_status=record.delivery_status,
        error_code=record.error_code,
        error_message=record.error_message,
        price=to_number(record.price),
        contact_id=str(record.contact_id) if record.contact_id else None,
        metadata=record.metadata,
        to_country_code=to.calling_code,
        to_country=to.iso,
        from_country_code=sender.calling_code,
        from_country=sender.iso,
        created_at=epoch_ms(record.created_at),
        scheduled_tm=int(record.scheduled_at.timestamp()) if record.scheduled_at else None,
        status_callback=record.status_callback,
        delivery_status_enabled=bool(record.delivery_status_enabled),
        awaits_routing=awaits_routing,
        number_set_id=str(record.number_set_id) if record.number_set_id else None,
        campaign_id=str(record.campaign_id) if record.campaign_id else None,
        template_id=str(record.template_id) if record.template_id else None,
        surcharge=to_number(record.surcharge),
        opt=record.opt,
    )
    payload: dict[str, Any] = msgspec.to_builtins(event)
    return payload
