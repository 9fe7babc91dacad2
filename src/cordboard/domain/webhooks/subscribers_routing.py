"""Telling a route destination's own URL of what was routed there."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cordboard.domain.webhooks.models import ROUTE_CALLBACK, Delivery
from cordboard.domain.webhooks.repository import queue
from cordboard.domain.webhooks.service import WebhookService
from cordboard.domain.webhooks.subscribers import origin_id
from cordboard.infra.db import Tx
from cordboard.infra.events import Event
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids, parse_uuid


class RoutingSubscribers:
    """Subscribers for the outbox's dispatcher."""

    def __init__(self, clock: Clock, ids: Ids, webhooks: WebhookService) -> None:
        self._clock = clock
        self._ids = ids
        self._webhooks = webhooks

    async def routed(self, tx: Tx, events: Sequence[Event]) -> None:
        """Posts the event to the destination's `callbackUrl`, where it has one."""
        deliveries = [self._delivery(event) for event in events if event.payload.get("callbackUrl")]
        if deliveries:
            await self._webhooks.ensure_account_secrets(tx, sorted({one.account_id for one in deliveries}))
            await queue.enqueue(tx, deliveries, self._clock.now())

    def _delivery(self, event: Event) -> Delivery:
        url: str = event.payload["callbackUrl"]
        return Delivery(
            account_id=event.account_id,
            endpoint_id=origin_id(event, url),
            subject=event.subject,
            message_id=self._ids.time_uuid(),
            event_type=ROUTE_CALLBACK,
            method="POST",
            url=url,
            payload=msgspec.json.encode(event.payload).decode(),
            about=parse_uuid(event.payload["subjectSid"]),
            occurred_at=event.occurred_at,
            created_at=self._clock.now(),
        )
