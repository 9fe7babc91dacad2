"""Everything that a process of any role works with, wired by hand from the settings down."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.accounts.sign_in import SignIn
from cordboard.domain.accounts.tokens import TokenSigner
from cordboard.domain.billing.service import BillingService
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.dispositions.service import DispositionService
from cordboard.domain.ivr.service import IvrService
from cordboard.domain.lookups.directories.http import HttpDirectory
from cordboard.domain.lookups.directories.invented import InventedDirectory
from cordboard.domain.lookups.directories.offline import OfflineDirectory
from cordboard.domain.lookups.ports import CarrierDirectory
from cordboard.domain.lookups.service import LookupService
from cordboard.domain.messaging.folding import Policy
from cordboard.domain.messaging.optout_replies import OptOutReplies
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
from cordboard.domain.numbers.inventory import SANDBOX_CARRIER, Inventory
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.numbers.sets import NumberSetService
from cordboard.domain.phones.presets import TransferPresetService
from cordboard.domain.phones.registrations import RegistrationService
from cordboard.domain.phones.service import PhoneService
from cordboard.domain.routing.destinations import DestinationService
from cordboard.domain.routing.inbound import InboundRouting
from cordboard.domain.routing.models import CarrierProfile, PrefixRule
from cordboard.domain.routing.service import RoutingService
from cordboard.domain.routing.tags import RouteTagService, RuleSetService
from cordboard.domain.sandbox.service import SandboxService
from cordboard.domain.scripts.service import ScriptService
from cordboard.domain.templates.service import TemplateService
from cordboard.domain.voice.callbacks import SendCallback
from cordboard.domain.voice.service import VoiceService
from cordboard.domain.voice.thresholds import Thresholds
from cordboard.domain.voicemail.service import VoicemailService
from cordboard.domain.webhooks.connections import ConnectionService
from cordboard.domain.webhooks.inroute import InrouteCallbacks
from cordboard.domain.webhooks.service import WebhookService
from cordboard.domain.webhooks.signing import SecretBox
from cordboard.domain.webhooks.targets import Targets
from cordboard.edge.carriers.inbox import CarrierInbox
from cordboard.edge.carriers.sandbox import Handsets
from cordboard.infra.blobs import Blobs
from cordboard.infra.blobs.answers import BlobAnswers
from cordboard.infra.blobs.building import build_blobs
from cordboard.infra.db import Database
from cordboard.infra.http import GuardedClient
from cordboard.infra.mail.port import Mailer
from cordboard.infra.mail.sink import MailSink
from cordboard.infra.mail.smtp import SmtpMailer
from cordboard.kit.clock import Clock, MovableClock
from cordboard.kit.ids import Ids
from cordboard.kit.money import to_micros
from cordboard.kit.secrets import KeyRing
from cordboard.run.adapters import (
    HoldersOfNumbers,
    LookupsByBilling,
    MonthlyCharges,
    NumbersOfAccounts,
    NumbersOfPhones,
    OwnershipOfNumbers,
)
from cordboard.run.settings import Settings
from cordboard.run.voice_service import build_voice_service

KEYS_FILE = "keys/secrets.json"
SIGNING_FILE = "keys/tokens.pem"
MEDIA_FOLDER = "media"
SPOOL_FOLDER = "spool"
MAIL_FOLDER = "mail"
_LARGEST_DOCUMENT = 1024 * 1024
_LARGEST_MEDIA = 10 * 1024 * 1024
_LARGEST_OWN_MEDIA = 64 * 1024 * 1024
_LARGEST_PROVIDED = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Platform:
    """The services of one process. The clients are guarded: they are for URLs that others set, but for
    `provider_client`, which reaches what the settings name.
    """

    settings: Settings
    clock: Clock
    ids: Ids
    keys: KeyRing
    database: Database
    client: GuardedClient
    media_client: GuardedClient
    webhook_client: GuardedClient
    provider_client: GuardedClient
    blobs: Blobs
    mailer: Mailer
    accounts: AccountService
    sign_in: SignIn
    contacts: ContactService
    templates: TemplateService
    numbers: NumberService
    number_sets: NumberSetService
    billing: BillingService
    compliance: ComplianceService
    messaging: MessagingService
    release_messages: ReleaseMessages
    receive_messages: ReceiveMessages
    answer_messages: AnswerMessages
    route_messages: RouteMessages
    keep_media: KeepMedia
    sandbox: SandboxService
    carrier_inbox: CarrierInbox
    handsets: Handsets
    voice: VoiceService
    thresholds: Thresholds
    send_callback: SendCallback
    webhook_connections: ConnectionService
    webhooks: WebhookService
    route_tags: RouteTagService
    route_destinations: DestinationService
    route_rule_sets: RuleSetService
    inbound_routing: InboundRouting
    phones: PhoneService
    registrations: RegistrationService
    ivrs: IvrService
    voicemail: VoicemailService
    lookups: LookupService
    transfer_presets: TransferPresetService
    dispositions: DispositionService
    scripts: ScriptService

    async def close(self) -> None:
        """Lets connections go; the database last."""
        await self.client.close()
        await self.media_client.close()
        await self.webhook_client.close()
        await self.provider_client.close()
        await self.database.close()


def build_platform(settings: Settings, database: Database, clock: MovableClock) -> Platform:
    """The services on an open database. Makes the key files on the first start."""
    ids = Ids(clock)
    keys = KeyRing.load_or_create(settings.data_path / KEYS_FILE)
    signer = TokenSigner.load_or_create(settings.data_path / SIGNING_FILE, clock)
    private = settings.network.allow_private_callbacks
    blobs = build_blobs(settings.storage, settings.data_path / MEDIA_FOLDER, settings.http.public_url)
    client = GuardedClient(allow_private=private, own=BlobAnswers(blobs, _LARGEST_DOCUMENT))
    media_client = GuardedClient(
        allow_private=private,
        max_body_bytes=_LARGEST_MEDIA,
        total_timeout=30,
        own=BlobAnswers(blobs, _LARGEST_OWN_MEDIA),
    )
    provider_client = GuardedClient(allow_private=True, max_body_bytes=_LARGEST_PROVIDED)
    accounts = AccountService(database=database, clock=clock, ids=ids, signer=signer, keys=keys)
    contacts = ContactService(clock, ids)
    templates = TemplateService(clock, ids)
    billing = _billing(settings, clock, ids)
    numbers = NumberService(
        clock=clock, ids=ids, inventory=Inventory(sandbox=settings.sandbox_enabled), charges=MonthlyCharges(billing)
    )
    compliance = ComplianceService(clock, NumbersOfAccounts(numbers), contacts)
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
    sandbox = SandboxService(clock, OwnershipOfNumbers(numbers))
    connections = ConnectionService(clock, ids, keys)
    webhooks = WebhookService(clock=clock, ids=ids, secrets=SecretBox(keys), allow_private_urls=private)
    inroute = InrouteCallbacks(database, client, clock, ids, Targets(connections, webhooks))
    inbound_routing = InboundRouting(clock=clock, database=database, contacts=contacts, inroute=inroute)
    phone_numbers = NumbersOfPhones(numbers)
    phones = PhoneService(
        clock=clock, ids=ids, keys=keys, accounts=accounts, numbers=phone_numbers, realm=settings.sip.realm
    )
    inbox = CarrierInbox(messaging)
    voice = build_voice_service(
        settings.voice,
        clock=clock,
        ids=ids,
        accounts=accounts,
        contacts=contacts,
        numbers=numbers,
        billing=billing,
        compliance=compliance,
    )
    return Platform(
        settings=settings,
        clock=clock,
        ids=ids,
        keys=keys,
        database=database,
        client=client,
        media_client=media_client,
        provider_client=provider_client,
        webhook_client=GuardedClient(allow_private=private, connections_per_host=0),  # its loop bounds endpoints itself
        blobs=blobs,
        mailer=_mailer(settings, clock),
        accounts=accounts,
        sign_in=SignIn(database=database, clock=clock, ids=ids, signer=signer, keys=keys),
        contacts=contacts,
        templates=templates,
        numbers=numbers,
        number_sets=NumberSetService(clock, ids),
        billing=billing,
        compliance=compliance,
        messaging=messaging,
        release_messages=ReleaseMessages(clock, accounts, numbers, compliance, conclude),
        receive_messages=receive,
        answer_messages=AnswerMessages(clock, database, client, numbers, accept),
        route_messages=RouteMessages(clock, database, numbers, inbound_routing, accept),
        keep_media=KeepMedia(clock, ids, database, media_client, blobs, numbers),
        sandbox=sandbox,
        carrier_inbox=inbox,
        handsets=Handsets(clock=clock, sandbox=sandbox, inbox=inbox),
        voice=voice.service,
        thresholds=voice.thresholds,
        send_callback=SendCallback(clock=clock, database=database, client=client),
        webhook_connections=connections,
        webhooks=webhooks,
        route_tags=RouteTagService(clock, numbers),
        route_destinations=DestinationService(clock, allow_private_urls=private),
        route_rule_sets=RuleSetService(clock, ids),
        inbound_routing=inbound_routing,
        phones=phones,
        registrations=RegistrationService(clock, accounts, phone_numbers),
        dispositions=DispositionService(clock),
        scripts=ScriptService(clock=clock, ids=ids, contacts=contacts, callbacks=webhooks),
        transfer_presets=TransferPresetService(clock, accounts, phones),
        ivrs=IvrService(clock),
        voicemail=VoicemailService(clock, HoldersOfNumbers(numbers)),
        lookups=_lookups(settings, clock, ids, database, provider_client, billing),
    )


def _lookups(
    settings: Settings, clock: Clock, ids: Ids, database: Database, client: GuardedClient, billing: BillingService
) -> LookupService:
    """The directory that is set; else the sandbox's while it is on; else the numbering plan."""
    local: CarrierDirectory = InventedDirectory() if settings.sandbox_enabled else OfflineDirectory()
    return LookupService(
        clock=clock,
        ids=ids,
        database=database,
        directory=HttpDirectory(client, settings.lookup) if settings.lookup.url else local,
        local=local,
        charges=LookupsByBilling(billing),
    )


