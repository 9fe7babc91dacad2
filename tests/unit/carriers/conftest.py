"""The HTTP carriers, each against its fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from cordboard.edge.carriers.http_api import HttpCarrier, MessageApi, webhook_url
from cordboard.edge.carriers.port import CarrierWebhook, WebhookReader
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.edge.carriers.telnyx import TelnyxApi, TelnyxWebhooks
from cordboard.edge.carriers.twilio import TwilioApi, TwilioWebhooks
from cordboard.kit.clock import SystemClock
from cordboard.testing.message_api import MessageApiServer, SignedWebhook
from cordboard.testing.telnyx import FakeTelnyx
from cordboard.testing.twilio import FakeTwilio

NAME = "acme"
CALLBACK = webhook_url("https://cordboard.example/base/", NAME)


@dataclass(frozen=True, slots=True)
class Rig:
    """A fake, what the settings say of it, and the reader of its webhooks."""

    server: MessageApiServer
    settings: dict[str, Any]
    reader: WebhookReader

    def carrier(self, **changes: Any) -> HttpCarrier:
        """The carrier, with some settings changed."""
        settings = CarrierSettings(**{**self.settings, "base_url": self.server.url(), **changes})
        api: MessageApi = TelnyxApi(settings, CALLBACK) if settings.kind == "telnyx" else TwilioApi(settings, CALLBACK)
        return HttpCarrier(settings, api)


@pytest.fixture(params=["telnyx", "twilio"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    """Each carrier in turn."""
    if request.param == "telnyx":
        async with FakeTelnyx() as telnyx:
            settings = {"api_key": telnyx.api_key + "\n", "public_key": telnyx.public_key, "kind": "telnyx"}
            yield _rig(telnyx, settings)
    else:
        async with FakeTwilio() as twilio:
            settings = {"api_key": twilio.auth_token + "\n", "account": twilio.account, "kind": "twilio"}
            yield _rig(twilio, settings)


def _rig(server: MessageApiServer, settings: dict[str, Any]) -> Rig:
    named = {"name": NAME, **settings}
    parsed = CarrierSettings(**named)
    reader: WebhookReader = TelnyxWebhooks(parsed, SystemClock()) if parsed.kind == "telnyx" else TwilioWebhooks(parsed)
    return Rig(server, named, reader)


def as_called(webhook: SignedWebhook, **changes: Any) -> CarrierWebhook:
    """A webhook as the reader sees it."""
    headers = {name.lower(): value for name, value in webhook.headers.items()}
    return CarrierWebhook(**{"url": webhook.url, "headers": headers, "body": webhook.body, **changes})
