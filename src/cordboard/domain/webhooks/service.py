"""Webhooks: configurations, their signing secrets, their deliveries and replays (requests 173 to 177)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.webhooks.checking import check_webhook
from cordboard.domain.webhooks.errors import TooManyError
from cordboard.domain.webhooks.models import API_CALLBACK, LoggedDelivery, SealedSecret, Webhook, WebhookChanges
from cordboard.domain.webhooks.repository import configurations, log, queue
from cordboard.domain.webhooks.signing import SecretBox
from cordboard.infra.db import Tx
from cordboard.kit.clock import Clock
from cordboard.kit.errors import InvalidInputError, NotFoundError
from cordboard.kit.ids import Ids, parse_uuid
from cordboard.kit.paging import Page

_MOST: Final = 500
MOST_REPLAYED: Final = 100_000
"""How many deliveries one replay puts back at most."""


class WebhookService:
    """The verbs of configurations."""

    def __init__(self, *, clock: Clock, ids: Ids, secrets: SecretBox, allow_private_urls: bool) -> None:
        self._clock = clock
        self._ids = ids
        self._secrets = secrets
        self._allow_private = allow_private_urls

    async def all_of(self, tx: Tx, account_id: UUID) -> list[Webhook]:
        """The account's configurations."""
        return await configurations.webhooks_of(tx, account_id)

    async def get(self, tx: Tx, account_id: UUID, webhook_id: UUID) -> Webhook:
        """One of them. Raises NotFoundError."""
        webhook = await configurations.find_webhook(tx, account_id, webhook_id)
        if webhook is None:
            raise NotFoundError("callbackId")
        return webhook

    async def has_api_callback(self, tx: Tx, account_id: UUID, webhook_id: UUID) -> bool:
        """Whether the account has such a configuration, and it is one that requests may name."""
        webhook = await configurations.find_webhook(tx, account_id, webhook_id)
        return webhook is not None and webhook.event_type == API_CALLBACK

    async def listening(self, tx: Tx, account_ids: Sequence[UUID], event_type: str) -> set[UUID]:
        """Those of the accounts that have a configuration for the event which is turned on."""
        found = await configurations.listeners(tx, [(account_id, event_type) for account_id in account_ids])
        return {account_id for account_id, _, _ in found}

    async def add(self, tx: Tx, account_id: UUID, changes: WebhookChanges) -> Webhook:
        """A new one with a signing secret. Raises InvalidInputError, TooManyError."""
        _, present = await configurations.count_of(tx, account_id)
        if present >= _MOST:
            raise TooManyError(f"an account may have {_MOST} configurations")
        blank = Webhook(
            account_id=account_id,
            id=self._ids.time_uuid(),
            event_type="",
            name="",
            url="",
            secrets_sealed=[self._secrets.new(account_id)],
            created_at=self._clock.now(),
        )
        webhook = await self._changed(tx, blank, changes)
        await configurations.insert_webhook(tx, webhook)
        return webhook

    async def edit(self, tx: Tx, account_id: UUID, webhook_id: UUID, changes: WebhookChanges) -> Webhook:
        """Changes what is given, and forgets earlier failures so that the next delivery tries at once. Raises
        NotFoundError, InvalidInputError.
        """
        webhook = await self._changed(tx, await self.get(tx, account_id, webhook_id), changes)
        if webhook.enabled:
            webhook = replace(webhook, disabled_reason=None)
        await configurations.update_webhook(tx, webhook)
        await queue.close_circuits(tx, [(account_id, webhook_id)])
        return webhook

    async def delete(self, tx: Tx, account_id: UUID, webhook_id: UUID) -> Webhook:
        """Removes one; what waits for it is cancelled. Raises NotFoundError."""
        webhook = await self.get(tx, account_id, webhook_id)
        await configurations.delete_webhook(tx, account_id, webhook_id)
        await queue.close_circuits(tx, [(account_id, webhook_id)])
        return webhook

    async def deliveries(
        self, tx: Tx, account_id: UUID, webhook_id: UUID, state: str | None, page: Page
    ) -> list[LoggedDelivery]:
        """What was sent and what waits, the newest first. Raises NotFoundError."""
        await self.get(tx, account_id, webhook_id)
        return await log.search(tx, account_id, webhook_id, state, page)

    async def replay(self, tx: Tx, account_id: UUID, webhook_id: UUID, since: datetime) -> int:
        """Sends what was told of events since a moment once more, under the same ids; answers how many, at most
        `MOST_REPLAYED`. Raises NotFoundError.
        """
        await self.get(tx, account_id, webhook_id)
        return await log.replay(tx, account_id, webhook_id, since, most=MOST_REPLAYED, now=self._clock.now())

    async def rotate_secret(self, tx: Tx, account_id: UUID, webhook_id: UUID) -> Webhook:
        """Gives a configuration a new signing secret; old ones hold for a day. Raises NotFoundError,
        RotatedTooOftenError.
        """
        webhook = await self.get(tx, account_id, webhook_id)
        rotated = self._secrets.rotated(account_id, webhook.secrets_sealed, self._clock.now())
        webhook = replace(webhook, secrets_sealed=rotated)
        await configurations.update_webhook(tx, webhook)
        return webhook

    async def account_secrets(self, tx: Tx, account_id: UUID) -> list[SealedSecret]:
        """The secrets that sign callbacks which belong to no configuration; the first is made when first needed."""
        await self.ensure_account_secrets(tx, [account_id])
        return await configurations.lock_account_secrets(tx, account_id)

    async def rotate_account_secret(self, tx: Tx, account_id: UUID) -> list[SealedSecret]:
        """Gives the account a new secret; old ones hold for a day. Raises RotatedTooOftenError."""
        present = await self.account_secrets(tx, account_id)
        rotated = self._secrets.rotated(account_id, present, self._clock.now())
        await configurations.replace_account_secrets(tx, account_id, rotated)
        return rotated

    async def ensure_account_secrets(self, tx: Tx, account_ids: Sequence[UUID]) -> None:
        """Makes the secrets of the accounts that have none."""
        present = await configurations.account_secrets(tx, account_ids)
        missing = sorted(set(account_ids) - set(present))
        if missing:
            await configurations.add_account_secrets(
                tx, [(account_id, self._secrets.new(account_id)) for account_id in missing]
            )

    def valid_secrets(self, account_id: UUID, sealed: Sequence[SealedSecret]) -> tuple[str, ...]:
        """The secrets in plain text that hold now, the present one first."""
        return self._secrets.open_valid(account_id, sealed, self._clock.now())

    async def _changed(self, tx: Tx, webhook: Webhook, changes: WebhookChanges) -> Webhook:
        """The webhook with the changes, checked. Raises InvalidInputError."""
        given = changes.given()
        if changes.connection_id is not None:
            given["connection_id"] = await self._connection(tx, webhook.account_id, changes.connection_id)
        for name in ("http_method", "content_type"):
            if name in given:
                given[name] = given[name].upper()
        changed = replace(webhook, **given)
        check_webhook(changed, allow_private=self._allow_private)
        return changed

    async def _connection(self, tx: Tx, account_id: UUID, given: str) -> UUID | None:
        if not given:
            return None
        connection_id = parse_uuid(given)
        if connection_id is None or await configurations.find_connection(tx, account_id, connection_id) is None:
            raise InvalidInputError.of("callbackServerConfigId", "is not the id of a common configuration")
        return connection_id
