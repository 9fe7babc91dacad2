"""Campaigns, wired: how contacts enter them, who steps the runs, and what becomes of what a step wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.assets.service import AssetService
from cordboard.domain.assistants.service import AssistantService
from cordboard.domain.billing.service import BillingService
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.emails.service import EmailService
from cordboard.domain.live_lists.service import LiveListService
from cordboard.domain.lookups.service import LookupService
from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.numbers.sets import NumberSetService
from cordboard.domain.templates.service import TemplateService
from cordboard.domain.voice.service import VoiceService
from cordboard.domain.webhooks.service import WebhookService
from cordboard.domain.workflows.definitions import Definitions
from cordboard.domain.workflows.effects.add_to_dnc import AddToDncEffects
from cordboard.domain.workflows.effects.add_to_live_list import AddToLiveListEffects
from cordboard.domain.workflows.effects.carrying import Effects
from cordboard.domain.workflows.effects.check_dnc import CheckDncEffects
from cordboard.domain.workflows.effects.edit_contact import EditContactEffects
from cordboard.domain.workflows.effects.place_call import PlaceCallEffects
from cordboard.domain.workflows.effects.send_sms import SendSmsEffects
from cordboard.domain.workflows.effects.start_campaign import StartCampaignEffects
from cordboard.domain.workflows.loop import RunLoop
from cordboard.domain.workflows.outside.answering import Answering
from cordboard.domain.workflows.outside.ask_assistant import BeginTalk
from cordboard.domain.workflows.outside.asking import JOBS, AskLater
from cordboard.domain.workflows.outside.call_webhook import CallWebhookJob
from cordboard.domain.workflows.outside.draw_meme import DrawMemeJob
from cordboard.domain.workflows.outside.look_up_carrier import LookUpCarrierJob
from cordboard.domain.workflows.outside.send_email import SendEmailJob
from cordboard.domain.workflows.pacing import SendingPace
from cordboard.domain.workflows.ports import CallReader, EffectHandler, References, WorkflowCallbacks
from cordboard.domain.workflows.runners.filling import FillRunners
from cordboard.domain.workflows.runners.schedules import ScheduleService
from cordboard.domain.workflows.runners.service import RunnerService
from cordboard.domain.workflows.service import CampaignService
from cordboard.domain.workflows.subscribers import RunSubscribers
from cordboard.domain.workflows.talks.hearing import Hearing
from cordboard.domain.workflows.talks.talk_on import TalkOn
from cordboard.domain.workflows.talks.talking import Talking
from cordboard.domain.workflows.triggers import CampaignTriggers
from cordboard.domain.workflows.use_cases.publish_workflow import MoveRuns, PublishWorkflow
from cordboard.domain.workflows.use_cases.rehearse_campaign import RehearseCampaign
from cordboard.domain.workflows.use_cases.start_runs import StartRuns
from cordboard.domain.workflows.use_cases.step_runs import StepRuns
from cordboard.engines.workflow import effects
from cordboard.engines.workflow.effects import Effect
from cordboard.infra.blobs import Blobs
from cordboard.infra.db import Database, Tx
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids

_STATUS = "campaign_status"


@dataclass(frozen=True, slots=True)
class Talks:
    """Conversations of assistants: what begins them, goes on with them and hears contacts."""

    begin: BeginTalk
    talk_on: TalkOn
    hearing: Hearing


@dataclass(frozen=True, slots=True)
class Campaigns:
    """Campaigns, and the worker's part of them."""

    service: CampaignService
    move: MoveRuns
    fill: FillRunners
    runners: RunnerService
    rehearse: RehearseCampaign
    schedules: ScheduleService
    loop: RunLoop
    subscribers: RunSubscribers
    talks: Talks
    call_webhook: CallWebhookJob
    look_up: LookUpCarrierJob
    send_email: SendEmailJob
    draw_meme: DrawMemeJob
    triggers: CampaignTriggers


