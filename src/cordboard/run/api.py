"""The api role's application: the endpoints of every dialect over one platform."""

from __future__ import annotations

from typing import NamedTuple

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler, WebsocketRouteHandler

from cordboard.domain.reporting.campaign_report import CampaignReportService
from cordboard.edge.api.ams import roles
from cordboard.edge.api.ams.account_config import AccountConfigResource
from cordboard.edge.api.ams.accounts import AccountsResource
from cordboard.edge.api.ams.external_config import ExternalConfigResource
from cordboard.edge.api.ams.funds import FundsResource
from cordboard.edge.api.ams.keys import KeysResource
from cordboard.edge.api.ams.two_factor import TwoFactorResource
from cordboard.edge.api.ams.users import UsersResource
from cordboard.edge.api.ams.webphone_status import WebphoneStatusResource
from cordboard.edge.api.ams.work_groups import WorkGroupsResource
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
from cordboard.edge.api.v4.ai import AiResource
from cordboard.edge.api.v4.assets import AssetsResource
from cordboard.edge.api.v4.assistants import AssistantsResource
from cordboard.edge.api.v4.billing import BillingResource
from cordboard.edge.api.v4.call_logs import CallLogsResource
from cordboard.edge.api.v4.callback_authentication import CallbackAuthenticationResource
from cordboard.edge.api.v4.callback_configuration import CallbackConfigurationResource
from cordboard.edge.api.v4.callback_deliveries import CallbackDeliveriesResource
from cordboard.edge.api.v4.calls import CallsResource
from cordboard.edge.api.v4.campaign_rehearsal import CampaignRehearsalResource
from cordboard.edge.api.v4.campaign_report import CampaignReportResource
from cordboard.edge.api.v4.campaign_runners import CampaignRunnersResource
from cordboard.edge.api.v4.campaign_schedules import CampaignSchedulesResource
from cordboard.edge.api.v4.campaign_workflows import CampaignWorkflowsResource
from cordboard.edge.api.v4.campaigns import CampaignsResource
from cordboard.edge.api.v4.carrier_logs import CarrierLogsResource
from cordboard.edge.api.v4.carrier_lookup import CarrierLookupResource
from cordboard.edge.api.v4.center_kinds import CENTER_OBJECTS
from cordboard.edge.api.v4.center_objects import CenterObjectsResource
from cordboard.edge.api.v4.center_users import CenterUsersResource
from cordboard.edge.api.v4.conferences import ConferencesResource
from cordboard.edge.api.v4.contact_queries import ContactQueriesResource
from cordboard.edge.api.v4.contact_search import ContactSearchResource
from cordboard.edge.api.v4.contact_uploads import ContactUploadsResource
from cordboard.edge.api.v4.contacts import ContactsResource
from cordboard.edge.api.v4.conversations import ConversationsResource
from cordboard.edge.api.v4.decisions import DecisionsResource
from cordboard.edge.api.v4.dispositions import DispositionsResource
from cordboard.edge.api.v4.dnc import DncResource
from cordboard.edge.api.v4.dnc_uploads import DncUploadsResource
from cordboard.edge.api.v4.email_logs import EmailLogsResource
from cordboard.edge.api.v4.inbox import InboxResource
from cordboard.edge.api.v4.ivr import IvrResource
from cordboard.edge.api.v4.live_lists import LiveListsResource
from cordboard.edge.api.v4.log_exports import LogExportsResource
from cordboard.edge.api.v4.number_moves import NumberMovesResource
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
from cordboard.edge.api.v4.statistics import StatisticsResource
from cordboard.edge.api.v4.transfer_presets import TransferPresetsResource
from cordboard.edge.api.v4.uploads import UploadsResource
from cordboard.edge.api.v4.voicemail import VoicemailResource
from cordboard.edge.api.v4.webrtc_numbers import WebrtcNumbersResource
from cordboard.edge.api.x5.non_agent.frame import NonAgentApi
from cordboard.edge.api.x5.non_agent.table import UseCases, functions_of
from cordboard.edge.carriers.webhooks import CarrierWebhooks
from cordboard.edge.console.pages import ConsolePages
from cordboard.edge.sockets.inbox import InboxSockets
from cordboard.edge.sockets.live_lists import LiveListSockets
from cordboard.edge.sockets.webphone import WebphoneRelay
from cordboard.run.message_carriers import build_webhook_readers
from cordboard.run.platform import SPOOL_FOLDER, Platform
from cordboard.run.sockets import sockets_folder


