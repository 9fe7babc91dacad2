"""Events that name whom to tell: a configuration of the type api_callback by its id, or a URL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from cordboard.domain.webhooks.models import API_CALLBACK, Delivery
from cordboard.domain.webhooks.repository import queue
from cordboard.domain.webhooks.service import WebhookService
from cordboard.domain.webhooks.subscribers import origin_id
from cordboard.infra.db import Tx
from cordboard.infra.events import Event
from cordboard.infra.events.outbox import Subscriber
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids, parse_uuid

_URLS: Final = ("http://", "https://")


class NamedSubscribers:
    """Makes subscribers for the outbox's dispatcher."""

    def __init__(self, clock: Clock, ids: Ids, webhooks: WebhookService) -> None:
        self._clock = clock
        self._ids = ids
        self._webhooks = webhooks

    def of(self, member: str) -> Subscriber:
        """A subscriber that tells whom the member of the payload names, all but that member. Events that name nobody,
        or neither an id nor a URL, are passed over.
        """

        async def tell(tx: Tx, events: Sequence[Event]) -> None:
            deliveries = [one for event in events if (one := self._delivery(event, member)) is not None]
            if called := {one.account_id for one in deliveries if one.url is not None}:
                await self._webhooks.ensure_account_secrets(tx, sorted(called))
            await queue.enqueue(tx, deliveries, self._clock.now())

        return tell

    def _delivery(self, event: Event, member: str) -> Delivery | None:
        named = str(event.payload.get(member) or "")
        url = named if named.startswith(_URLS) else None
        endpoint_id = origin_id(event, url) if url else parse_uuid(named)
        if endpoint_id is None:
            return None
        told = {name: value for name, value in event.payload.items() if name != member}
        return Delivery(
            account_id=event.account_id,
            endpoint_id=endpoint_id,
            subject=event.subject,
            message_id=self._ids.time_uuid(),
            event_type=API_CALLBACK,
            method="POST" if url else None,
            url=url,
            payload=msgspec.json.encode(told).decode(),
            occurred_at=event.occurred_at,
            created_at=self._clock.now(),
        )
