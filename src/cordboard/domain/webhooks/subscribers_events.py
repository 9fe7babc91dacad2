"""Events that webhooks are told of as they are: one event type a topic, to every configuration that is turned on; calls
in the shape of the reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.webhooks.models import Delivery
from cordboard.domain.webhooks.moments import shown
from cordboard.domain.webhooks.repository import configurations, queue
from cordboard.infra.db import Tx
from cordboard.infra.events import Event
from cordboard.infra.events.outbox import Subscriber
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids, parse_uuid

_OF_CALLS: Final = frozenset({"call_dialing", "call_in_progress", "call_completion"})
_MOMENTS: Final = ("createdTime", "startTime", "endTime")


class EventSubscribers:
    """Makes subscribers for the outbox's dispatcher."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    def of(self, event_type: str, *about: str) -> Subscriber:
        """A subscriber that tells configurations of `event_type`. `about`: the members of which one names whose debug
        log tells of the delivery.
        """

        async def tell(tx: Tx, events: Sequence[Event]) -> None:
            deliveries = await self._deliveries(tx, events, event_type, about)
            await queue.enqueue(tx, deliveries, self._clock.now())

        return tell

    async def _deliveries(
        self, tx: Tx, events: Sequence[Event], event_type: str, about: Sequence[str]
    ) -> list[Delivery]:
        accounts = sorted({event.account_id for event in events})
        listening: dict[UUID, list[UUID]] = {}
        for account_id, _, webhook_id in await configurations.listeners(
            tx, [(account_id, event_type) for account_id in accounts]
        ):
            listening.setdefault(account_id, []).append(webhook_id)
        return [
            self._delivery(event, webhook_id, event_type, about)
            for event in events
            for webhook_id in listening.get(event.account_id, ())
        ]

    def _delivery(self, event: Event, webhook_id: UUID, event_type: str, about: Sequence[str]) -> Delivery:
        return Delivery(
            account_id=event.account_id,
            endpoint_id=webhook_id,
            subject=event.subject,
            message_id=self._ids.time_uuid(),
            event_type=event_type,
            payload=msgspec.json.encode(_body(event_type, event.payload)).decode(),
            about=next((parse_uuid(str(named)) for name in about if (named := event.payload.get(name))), None),
            occurred_at=event.occurred_at,
            created_at=self._clock.now(),
        )


def _body(event_type: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is sent. Calls are shown as the reference shows them: its way of writing times, and all of its members."""
    if event_type not in _OF_CALLS:
        return payload
    times = {name: shown(payload[name]) for name in _MOMENTS}
    return {**payload, **times, "callDuration": payload["duration"], "rvmCallerId": None, "voiceMailStatus": None}