def api_endpoints(platform: Platform) -> tuple[Endpoint, ...]:
    """Every request that this installation serves, in the order of the reference."""
    private = platform.settings.network.allow_private_callbacks
    tools = platform.contact_tools
    sms = SmsResource(
        messaging=platform.messaging,
        database=platform.database,
        clock=platform.clock,
        allow_private_callbacks=private,
    )
    return (
        *TokenResource(platform.people.sign_in).endpoints(),
        *AccountsResource(platform.accounts, platform.people.subaccounts, platform.people.config).endpoints(),
        *FundsResource(platform.billing, platform.people.subaccounts).endpoints(),
        *AccountConfigResource(platform.people.config).endpoints(),
        *ExternalConfigResource(platform.people.external_config).endpoints(),
        *KeysResource(platform.people.keys).endpoints(),
        *AiResource(platform.rewording).endpoints(),
        *AssistantsResource(platform.assistants).endpoints(),
        *AssetsResource(platform.assets).endpoints(),
        *BillingResource(platform.billing, platform.clock).endpoints(),
        *CallsResource(voice=platform.voice, database=platform.database, allow_private_callbacks=private).endpoints(),
        *ConferencesResource(
            voice=platform.voice, database=platform.database, allow_private_callbacks=private
        ).endpoints(),
        *CarrierLookupResource(platform.lookups).endpoints(),
        *ContactsResource(platform.contacts, tools.search).endpoints(),
        *ContactSearchResource(tools.search, tools.queries, platform.database).endpoints(),
        *ContactUploadsResource(tools.uploads, platform.database).endpoints(),
        *DncResource(platform.compliance).endpoints(),
        *DncUploadsResource(tools.uploads, platform.database).endpoints(),
        *UploadsResource(tools.uploads).endpoints(),
        *OptOutWordsResource(platform.compliance).endpoints(),
        *RouteTagsResource(platform.route_tags, platform.number_sets).endpoints(),
        *RouteDestinationsResource(platform.route_destinations).endpoints(),
        *RouteRuleSetsResource(platform.route_rule_sets).endpoints(),
        *InboxResource(platform.inbox.service, platform.inbox.read, platform.clock).endpoints(),
        *ConversationsResource(platform.inbox.read, platform.inbox.write, allow_private_urls=private).endpoints(),
        *IvrResource(platform.ivrs, platform.clock).endpoints(),
        *LiveListsResource(platform.live_lists.service, platform.database).endpoints(),
        *CallLogsResource(platform.voice, platform.clock).endpoints(),
        *LogExportsResource(platform.log_exports).endpoints(),
        *SmsLogsResource(platform.messaging, platform.clock).endpoints(),
        *EmailLogsResource(platform.emails, platform.clock).endpoints(),
        *CarrierLogsResource(platform.lookups, platform.clock).endpoints(),
        *debug_logs.ENDPOINTS,
        *DecisionsResource(platform.compliance).endpoints(),
        *NumbersResource(platform.numbers, platform.number_sets, allow_private_urls=private).endpoints(),
        *NumberMovesResource(platform.move_numbers).endpoints(),
        *WebrtcNumbersResource(platform.numbers, platform.registrations).endpoints(),
        *NumberSetsResource(platform.number_sets, allow_private_urls=private).endpoints(),
        *ContactQueriesResource(tools.queries).endpoints(),
        *ShortcodesResource(platform.numbers, allow_private_urls=private).endpoints(),
        *DispositionsResource(platform.dispositions).endpoints(),
        *ScriptsResource(platform.scripts).endpoints(),
        *sms.endpoints(),
        *SmsTemplatesResource(platform.templates, allow_private_urls=private).endpoints(),
        *StatisticsResource(platform.statistics, platform.clock).endpoints(),
        *timezones.ENDPOINTS,
        *CampaignReportResource(CampaignReportService(platform.campaigns.service), platform.clock).endpoints(),
        *UsersResource(platform.people.users, platform.people.change_password, platform.database).endpoints(),
        *WebphoneStatusResource(platform.registrations).endpoints(),
        *TwoFactorResource(platform.people.two_factor).endpoints(),
        *roles.ENDPOINTS,
        *WorkGroupsResource(platform.people.work_groups).endpoints(),
        *sandbox_endpoints(platform),
        *CallbackAuthenticationResource(platform.webhook_connections).endpoints(),
        *CallbackConfigurationResource(platform.webhooks).endpoints(),
        *CallbackDeliveriesResource(platform.webhooks).endpoints(),
        *CampaignsResource(platform.campaigns.service, platform.contacts).endpoints(),
        *CampaignRehearsalResource(platform.campaigns.rehearse).endpoints(),
        *CampaignRunnersResource(platform.campaigns.runners, platform.contacts).endpoints(),
        *CampaignSchedulesResource(platform.campaigns.schedules).endpoints(),
        *CampaignWorkflowsResource(platform.campaigns.service).endpoints(),
        *VoicemailResource(platform.voicemail, platform.clock, allow_private_urls=private).endpoints(),
        *TransferPresetsResource(platform.transfer_presets).endpoints(),
        *SipPhonesResource(platform.phones, platform.registrations).endpoints(),
        *center_endpoints(platform),
    )


