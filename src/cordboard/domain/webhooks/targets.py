"""Where claimed lanes deliver to: configurations with their common headers and secrets opened, or a callback's URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from cordboard.domain.webhooks.connections import ConnectionService
from cordboard.domain.webhooks.models import Connection, Delivery, EndpointKey, SealedSecret, Target, Webhook
from cordboard.domain.webhooks.repository import configurations
from cordboard.domain.webhooks.service import WebhookService
from cordboard.infra.db import Tx
from cordboard.kit.secrets import UnsealError

_CANNOT_OPEN = "the stored secrets cannot be opened with this installation's keys; enter them again"


class Targets:
    """Looks up the targets of a claim in a handful of queries."""

    def __init__(self, connections: ConnectionService, webhooks: WebhookService) -> None:
        self._connections = connections
        self._webhooks = webhooks

    async def of(self, tx: Tx, claimed: Sequence[tuple[EndpointKey, Sequence[Delivery]]]) -> list[Target | str | None]:
        """The target of each endpoint: None for a configuration that is gone or turned off, a text where its secrets
        cannot be opened. The target of a callback lacks its URL, which stands in each delivery.
        """
        webhooks = await configurations.enabled_endpoints(tx, sorted({endpoint for endpoint, _ in claimed}))
        keys = {(w.account_id, w.connection_id) for w in webhooks.values() if w.connection_id}
        connections = await configurations.connections_by_key(tx, sorted(keys))
        callbacks = {endpoint for endpoint, heads in claimed if any(head.url is not None for head in heads)}
        accounts = {account_id for account_id, _ in callbacks}
        secrets = await configurations.account_secrets(tx, sorted(accounts)) if accounts else {}
        found: dict[EndpointKey, Target | str | None] = {}
        for endpoint in {endpoint for endpoint, _ in claimed}:
            found[endpoint] = self._opened(endpoint, webhooks, connections, secrets, callback=endpoint in callbacks)
        return [found[endpoint] for endpoint, _ in claimed]

    def _opened(
        self,
        endpoint: EndpointKey,
        webhooks: Mapping[EndpointKey, Webhook],
        connections: Mapping[EndpointKey, Connection],
        secrets: Mapping[UUID, Sequence[SealedSecret]],
        *,
        callback: bool,
    ) -> Target | str | None:
        account_id, _ = endpoint
        webhook = webhooks.get(endpoint)
        try:
            if callback:
                return Target(secrets=self._webhooks.valid_secrets(account_id, secrets.get(account_id, ())))
            if webhook is None:
                return None
            connection = connections.get((account_id, webhook.connection_id)) if webhook.connection_id else None
            return self._target(webhook, connection)
        except UnsealError:
            return _CANNOT_OPEN

    def _target(self, webhook: Webhook, connection: Connection | None) -> Target:
        return Target(
            method=webhook.http_method,
            url=webhook.url,
            content_type=webhook.content_type,
            body_template=webhook.body_template,
            common_headers=connection.headers if connection else {},
            auth_headers=self._connections.opened(connection) if connection else {},
            headers=webhook.headers,
            success_path=webhook.success_path,
            success_value=webhook.success_value,
            response_mapping=webhook.response_mapping,
            error_response_mapping=webhook.error_response_mapping,
            secrets=self._webhooks.valid_secrets(webhook.account_id, webhook.secrets_sealed),
        )
