"""Ours, beside the configurations: their deliveries and replays, and the secrets that sign them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.webhooks.models import DELIVERY_STATES, LoggedDelivery, SealedSecret
from cordboard.domain.webhooks.service import WebhookService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.kit.clock import epoch_ms, from_epoch_ms
from cordboard.kit.errors import InvalidInputError
from cordboard.kit.paging import Page

_TAG: Final = "Webhooks"
_ID: Final = {"callbackId": "93c9d4f0-55bd-11eb-8a79-2920273e2f39"}
_LATEST_MS: Final = 253_402_300_799_000  # the last second of year 9999
_SECRET: Final = {"secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "previous": []}
_DELIVERY: Final = {
    "id": "2f1c0a10-ea2f-11f0-9d3a-5b1d2c3e4f50",
    "eventType": "sms_inbound",
    "status": "delivered",
    "smsSid": "2f1bdb00-ea2f-11f0-8a79-2920273e2f39",
    "occurredTm": 1767614400000,
    "finishedTm": 1767614400120,
    "payload": {"to": "+19495550100", "from": "+19492221234", "text": "Hi"},
    "attempts": [{"time": 1767614400050, "durationMs": 70, "statusCode": 200}],
}


class DeliveriesQuery(msgspec.Struct, kw_only=True):
    """`status`: waiting, delivered, failed or cancelled."""

    status: str | None = None
    size: int | None = None
    offset: int | None = None


class ReplayBody(msgspec.Struct, kw_only=True):
    """`since`: epoch milliseconds, or ISO 8601 such as 2026-01-05T12:00:00Z (UTC where no offset is given)."""

    since: int | str


class CallbackDeliveriesResource:
    """`/v4/callback/configuration/{callbackId}/...` and `/v4/callback/secret`."""

    def __init__(self, webhooks: WebhookService) -> None:
        self._webhooks = webhooks

    async def get_deliveries(self, call: Call) -> Reply:
        """A configuration's deliveries with their attempts, the newest first."""
        query: DeliveriesQuery = call.query
        page = Page.of(query.size, query.offset)
        if query.status is not None and query.status not in DELIVERY_STATES:
            raise InvalidInputError.of("status", f"must be one of {', '.join(DELIVERY_STATES)}")
        found = await self._webhooks.deliveries(call.tx, call.principal.account_id, self._id(call), query.status, page)
        return Reply([render_delivery(delivery) for delivery in found])

    async def replay(self, call: Call) -> Reply:
        """Sends finished deliveries once more; answers how many."""
        body: ReplayBody = call.body
        since = _moment(body.since)
        count = await self._webhooks.replay(call.tx, call.principal.account_id, self._id(call), since)
        return Reply([{"replayed": count}])

    async def get_secret(self, call: Call) -> Reply:
        """The secrets that sign a configuration's deliveries."""
        webhook = await self._webhooks.get(call.tx, call.principal.account_id, self._id(call))
        return self._shown(webhook.account_id, webhook.secrets_sealed)

    async def rotate_secret(self, call: Call) -> Reply:
        """Makes a new secret."""
        webhook = await self._webhooks.rotate_secret(call.tx, call.principal.account_id, self._id(call))
        return self._shown(webhook.account_id, webhook.secrets_sealed)

    async def get_account_secret(self, call: Call) -> Reply:
        """The secrets that sign callbacks which belong to no configuration."""
        account_id = call.principal.account_id
        return self._shown(account_id, await self._webhooks.account_secrets(call.tx, account_id))

    async def rotate_account_secret(self, call: Call) -> Reply:
        """Makes a new one for those."""
        account_id = call.principal.account_id
        return self._shown(account_id, await self._webhooks.rotate_account_secret(call.tx, account_id))

    def _shown(self, account_id: UUID, sealed: Sequence[SealedSecret]) -> Reply:
        """The present secret, and those that were rotated out and still hold, with until when."""
        present, *previous = self._webhooks.valid_secrets(account_id, sealed)
        until = [epoch_ms(one.valid_until) for one in sealed if one.valid_until]
        shown = [{"secret": secret, "validUntil": end} for secret, end in zip(previous, until, strict=False)]
        return Reply([{"secret": present, "previous": shown}])

    @staticmethod
    def _id(call: Call) -> UUID:
        return uuid_in_path(call, "callbackId")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        one = "/v4/callback/configuration/{callbackId}"
        return (
            Endpoint(
                number="ours",
                method="GET",
                path=f"{one}/deliveries",
                handler=self.get_deliveries,
                summary="Get deliveries of a webhook",
                privilege=Privilege.CALLBACK_READ,
                query=DeliveriesQuery,
                tag=_TAG,
                example=Example(path=_ID, query={"status": "delivered"}, response=_DELIVERY),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path=f"{one}/replay",
                handler=self.replay,
                summary="Replay deliveries of a webhook",
                privilege=Privilege.CALLBACK_UPDATE,
                body=ReplayBody,
                tag=_TAG,
                example=Example(path=_ID, body={"since": "2026-01-05T00:00:00Z"}, response={"replayed": 12}),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=f"{one}/secret",
                handler=self.get_secret,
                summary="Get the signing secret of a webhook",
                privilege=Privilege.CALLBACK_UPDATE,
                tag=_TAG,
                example=Example(path=_ID, response=_SECRET),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path=f"{one}/secret/rotate",
                handler=self.rotate_secret,
                summary="Rotate the signing secret of a webhook",
                privilege=Privilege.CALLBACK_UPDATE,
                tag=_TAG,
                example=Example(path=_ID, response=_SECRET),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path="/v4/callback/secret",
                handler=self.get_account_secret,
                summary="Get the signing secret of status callbacks",
                privilege=Privilege.CALLBACK_UPDATE,
                tag=_TAG,
                example=Example(response=_SECRET),
            ),
            Endpoint(
                number="ours",
                method="POST",
                path="/v4/callback/secret/rotate",
                handler=self.rotate_account_secret,
                summary="Rotate the signing secret of status callbacks",
                privilege=Privilege.CALLBACK_UPDATE,
                tag=_TAG,
                example=Example(response=_SECRET),
            ),
        )


def render_delivery(delivery: LoggedDelivery) -> dict[str, Any]:
    """A delivery; `id` is what the receiver saw as `webhook-id`, times are epoch milliseconds."""
    shown: dict[str, Any] = {
        "id": delivery.message_id,
        "eventType": delivery.event_type,
        "status": delivery.state,
        "smsSid": delivery.about,
        "occurredTm": epoch_ms(delivery.occurred_at),
        "payload": msgspec.Raw(delivery.payload.encode()),
        "attempts": delivery.attempts,
    }
    if delivery.finished_at:
        shown["finishedTm"] = epoch_ms(delivery.finished_at)
    return shown


def _moment(since: int | str) -> datetime:
    """Raises InvalidInputError."""
    if isinstance(since, str) and since.lstrip("-").isdecimal():
        since = int(since)
    try:
        if isinstance(since, int):
            return from_epoch_ms(min(max(since, 0), _LATEST_MS))
        moment = datetime.fromisoformat(since)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError.of("since", "must be epoch milliseconds or like 2026-01-05T12:00:00Z") from error
