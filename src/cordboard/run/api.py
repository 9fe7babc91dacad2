"""The api role's application: the endpoints of every dialect over one platform."""

from __future__ import annotations

from litestar import Litestar

from cordboard.edge.api.ams.accounts import AccountsResource
from cordboard.edge.api.ams.webphone_status import WebphoneStatusResource
from cordboard.edge.api.auth.token import TokenResource
from cordboard.edge.api.frame.app import build_app
from cordboard.edge.api.frame.endpoint import Endpoint
from cordboard.edge.api.frame.frame import Frame
from cordboard.edge.api.frame.plain import PlainRoutes
from cordboard.edge.api.frame.rate_limit import RateLimiter
from cordboard.edge.api.sandbox.controls import ControlsResource
from cordboard.edge.api.sandbox.handset_calls import HandsetCallsResource
from cordboard.edge.api.sandbox.handsets import HandsetsResource
from cordboard.edge.api.v4 import debug_logs, timezones
from cordboard.edge.api.v4.call_logs import CallLogsResource
from cordboard.edge.api.v4.callback_authentication import CallbackAuthenticationResource
from cordboard.edge.api.v4.callback_configuration import CallbackConfigurationResource
from cordboard.edge.api.v4.callback_deliveries import CallbackDeliveriesResource
from cordboard.edge.api.v4.calls import CallsResource
from cordboard.edge.api.v4.carrier_logs import CarrierLogsResource
from cordboard.edge.api.v4.carrier_lookup import CarrierLookupResource
from cordboard.edge.api.v4.conferences import ConferencesResource
from cordboard.edge.api.v4.contacts import ContactsResource
from cordboard.edge.api.v4.decisions import DecisionsResource
from cordboard.edge.api.v4.dispositions import DispositionsResource
from cordboard.edge.api.v4.dnc import DncResource
from cordboard.edge.api.v4.ivr import IvrResource
from cordboard.edge.api.v4.number_sets import NumberSetsResource
from cordboard.edge.api.v4.numbers import NumbersResource
from cordboard.edge.api.v4.optout_words import OptOutWordsResource
from cordboard.edge.api.v4.route_destinations import RouteDestinationsResource
from cordboard.edge.api.v4.route_rule_sets import RouteRuleSetsResource
from cordboard.edge.api.v4.route_tags import RouteTagsResource
from cordboard.edge.api.v4.scripts import ScriptsResource
from cordboard.edge.api.v4.shortcodes import ShortcodesResource
from cordboard.edge.api.v4.sip_phones import SipPhonesResource
from cordboard.edge.api.v4.sms import SmsResource
from cordboard.edge.api.v4.sms_logs import SmsLogsResource
from cordboard.edge.api.v4.sms_templates import SmsTemplatesResource
from cordboard.edge.api.v4.transfer_presets import TransferPresetsResource
from cordboard.edge.api.v4.voicemail import VoicemailResource
from cordboard.edge.api.v4.webrtc_numbers import WebrtcNumbersResource
from cordboard.edge.carriers.webhooks import CarrierWebhooks
from cordboard.edge.console.pages import ConsolePages
from cordboard.edge.sockets.webphone import WebphoneRelay
from cordboard.run.message_carriers import build_webhook_readers
from cordboard.run.platform import SPOOL_FOLDER, Platform
from cordboard.run.sockets import sockets_folder


