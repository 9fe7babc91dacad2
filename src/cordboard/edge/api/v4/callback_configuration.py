"""Requests 173 to 177: configurations of webhooks."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.webhooks.models import Webhook, WebhookChanges
from cordboard.domain.webhooks.service import WebhookService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path

_TAG: Final = "Webhooks"
_ID: Final = {"callbackId": "93c9d4f0-55bd-11eb-8a79-2920273e2f39"}
_BODY: Final = {
    "eventType": "sms_inbound",
    "name": "Answers into the CRM",
    "enabled": True,
    "headers": {"X-Team": "support"},
    "url": "https://example.com/hook",
    "httpMethod": "POST",
    "contentType": "JSON",
    "bodyTemplate": '{"who": "%%FROM%%", "said": "%%BODY%%"}',
    "successPath": "$.status",
    "successValue": "true",
    "responseMapping": {"ticket": "$.ticket.id"},
}
_SHOWN: Final = {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", "id": _ID["callbackId"], **_BODY}


class ConfigurationBody(msgspec.Struct, rename="camel", kw_only=True):
    """`url`, `headers` and `body_template` may hold variables. `success_path` is HTTP_OK or a JSONPath into the answer,
    where `success_value` is expected. Editing changes what is given; `callbackServerConfigId` "" takes it off.
    """

    event_type: str | None = None
    name: str | None = None
    callback_server_config_id: str | None = None
    enabled: bool | None = None
    headers: dict[str, str] | None = None
    url: str | None = None
    http_method: str | None = None
    content_type: str | None = None
    body_template: str | None = None
    success_path: str | None = None
    success_value: str | None = None
    response_mapping: dict[str, str] | None = None
    error_response_mapping: dict[str, str] | None = None
    failure_strategy: dict[str, Any] | None = None

    def changes(self) -> WebhookChanges:
        """The body in the domain's words."""
        members = msgspec.structs.asdict(self)
        return WebhookChanges(connection_id=members.pop("callback_server_config_id"), **members)


class CallbackConfigurationResource:
    """`/v4/callback/configuration`."""

    def __init__(self, webhooks: WebhookService) -> None:
        self._webhooks = webhooks

    async def get_webhooks(self, call: Call) -> Reply:
        """The account's configurations."""
        found = await self._webhooks.all_of(call.tx, call.principal.account_id)
        return Reply([render_webhook(webhook) for webhook in found])

    async def add_webhook(self, call: Call) -> Reply:
        """A new configuration."""
        body: ConfigurationBody = call.body
        return self._shown(await self._webhooks.add(call.tx, call.principal.account_id, body.changes()))

    async def edit_webhook(self, call: Call) -> Reply:
        """Changes what is given."""
        body: ConfigurationBody = call.body
        account_id = call.principal.account_id
        return self._shown(await self._webhooks.edit(call.tx, account_id, self._id(call), body.changes()))

    async def get_webhook(self, call: Call) -> Reply:
        """One of them."""
        return self._shown(await self._webhooks.get(call.tx, call.principal.account_id, self._id(call)))

    async def delete_webhook(self, call: Call) -> Reply:
        """Removes one."""
        return self._shown(await self._webhooks.delete(call.tx, call.principal.account_id, self._id(call)))

    @staticmethod
    def _shown(webhook: Webhook) -> Reply:
        return Reply([render_webhook(webhook)])

    @staticmethod
    def _id(call: Call) -> UUID:
        return uuid_in_path(call, "callbackId")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/callback/configuration", "/v4/callback/configuration/{callbackId}"
        return (
            Endpoint(
                number="173",
                method="GET",
                path=base,
                handler=self.get_webhooks,
                summary="Get all webhook configurations",
                privilege=Privilege.CALLBACK_READ,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="174",
                method="POST",
                path=base,
                handler=self.add_webhook,
                summary="Add webhook configuration",
                privilege=Privilege.CALLBACK_UPDATE,
                body=ConfigurationBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="175",
                method="PUT",
                path=one,
                handler=self.edit_webhook,
                summary="Edit webhook configuration",
                privilege=Privilege.CALLBACK_UPDATE,
                body=ConfigurationBody,
                tag=_TAG,
                example=Example(path=_ID, body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="176",
                method="GET",
                path=one,
                handler=self.get_webhook,
                summary="Get webhook configuration",
                privilege=Privilege.CALLBACK_READ,
                tag=_TAG,
                example=Example(path=_ID, response=_SHOWN),
            ),
            Endpoint(
                number="177",
                method="DELETE",
                path=one,
                handler=self.delete_webhook,
                summary="Delete webhook configuration",
                privilege=Privilege.CALLBACK_UPDATE,
                tag=_TAG,
                example=Example(path=_ID, response=_SHOWN),
            ),
        )


def render_webhook(webhook: Webhook) -> dict[str, Any]:
    """A configuration as the reference shows it; what was never set is left out."""
    shown: dict[str, Any] = {
        "accountSid": webhook.account_id,
        "eventType": webhook.event_type,
        "id": webhook.id,
        "name": webhook.name,
        "enabled": webhook.enabled,
        "headers": webhook.headers,
        "url": webhook.url,
        "httpMethod": webhook.http_method,
        "contentType": webhook.content_type,
        "bodyTemplate": webhook.body_template,
        "successPath": webhook.success_path,
        "successValue": webhook.success_value,
    }
    optional = {
        "callbackServerConfigId": webhook.connection_id,
        "responseMapping": webhook.response_mapping,
        "errorResponseMapping": webhook.error_response_mapping,
        "failureStrategy": webhook.failure_strategy,
        "disabledReason": webhook.disabled_reason,
    }
    return {**shown, **{name: value for name, value in optional.items() if value}}
