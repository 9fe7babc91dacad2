"""Messages, wired: how they are accepted, sent, received, and what is done about those that came."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.billing.service import BillingService
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.messaging.folding import Policy
from cordboard.domain.messaging.optout_replies import OptOutReplies
from cordboard.domain.messaging.ports import RepliedCampaigns
from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.messaging.use_cases.accept_messages import AcceptMessages
from cordboard.domain.messaging.use_cases.answer_messages import AnswerMessages
from cordboard.domain.messaging.use_cases.claim_messages import ClaimMessages
from cordboard.domain.messaging.use_cases.conclude_messages import ConcludeMessages
from cordboard.domain.messaging.use_cases.keep_media import KeepMedia
from cordboard.domain.messaging.use_cases.receive_messages import ReceiveMessages
from cordboard.domain.messaging.use_cases.record_results import RecordResults
from cordboard.domain.messaging.use_cases.release_messages import ReleaseMessages
from cordboard.domain.messaging.use_cases.route_messages import RouteMessages
from cordboard.domain.numbers.inventory import SANDBOX_CARRIER
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.routing.inbound import InboundRouting
from cordboard.domain.routing.models import CarrierProfile, PrefixRule
from cordboard.domain.routing.service import RoutingService
from cordboard.domain.templates.service import TemplateService
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database
from cordboard.infra.http import GuardedClient
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids
from cordboard.kit.money import to_micros
from cordboard.run.settings import Settings


@dataclass(frozen=True, slots=True)
class Texts:
    """What the worker does about messages, beside the service that everybody asks."""

    release: ReleaseMessages
    receive: ReceiveMessages
    answer: AnswerMessages
    route: RouteMessages
    keep_media: KeepMedia


def build_texts(
    settings: Settings,
    *,
    database: Database,
    clock: Clock,
    ids: Ids,
    client: GuardedClient,
    media_client: GuardedClient,
    blobs: Blobs,
    accounts: AccountService,
    contacts: ContactService,
    templates: TemplateService,
    numbers: NumberService,
    billing: BillingService,
    compliance: ComplianceService,
    inbound_routing: InboundRouting,
    campaigns: RepliedCampaigns,
) -> tuple[MessagingService, Texts]:
    """The verbs of messages, and the worker's part of them."""
    routing = build_routing(settings)
    accept = AcceptMessages(
        clock=clock,
        ids=ids,
        accounts=accounts,
        contacts=contacts,
        templates=templates,
        numbers=numbers,
        billing=billing,
        compliance=compliance,
        routing=routing,
    )
    conclude = ConcludeMessages(clock, billing)
    receive = ReceiveMessages(
        clock=clock,
        ids=ids,
        accounts=accounts,
        contacts=contacts,
        numbers=numbers,
        billing=billing,
        compliance=compliance,
        replies=OptOutReplies(accounts, compliance, accept),
        campaigns=campaigns,
    )
    messaging = MessagingService(
        clock=clock,
        accept=accept,
        claim=ClaimMessages(clock, accounts, compliance, conclude),
        record=RecordResults(
            clock=clock,
            routing=routing,
            conclude=conclude,
            policy=_policy(settings),
            dearest=to_micros(settings.messaging.failover_cost),
        ),
        receive=receive,
    )
    return messaging, Texts(
        release=ReleaseMessages(clock, accounts, numbers, compliance, conclude),
        receive=receive,
        answer=AnswerMessages(clock, database, client, numbers, accept),
        route=RouteMessages(clock, database, numbers, inbound_routing, accept),
        keep_media=KeepMedia(clock, ids, database, media_client, blobs, numbers),
    )


def build_routing(settings: Settings) -> RoutingService:
    """Routing over the configured carriers, and the sandbox's while it is on."""
    profiles = [
        CarrierProfile(carrier.name, to_micros(carrier.cost), carries_media=carrier.kind != "smpp")
        for carrier in settings.carriers
    ]
    if settings.sandbox_enabled:
        profiles.append(CarrierProfile(SANDBOX_CARRIER, carries_media=True, isolated=True))
    return RoutingService(profiles, [PrefixRule(r.prefix, r.carriers, r.priority) for r in settings.routes])


def _policy(settings: Settings) -> Policy:
    return Policy(
        resend_uncertain=frozenset(settings.messaging.resend_uncertain),
        failover_seconds=settings.messaging.failover_seconds,
        failover_attempts=settings.messaging.failover_attempts,
    )
