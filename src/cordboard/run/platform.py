"""Everything that a process of any role works with, wired by hand from the settings down."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.accounts.subaccounts import SubaccountService
from cordboard.domain.accounts.tokens import TokenSigner
from cordboard.domain.accounts.work_groups import WorkGroupService
from cordboard.domain.assets.service import AssetService
from cordboard.domain.assistants.service import AssistantService
from cordboard.domain.billing.service import BillingService
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.dispositions.service import DispositionService
from cordboard.domain.emails.service import EmailService
from cordboard.domain.inbox.service import InboxService
from cordboard.domain.ivr.service import IvrService
from cordboard.domain.live_lists.service import LiveListService
from cordboard.domain.lookups.service import LookupService
from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.numbers.inventory import Inventory
from cordboard.domain.numbers.moving import MoveNumbers
from cordboard.domain.numbers.renewal import RenewNumbers
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.numbers.sets import NumberSetService
from cordboard.domain.phones.presets import TransferPresetService
from cordboard.domain.phones.registrations import RegistrationService
from cordboard.domain.phones.service import PhoneService
from cordboard.domain.reporting.log_exports import LogExportService
from cordboard.domain.reporting.service import StatisticsService
from cordboard.domain.rewording.chat import ChatWriter
from cordboard.domain.rewording.service import RewordingService
from cordboard.domain.routing.destinations import DestinationService
from cordboard.domain.routing.inbound import InboundRouting
from cordboard.domain.routing.tags import RouteTagService, RuleSetService
from cordboard.domain.sandbox.service import SandboxService
from cordboard.domain.scripts.service import ScriptService
from cordboard.domain.templates.service import TemplateService
from cordboard.domain.voice.callbacks import SendCallback
from cordboard.domain.voice.service import VoiceService
from cordboard.domain.voice.thresholds import Thresholds
from cordboard.domain.voicemail.service import VoicemailService
from cordboard.domain.webhooks.asking import AskServer
from cordboard.domain.webhooks.connections import ConnectionService
from cordboard.domain.webhooks.inroute import InrouteCallbacks
from cordboard.domain.webhooks.service import WebhookService
from cordboard.domain.webhooks.signing import SecretBox
from cordboard.domain.webhooks.targets import Targets
from cordboard.domain.webhooks.workflow_callbacks import WorkflowCallbacks
from cordboard.domain.workflows.replies import CampaignsOfReplies
from cordboard.edge.carriers.inbox import CarrierInbox
from cordboard.edge.carriers.sandbox import Handsets
from cordboard.edge.sockets.live_lists_hub import LiveListHub
from cordboard.infra.blobs import Blobs
from cordboard.infra.blobs.answers import BlobAnswers
from cordboard.infra.blobs.building import build_blobs
from cordboard.infra.chat import ChatClient
from cordboard.infra.db import Database
from cordboard.infra.http import GuardedClient
from cordboard.infra.mail.port import Mailer
from cordboard.kit.clock import Clock, MovableClock
from cordboard.kit.ids import Ids
from cordboard.kit.secrets import KeyRing
from cordboard.run.adapters import (
    HoldersOfNumbers,
    InboxesOfUsers,
    MonthlyCharges,
    NumbersOfAccounts,
    NumbersOfPhones,
    NumbersOfSubaccounts,
    NumbersOfUsers,
    OwnershipOfNumbers,
    SubjectsOfDispositions,
    UsesOfNumbers,
)
from cordboard.run.campaign_calls import CallsOfWorkflows
from cordboard.run.campaign_references import ReferencesOfWorkflows
from cordboard.run.parts.callcenter import CallCenter, build_callcenter
from cordboard.run.parts.campaigns import Campaigns, build_campaigns
from cordboard.run.parts.contacts import ContactTools, build_contact_tools
from cordboard.run.parts.inbox import Inbox, build_inbox
from cordboard.run.parts.live_lists import LiveLists
from cordboard.run.parts.people import People, build_people
from cordboard.run.parts.providers import build_billing, build_lookups, build_mailer
from cordboard.run.parts.texts import Texts, build_texts
from cordboard.run.parts.voice import build_voice_service
from cordboard.run.settings import Settings

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
    people: People
    contacts: ContactService
    contact_tools: ContactTools
    templates: TemplateService
    numbers: NumberService
    number_sets: NumberSetService
    renew_numbers: RenewNumbers
    move_numbers: MoveNumbers
    billing: BillingService
    compliance: ComplianceService
    messaging: MessagingService
    texts: Texts
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
    inbox: Inbox
    statistics: StatisticsService
    log_exports: LogExportService
    assets: AssetService
    rewording: RewordingService
    assistants: AssistantService
    dispositions: DispositionService
    scripts: ScriptService
    live_lists: LiveLists
    campaigns: Campaigns
    emails: EmailService
    callcenter: CallCenter

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
    chat = ChatClient(provider_client, settings.ai) if settings.ai.base_url else None
    assistants = AssistantService(clock, ids, chat)
    accounts = AccountService(database=database, clock=clock, ids=ids, signer=signer, keys=keys)
    work_groups = WorkGroupService(clock, ids)
    contacts = ContactService(clock, ids)
    templates = TemplateService(clock, ids)
    billing = build_billing(settings.billing, clock, ids)
    numbers = NumberService(
        clock=clock,
        ids=ids,
        accounts=accounts,
        inventory=Inventory(sandbox=settings.sandbox_enabled),
        charges=MonthlyCharges(billing),
    )
    subaccounts = SubaccountService(clock, ids, NumbersOfSubaccounts(numbers))
    compliance = ComplianceService(clock, NumbersOfAccounts(numbers), contacts)
    sandbox = SandboxService(clock, OwnershipOfNumbers(numbers))
    connections = ConnectionService(clock, ids, keys)
    webhooks = WebhookService(clock=clock, ids=ids, secrets=SecretBox(keys), allow_private_urls=private)
    targets = Targets(connections, webhooks)
    ask_server = AskServer(client, clock)
    inroute = InrouteCallbacks(database, clock, ids, targets, ask_server)
    inbound_routing = InboundRouting(clock=clock, database=database, contacts=contacts, inroute=inroute)
    messaging, texts = build_texts(
        settings,
        database=database,
        clock=clock,
        ids=ids,
        client=client,
        media_client=media_client,
        blobs=blobs,
        accounts=accounts,
        contacts=contacts,
        templates=templates,
        numbers=numbers,
        billing=billing,
        compliance=compliance,
        inbound_routing=inbound_routing,
        campaigns=CampaignsOfReplies(),
    )
    phone_numbers = NumbersOfPhones(numbers)
    phones = PhoneService(
        clock=clock, ids=ids, keys=keys, accounts=accounts, numbers=phone_numbers, realm=settings.sip.realm
    )
    voicemail = VoicemailService(clock, HoldersOfNumbers(numbers))
    carrier_inbox = CarrierInbox(messaging)
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
    inboxes = InboxService(clock, ids, accounts)
    people = build_people(
        database=database,
        clock=clock,
        ids=ids,
        keys=keys,
        signer=signer,
        accounts=accounts,
        work_groups=work_groups,
        subaccounts=subaccounts,
        billing=billing,
        numbers=NumbersOfUsers(numbers),
        inboxes=InboxesOfUsers(inboxes),
        allow_private_urls=private,
    )
    emails = EmailService(
        clock=clock,
        database=database,
        client=provider_client,
        config=people.external_config,
        settings=settings.email_providers,
    )
    lookups = build_lookups(
        settings.lookup,
        sandbox=settings.sandbox_enabled,
        clock=clock,
        ids=ids,
        database=database,
        client=provider_client,
        billing=billing,
    )
    calls = CallsOfWorkflows(allow_private_urls=private)
    live_lists = LiveListService(clock, ids, accounts, contacts)
    assets = AssetService(
        clock=clock,
        ids=ids,
        database=database,
        blobs=blobs,
        accounts=accounts,
        groups=work_groups,
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
        mailer=build_mailer(settings.smtp, settings.data_path / MAIL_FOLDER, clock),
        accounts=accounts,
        people=people,
        contacts=contacts,
        contact_tools=build_contact_tools(
            database=database,
            clock=clock,
            ids=ids,
            blobs=blobs,
            accounts=accounts,
            compliance=compliance,
            webhooks=webhooks,
            allow_private_urls=private,
        ),
        templates=templates,
        numbers=numbers,
        number_sets=NumberSetService(clock, ids),
        renew_numbers=RenewNumbers(clock, MonthlyCharges(billing)),
        move_numbers=MoveNumbers(clock, subaccounts, UsesOfNumbers(voicemail, phones)),
        billing=billing,
        compliance=compliance,
        messaging=messaging,
        texts=texts,
        sandbox=sandbox,
        carrier_inbox=carrier_inbox,
        handsets=Handsets(clock=clock, sandbox=sandbox, inbox=carrier_inbox),
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
        dispositions=DispositionService(clock, SubjectsOfDispositions(voice.service, messaging, contacts)),
        scripts=ScriptService(clock=clock, ids=ids, contacts=contacts, callbacks=webhooks),
        rewording=RewordingService(clock, database, ChatWriter(chat) if chat else None),
        assistants=assistants,
        assets=assets,
        transfer_presets=TransferPresetService(clock, accounts, work_groups, phones),
        statistics=StatisticsService(clock),
        log_exports=LogExportService(clock, ids),
        inbox=build_inbox(
            inboxes,
            database=database,
            clock=clock,
            ids=ids,
            contacts=contacts,
            messaging=messaging,
            voice=voice.service,
        ),
        callcenter=build_callcenter(database=database, clock=clock, compliance=compliance),
        ivrs=IvrService(clock),
        voicemail=voicemail,
        live_lists=LiveLists(live_lists, LiveListHub()),
        campaigns=build_campaigns(
            database=database,
            clock=clock,
            ids=ids,
            accounts=accounts,
            contacts=contacts,
            numbers=numbers,
            templates=templates,
            billing=billing,
            compliance=compliance,
            live_lists=live_lists,
            messaging=messaging,
            assistants=assistants,
            voice=voice.service,
            lookups=lookups,
            emails=emails,
            assets=assets,
            blobs=blobs,
            webhooks=webhooks,
            callbacks=WorkflowCallbacks(database, clock, targets, ask_server),
            references=ReferencesOfWorkflows(
                templates=templates,
                webhooks=webhooks,
                assets=assets,
                assistants=assistants,
                live_lists=live_lists,
                calls=calls,
            ),
            calls=calls,
        ),
        lookups=lookups,
        emails=emails,
    )