def api_endpoints(platform: Platform) -> tuple[Endpoint, ...]:
    """Every request that this installation serves, in the order of the reference."""
    private = platform.settings.network.allow_private_callbacks
    sms = SmsResource(
        messaging=platform.messaging,
        database=platform.database,
        clock=platform.clock,
        allow_private_callbacks=private,
    )
    return (
        *TokenResource(platform.sign_in).endpoints(),
        *AccountsResource(platform.accounts).endpoints(),
        *CallsResource(voice=platform.voice, database=platform.database, allow_private_callbacks=private).endpoints(),
        *ConferencesResource(
            voice=platform.voice, database=platform.database, allow_private_callbacks=private
        ).endpoints(),
        *CarrierLookupResource(platform.lookups).endpoints(),
        *ContactsResource(platform.contacts).endpoints(),
        *DncResource(platform.compliance).endpoints(),
        *OptOutWordsResource(platform.compliance).endpoints(),
        *RouteTagsResource(platform.route_tags, platform.number_sets).endpoints(),
        *RouteDestinationsResource(platform.route_destinations).endpoints(),
        *RouteRuleSetsResource(platform.route_rule_sets).endpoints(),
        *IvrResource(platform.ivrs, platform.clock).endpoints(),
        *CallLogsResource(platform.voice, platform.clock).endpoints(),
        *SmsLogsResource(platform.messaging, platform.clock).endpoints(),
        *CarrierLogsResource(platform.lookups, platform.clock).endpoints(),
        *debug_logs.ENDPOINTS,
        *DecisionsResource(platform.compliance).endpoints(),
        *NumbersResource(platform.numbers, platform.number_sets, allow_private_urls=private).endpoints(),
        *WebrtcNumbersResource(platform.numbers, platform.registrations).endpoints(),
        *NumberSetsResource(platform.number_sets, allow_private_urls=private).endpoints(),
        *ShortcodesResource(platform.numbers, allow_private_urls=private).endpoints(),
        *DispositionsResource(platform.dispositions).endpoints(),
        *ScriptsResource(platform.scripts).endpoints(),
        *sms.endpoints(),
        *SmsTemplatesResource(platform.templates, allow_private_urls=private).endpoints(),
        *timezones.ENDPOINTS,
        *WebphoneStatusResource(platform.registrations).endpoints(),
        *sandbox_endpoints(platform),
        *CallbackAuthenticationResource(platform.webhook_connections).endpoints(),
        *CallbackConfigurationResource(platform.webhooks).endpoints(),
        *CallbackDeliveriesResource(platform.webhooks).endpoints(),
        *VoicemailResource(platform.voicemail, platform.clock, allow_private_urls=private).endpoints(),
        *TransferPresetsResource(platform.transfer_presets).endpoints(),
        *SipPhonesResource(platform.phones, platform.registrations).endpoints(),
    )


def sandbox_endpoints(platform: Platform) -> tuple[Endpoint, ...]:
    """The sandbox's requests; none while it is off."""
    if not platform.settings.sandbox_enabled:
        return ()
    private = platform.settings.network.allow_private_callbacks
    return (
        *HandsetsResource(platform.sandbox, platform.handsets, allow_private_urls=private).endpoints(),
        *HandsetCallsResource(platform.sandbox).endpoints(),
        *ControlsResource(platform.sandbox, platform.clock).endpoints(),
    )


def carrier_webhooks(platform: Platform) -> CarrierWebhooks:
    """The routes that carriers call."""
    return CarrierWebhooks(
        database=platform.database,
        inbox=platform.carrier_inbox,
        readers=build_webhook_readers(platform.settings),
        public_url=platform.settings.http.public_url,
    )


def build_api(platform: Platform) -> Litestar:
    """The ASGI application."""
    limiter = RateLimiter(platform.settings.limits.requests_per_second)
    frame = Frame(
        database=platform.database,
        authenticator=platform.accounts,
        limiter=limiter,
        clock=platform.clock,
        errors_as_200=platform.settings.compat.errors_as_200,
        spool=platform.settings.data_path / SPOOL_FOLDER,
    )
    endpoints = api_endpoints(platform)
    plain = PlainRoutes(database=platform.database, blobs=platform.blobs, endpoints=endpoints)
    phones = WebphoneRelay(
        authenticator=platform.accounts,
        limiter=limiter,
        sockets=sockets_folder(platform.settings.data_path),
        public_url=platform.settings.http.public_url,
    )
    pages = ConsolePages()
    webhooks = carrier_webhooks(platform)
    return build_app(frame, endpoints, [*plain.handlers(), *webhooks.handlers(), *pages.handlers(), phones.handler()])
