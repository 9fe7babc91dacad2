"""Campaigns, wired: how contacts enter them, who steps the runs, and what becomes of what a step wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.messaging.service import MessagingService
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.webhooks.service import WebhookService
from cordboard.domain.workflows.definitions import Definitions
from cordboard.domain.workflows.effects.add_to_dnc import AddToDncEffects
from cordboard.domain.workflows.effects.carrying import Effects
from cordboard.domain.workflows.effects.check_dnc import CheckDncEffects
from cordboard.domain.workflows.effects.edit_contact import EditContactEffects
from cordboard.domain.workflows.effects.send_sms import SendSmsEffects
from cordboard.domain.workflows.effects.start_campaign import StartCampaignEffects
from cordboard.domain.workflows.loop import RunLoop
from cordboard.domain.workflows.outside.asking import JOBS, AskLater
from cordboard.domain.workflows.pacing import SendingPace
from cordboard.domain.workflows.ports import EffectHandler
from cordboard.domain.workflows.service import CampaignService
from cordboard.domain.workflows.subscribers import RunSubscribers
from cordboard.domain.workflows.use_cases.start_runs import StartRuns
from cordboard.domain.workflows.use_cases.step_runs import StepRuns
from cordboard.engines.workflow import effects
from cordboard.engines.workflow.effects import Effect
from cordboard.infra.db import Database, Tx
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids

_STATUS = "campaign_status"


@dataclass(frozen=True, slots=True)
class Campaigns:
    """Campaigns, and the worker's part of them."""

    service: CampaignService
    loop: RunLoop
    subscribers: RunSubscribers


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
    compliance: ComplianceService,
    messaging: MessagingService,
    webhooks: WebhookService,
) -> Campaigns:
    """The verbs of campaigns."""
    definitions = Definitions()
    start = StartRuns(
        clock=clock, ids=ids, contacts=contacts, definitions=definitions, pace=SendingPace(clock, numbers)
    )
    later = AskLater(clock)
    handlers: dict[type[Effect], EffectHandler] = {
        **dict.fromkeys(JOBS, later),
        effects.SendSms: SendSmsEffects(clock, messaging),
        effects.StartCampaign: StartCampaignEffects(start),
        effects.AddToDnc: AddToDncEffects(compliance),
        effects.CheckDnc: CheckDncEffects(compliance),
        effects.EditContact: EditContactEffects(contacts),
    }
    step = StepRuns(
        clock=clock,
        database=database,
        accounts=accounts,
        contacts=contacts,
        definitions=definitions,
        effects=Effects(handlers),
        listeners=ListenersByWebhooks(webhooks),
    )
    return Campaigns(
        service=CampaignService(clock=clock, start=start),
        loop=RunLoop(database, clock, step),
        subscribers=RunSubscribers(),
    )