def _mailer(settings: Settings, clock: Clock) -> Mailer:
    if settings.smtp.url:
        return SmtpMailer(settings.smtp, clock)
    return MailSink(settings.data_path / MAIL_FOLDER, settings.smtp.sender, clock)


def build_routing(settings: Settings) -> RoutingService:
    """Routing over the configured carriers, and the sandbox's while it is on."""
    profiles = [
        CarrierProfile(carrier.name, to_micros(carrier.cost), carries_media=carrier.kind != "smpp")
        for carrier in settings.carriers
    ]
    if settings.sandbox_enabled:
        profiles.append(CarrierProfile(SANDBOX_CARRIER, carries_media=True, isolated=True))
    return RoutingService(profiles, [PrefixRule(r.prefix, r.carriers, r.priority) for r in settings.routes])


def _billing(settings: Settings, clock: Clock, ids: Ids) -> BillingService:
    return BillingService(
        clock=clock,
        ids=ids,
        mode=settings.billing.mode,
        currency=settings.billing.currency,
        defaults=settings.billing.micros(),
    )


def _policy(settings: Settings) -> Policy:
    return Policy(
        resend_uncertain=frozenset(settings.messaging.resend_uncertain),
        failover_seconds=settings.messaging.failover_seconds,
        failover_attempts=settings.messaging.failover_attempts,
    )