class ListenersByWebhooks:
    """`workflows.ports.StatusListeners` by webhooks."""

    def __init__(self, webhooks: WebhookService) -> None:
        self._webhooks = webhooks

    async def listening(self, tx: Tx, account_ids: Sequence[UUID]) -> set[UUID]:
        """The accounts that have a configuration of campaign_status which is turned on."""
        return await self._webhooks.listening(tx, account_ids, _STATUS)


def build_campaigns(
    *,
    database: Database,
    clock: Clock,
    ids: Ids,
    accounts: AccountService,
    contacts: ContactService,
    numbers: NumberService,
    templates: TemplateService,
    billing: BillingService,
    compliance: ComplianceService,
    live_lists: LiveListService,
    messaging: MessagingService,
    assistants: AssistantService,
    voice: VoiceService,
    lookups: LookupService,
    emails: EmailService,
    assets: AssetService,
    blobs: Blobs,
    webhooks: WebhookService,
    callbacks: WorkflowCallbacks,
    references: References,
    calls: CallReader,
) -> Campaigns:
    """The verbs of campaigns."""
    talks = _talks(database, clock, accounts, assistants, messaging)
    definitions, pace = Definitions(), SendingPace(numbers, messaging)
    start = StartRuns(clock=clock, ids=ids, contacts=contacts, definitions=definitions, pace=pace)
    later, listeners = AskLater(clock), ListenersByWebhooks(webhooks)
    handlers: dict[type[Effect], EffectHandler] = {
        **dict.fromkeys(JOBS, later),
        effects.SendSms: SendSmsEffects(clock, messaging),
        effects.PlaceCall: PlaceCallEffects(clock, voice, numbers, calls),
        effects.StartCampaign: StartCampaignEffects(start),
        effects.AddToDnc: AddToDncEffects(compliance),
        effects.CheckDnc: CheckDncEffects(compliance),
        effects.EditContact: EditContactEffects(contacts),
        effects.AddToLiveList: AddToLiveListEffects(live_lists),
    }
    step = StepRuns(
        clock=clock,
        database=database,
        accounts=accounts,
        contacts=contacts,
        definitions=definitions,
        effects=Effects(handlers),
        listeners=listeners,
    )
    answering = Answering(database, clock)
    fill = FillRunners(clock, database, contacts, compliance)
    runners = RunnerService(clock=clock, ids=ids, fill=fill, start=start, sending=pace, contacts=contacts)
    publish = PublishWorkflow(clock, definitions, references)
    return Campaigns(
        service=CampaignService(
            clock=clock,
            ids=ids,
            sets=NumberSetService(clock, ids),
            start=start,
            publish=publish,
            listeners=listeners,
        ),
        move=MoveRuns(database, definitions),
        fill=fill,
        runners=runners,
        rehearse=RehearseCampaign(
            clock=clock,
            database=database,
            accounts=accounts,
            contacts=contacts,
            templates=templates,
            numbers=numbers,
            billing=billing,
            compliance=compliance,
            definitions=definitions,
            pace=pace,
        ),
        schedules=ScheduleService(clock, ids, runners),
        loop=RunLoop(database, clock, step),
        subscribers=RunSubscribers(talks.hearing),
        talks=talks,
        call_webhook=CallWebhookJob(callbacks, answering),
        look_up=LookUpCarrierJob(lookups, answering),
        send_email=SendEmailJob(clock, database, emails),
        draw_meme=DrawMemeJob(clock, database, assets, blobs, answering),
        triggers=CampaignTriggers(clock, contacts, numbers, start),
    )


def _talks(
    database: Database,
    clock: Clock,
    accounts: AccountService,
    assistants: AssistantService,
    messaging: MessagingService,
) -> Talks:
    talking = Talking(clock, accounts, messaging)
    return Talks(
        begin=BeginTalk(database, assistants, talking),
        talk_on=TalkOn(database, assistants, talking),
        hearing=Hearing(talking),
    )
