"""The carriers that take whole messages, by the settings: what the smpp role sends over, what the api role hears of."""

from __future__ import annotations

from cordboard.edge.carriers.http_api import HttpCarrier, MessageApi, webhook_url
from cordboard.edge.carriers.port import MessageCarrier, WebhookReader
from cordboard.edge.carriers.sandbox import SandboxCarrier
from cordboard.edge.carriers.settings import CarrierSettings
from cordboard.edge.carriers.telnyx import TelnyxApi, TelnyxWebhooks
from cordboard.edge.carriers.twilio import TwilioApi, TwilioWebhooks
from cordboard.kit.clock import SystemClock
from cordboard.run.platform import Platform
from cordboard.run.settings import Settings

_SANDBOX_RATE = 500.0


def build_message_carriers(platform: Platform) -> list[tuple[MessageCarrier, float]]:
    """Each carrier with its messages a second, for `build_carriers`."""
    settings = platform.settings
    carriers: list[tuple[MessageCarrier, float]] = [
        (HttpCarrier(carrier, _api_of(carrier, settings)), carrier.tps)
        for carrier in settings.carriers
        if carrier.kind != "smpp"
    ]
    if settings.sandbox_enabled:
        sandbox = SandboxCarrier(
            database=platform.database, clock=platform.clock, sandbox=platform.sandbox, inbox=platform.carrier_inbox
        )
        carriers.append((sandbox, _SANDBOX_RATE))
    return carriers


def build_webhook_readers(settings: Settings) -> list[WebhookReader]:
    """The readers of the HTTP carriers' webhooks."""
    return [_reader_of(carrier) for carrier in settings.carriers if carrier.kind != "smpp"]


def _api_of(carrier: CarrierSettings, settings: Settings) -> MessageApi:
    url = webhook_url(settings.http.public_url, carrier.name)
    return TelnyxApi(carrier, url) if carrier.kind == "telnyx" else TwilioApi(carrier, url)


def _reader_of(carrier: CarrierSettings) -> WebhookReader:
    # Carriers date their signatures by real time, which the sandbox does not move.
    return TelnyxWebhooks(carrier, SystemClock()) if carrier.kind == "telnyx" else TwilioWebhooks(carrier)
