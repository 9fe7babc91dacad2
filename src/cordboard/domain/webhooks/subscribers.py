"""From events of lower contexts to deliveries that wait, in the outbox's own transaction: exactly one an event and
endpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID, uuid5

import msgspec

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.webhooks.models import (
    DNC_CALLBACK,
    SMS_INBOUND,
    SMS_OUTBOUND,
    STATUS_CALLBACK,
    Delivery,
)
from cordboard.domain.webhooks.repository import configurations, queue
from cordboard.domain.webhooks.service import WebhookService
from cordboard.infra.db import Tx
from cordboard.infra.events import Event
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids, parse_uuid

_SUCCESS: Final = "success"
_COPIED: Final = (
    ("messageSid", "messageSid"),
    ("accountSid", "accountSid"),
    ("to", "to"),
    ("from", "from"),
    ("text", "text"),
    ("messageCount", "messageCount"),
    ("scheduledTm", "scheduledTm"),
    ("toCC", "toCountryCode"),
    ("toCountry", "toCountry"),
    ("fromCC", "fromCountryCode"),
    ("fromCountry", "fromCountry"),
    ("metadata", "metadata"),
    ("status", "status"),
    ("errorCode", "errorCode"),
    ("errorMessage", "errorMessage"),
    ("dlrStatus", "dlrStatus"),
)


class WebhookSubscribers:
    """Subscribers for the outbox's dispatcher, one a topic."""

    def __init__(self, clock: Clock, ids: Ids, accounts: AccountService, webhooks: WebhookService) -> None:
        self._clock = clock
        self._ids = ids
        self._accounts = accounts
        self._webhooks = webhooks

    async def message_sent(self, tx: Tx, events: Sequence[Event]) -> None:
        """Tells `sms_outbound` of messages that a carrier took, and each message's own URL of what became of it."""
        sent = [event for event in events if event.payload["status"] == _SUCCESS]
        deliveries = await self._configured(tx, sent, SMS_OUTBOUND)
        deliveries += [self._status(event) for event in events if event.payload.get("statusCallback")]
        await self._enqueue(tx, deliveries)

    async def delivery_changed(self, tx: Tx, events: Sequence[Event]) -> None:
        """Tells a message's own URL of the carrier's receipts, where the message asked for it."""
        await self._enqueue(
            tx,
            [
                self._status(event)
                for event in events
                if event.payload.get("statusCallback") and event.payload.get("deliveryStatusEnabled")
            ],
        )

    async def message_received(self, tx: Tx, events: Sequence[Event]) -> None:
        """Tells `sms_inbound`."""
        await self._enqueue(tx, await self._configured(tx, events, SMS_INBOUND))

    async def dnc_changed(self, tx: Tx, events: Sequence[Event]) -> None:
        """Tells the URL that an account set for changes of its do-not-call list."""
        deliveries = []
        for event in events:
            settings = await self._accounts.settings(tx, event.account_id)
            if settings.dnc_callback_url:
                deliveries.append(self._dnc(event, settings.dnc_callback_url, settings.dnc_callback_method.upper()))
        await self._enqueue(tx, deliveries)

    async def _enqueue(self, tx: Tx, deliveries: Sequence[Delivery]) -> None:
        unconfigured = {delivery.account_id for delivery in deliveries if delivery.url is not None}
        if unconfigured:
            await self._webhooks.ensure_account_secrets(tx, sorted(unconfigured))
        await queue.enqueue(tx, deliveries, self._clock.now())

    async def _configured(self, tx: Tx, events: Sequence[Event], event_type: str) -> list[Delivery]:
        """Deliveries to the configurations of a type that the events' accounts have turned on."""
        accounts = {event.account_id for event in events}
        listening: dict[UUID, list[UUID]] = {}
        for account_id, _, webhook_id in await configurations.listeners(
            tx, [(account_id, event_type) for account_id in accounts]
        ):
            listening.setdefault(account_id, []).append(webhook_id)
        return [
            self._delivery(event, webhook_id, event_type, event.payload)
            for event in events
            for webhook_id in listening.get(event.account_id, ())
        ]

    def _status(self, event: Event) -> Delivery:
        url: str = event.payload["statusCallback"]
        return self._delivery(event, origin_id(event, url), STATUS_CALLBACK, status_body(event.payload), "POST", url)

    def _dnc(self, event: Event, url: str, method: str) -> Delivery:
        if method == "GET":
            url = _with_query(url, event.payload)
        return self._delivery(event, origin_id(event, url), DNC_CALLBACK, event.payload, method, url)

    def _delivery(
        self,
        event: Event,
        endpoint_id: UUID,
        event_type: str,
        payload: dict[str, Any],
        method: str | None = None,
        url: str | None = None,
    ) -> Delivery:
        return Delivery(
            account_id=event.account_id,
            endpoint_id=endpoint_id,
            subject=event.subject,
            message_id=self._ids.time_uuid(),
            event_type=event_type,
            method=method,
            url=url,
            payload=msgspec.json.encode(payload).decode(),
            about=parse_uuid(event.payload.get("messageSid", "")),
            occurred_at=event.occurred_at,
            created_at=self._clock.now(),
        )


def status_body(payload: dict[str, Any]) -> dict[str, Any]:
    """What a message's own URL is told: the members that the answer to its sending had, with what became of it."""
    body = {name: payload.get(member) for name, member in _COPIED}
    body["mediaUrl"] = next(iter(payload.get("mediaUrls") or ()), "")
    return body


def origin_id(event: Event, url: str) -> UUID:
    """URLs of one origin, whatever their paths and queries, share an endpoint of the account: its bound, its order and
    its circuit.
    """
    parts = urlsplit(url)
    return uuid5(event.account_id, f"{parts.scheme}://{parts.netloc}".lower())


def _with_query(url: str, members: dict[str, Any]) -> str:
    parts = urlsplit(url)
    query = urlencode(members)
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))