def center_endpoints(platform: Platform) -> tuple[Endpoint, ...]:
    """What the contact centre is configured with."""
    center = platform.callcenter
    return (
        *CenterUsersResource(center.users).endpoints(),
        *(
            endpoint
            for kind, plural, example in CENTER_OBJECTS
            for endpoint in CenterObjectsResource(center.objects, kind, plural, example).endpoints()
        ),
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


class ApiParts(NamedTuple):
    """What the application is made of: a frame around its endpoints, and the routes outside of the envelope."""

    frame: Frame
    endpoints: tuple[Endpoint, ...]
    plain_routes: list[HTTPRouteHandler | WebsocketRouteHandler]


def non_agent_api(platform: Platform) -> NonAgentApi:
    """The text API of the contact centre for programs."""
    center = platform.callcenter
    cases = UseCases(
        objects=center.objects,
        users=center.users,
        lists=center.lists,
        add_lead=center.add_lead,
        find_leads=center.find_leads,
        change_lead=center.change_lead,
        line_up=center.line_up,
    )
    return NonAgentApi(platform.database, platform.clock, center.sign_in, functions_of(cases))


def build_api(platform: Platform) -> Litestar:
    """The ASGI application."""
    return build_app(*api_parts(platform))


def api_parts(platform: Platform) -> ApiParts:
    """The parts of the application of this installation."""
    limiter = RateLimiter(platform.settings.limits.requests_per_second)
    frame = Frame(
        database=platform.database,
        authenticator=platform.accounts,
        limiter=limiter,
        clock=platform.clock,
        errors_as_200=platform.settings.compat.errors_as_200,
        spool=platform.settings.data_path / SPOOL_FOLDER,
        keys=platform.keys,
    )
    endpoints = api_endpoints(platform)
    plain = PlainRoutes(database=platform.database, blobs=platform.blobs, endpoints=endpoints)
    phones = WebphoneRelay(
        authenticator=platform.accounts,
        limiter=limiter,
        sockets=sockets_folder(platform.settings.data_path),
        public_url=platform.settings.http.public_url,
    )
    inboxes = InboxSockets(
        database=platform.database,
        authenticator=platform.accounts,
        limiter=limiter,
        inboxes=platform.inbox.service,
        hub=platform.inbox.hub,
    )
    live_lists = LiveListSockets(
        database=platform.database,
        authenticator=platform.accounts,
        limiter=limiter,
        live_lists=platform.live_lists.service,
        hub=platform.live_lists.hub,
    )
    pages = ConsolePages()
    webhooks = carrier_webhooks(platform)
    texts = non_agent_api(platform)
    sockets = [phones.handler(), inboxes.handler(), live_lists.handler()]
    return ApiParts(
        frame, endpoints, [*plain.handlers(), *webhooks.handlers(), *pages.handlers(), *texts.handlers(), *sockets]
    )
