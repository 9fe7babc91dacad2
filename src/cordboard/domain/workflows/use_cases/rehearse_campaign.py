"""Rehearsing a campaign: what it would do with some people, on a clock of its own. Nothing leaves, nothing is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.billing.models import Usage
from cordboard.domain.billing.service import BillingService
from cordboard.domain.compliance.models import Candidate
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.ext_data import clean_ext_data, timezone_of
from cordboard.domain.contacts.models import PHONE_FIELD, Contact
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.messaging.gating import quiet_hours_of
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.templates.service import TemplateService
from cordboard.domain.workflows.definitions import Definitions
from cordboard.domain.workflows.errors import CampaignNotFoundError, NoWorkflowError
from cordboard.domain.workflows.models import Campaign
from cordboard.domain.workflows.pacing import SendingPace
from cordboard.domain.workflows.rehearsing import PricedCrew
from cordboard.domain.workflows.repository import campaigns
from cordboard.engines.rules.statements import Statement, all_hold
from cordboard.engines.workflow import world
from cordboard.engines.workflow.definition import Definition, read_definition
from cordboard.engines.workflow.nodes.sms_send import SmsSend
from cordboard.engines.workflow.rehearsal.behaviour import Behaviour
from cordboard.engines.workflow.rehearsal.rehearsing import Rehearsal
from cordboard.engines.workflow.rehearsal.report import Report
from cordboard.engines.workflow.rehearsal.staging import Actor, Production
from cordboard.engines.workflow.validation import faults_of
from cordboard.engines.workflow.world import Person
from cordboard.infra.db import Database, Tx
from cordboard.infra.turns import Turns
from cordboard.kit.clock import Clock, monotonic
from cordboard.kit.errors import CordboardError, FieldError, InvalidInputError

MOST_PEOPLE: Final = 10_000
USUAL_SIZE: Final = 100
LONGEST_SECONDS: Final = 10.0
_AT_ONCE: Final = 20
_SCANNED: Final = 5000
_MOST_SCANNED: Final = 100_000
_CHANNELS: Final = (("sms", "sms", False), ("call", "call", False), ("federal", "call", True))


class RehearsalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes part (contacts by id, those for whom statements hold, people made up, or else the first contacts), how
    they behave, and what is run: `workflow` in place of what is published.
    """

    contact_ids: tuple[UUID, ...] = ()
    statements: tuple[Statement, ...] = ()
    people: tuple[dict[str, Any], ...] = ()
    size: int = USUAL_SIZE
    workflow: str | None = None
    start: datetime | None = None
    period: timedelta = timedelta(0)
    variables: dict[str, str] = {}
    behaviour: Behaviour = Behaviour()
    seed: int = 1


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, of which definition, in whose currency."""

    definition: Definition
    report: Report
    currency: str


class RehearseCampaign:
    """The verb. What has to be known is read in one transaction; the rehearsal itself is in a thread of its own."""

    def __init__(
        self,
        *,
        clock: Clock,
        database: Database,
        accounts: AccountService,
        contacts: ContactService,
        templates: TemplateService,
        numbers: NumberService,
        billing: BillingService,
        compliance: ComplianceService,
        definitions: Definitions,
        pace: SendingPace,
    ) -> None:
        self._clock = clock
        self._database = database
        self._accounts = accounts
        self._contacts = contacts
        self._templates = templates
        self._numbers = numbers
        self._billing = billing
        self._compliance = compliance
        self._definitions = definitions
        self._pace = pace
        self._turns = Turns(most=2, most_of_one=1)

    async def __call__(self, account_id: UUID, campaign_id: UUID, request: RehearsalRequest) -> Rehearsed:
        """The report. Raises CampaignNotFoundError, NoWorkflowError, InvalidInputError, TooManyRequestsError."""
        async with self._turns.taken(account_id):
            async with self._database.transaction() as tx:
                campaign = await campaigns.find(tx, account_id, campaign_id)
                if campaign is None or campaign.archived:
                    raise CampaignNotFoundError("campaignId")
                definition = await self._definition(tx, campaign, request)
                cast = await self._cast(tx, account_id, request)
                crew = await self._crew(tx, campaign, definition, cast)
                production = await self._production(tx, campaign, request)
                currency = (await self._billing.balance(tx, account_id)).currency
            rehearsal = Rehearsal(definition, cast, request.behaviour, production, crew)
            report = await asyncio.to_thread(_played, rehearsal)
        return Rehearsed(definition=definition, report=report, currency=currency)

    async def _definition(self, tx: Tx, campaign: Campaign, request: RehearsalRequest) -> Definition:
        if request.workflow is None:
            if not campaign.workflow_version:
                raise NoWorkflowError(f"campaign {campaign.id} has no workflow yet")
            return await self._definitions.of(tx, (campaign.account_id, campaign.id, campaign.workflow_version))
        definition = read_definition(request.workflow)
        if faults := faults_of(definition):
            raise InvalidInputError(faults)
        return definition

    async def _production(self, tx: Tx, campaign: Campaign, request: RehearsalRequest) -> Production:
        return Production(
            campaign=world.Campaign(id=str(campaign.id), protection=campaign.protection),
            start=request.start or self._clock.now(),
            variables=request.variables,
            period=request.period,
            rate=await self._pace.rate(tx, campaign.account_id, campaign.number_set_id),
            seed=request.seed,
        )

    async def _cast(self, tx: Tx, account_id: UUID, request: RehearsalRequest) -> list[Actor]:
        """Who takes part, with the lists that they are on."""
        if request.people:
            people = [self._made_up(place, given) for place, given in enumerate(request.people)]
        else:
            people = [_person(one) for one in await self._sample(tx, account_id, request)]
        listed: list[set[str]] = [set() for _ in people]
        for name, channel, federal in _CHANNELS:
            candidates = [_candidate(account_id, one.phone, channel, federal=federal) for one in people]
            for place, is_listed in enumerate(await self._compliance.listed(tx, candidates)):
                if is_listed:
                    listed[place].add(name)
        return [Actor(person=one, listed=frozenset(lists)) for one, lists in zip(people, listed, strict=True)]

    async def _sample(self, tx: Tx, account_id: UUID, request: RehearsalRequest) -> list[Contact]:
        if request.contact_ids:
            found = await self._contacts.by_ids(tx, account_id, request.contact_ids)
            if unknown := [one for one in request.contact_ids if one not in found]:
                raise InvalidInputError.of("contactIds", f"names an unknown contact: {unknown[0]}")
            return list(found.values())
        chosen: list[Contact] = []
        after: UUID | None = None
        for _ in range(_MOST_SCANNED // _SCANNED):
            page = await self._contacts.scan(tx, account_id, after, _SCANNED)
            chosen += [one for one in page if all_hold(request.statements, one.ext_data)]
            if len(page) < _SCANNED or len(chosen) >= request.size:
                break
            after = page[-1].id
        return chosen[: request.size]

    def _made_up(self, place: int, given: Mapping[str, Any]) -> Person:
        """Raises InvalidInputError naming what is wrong with somebody."""
        try:
            data = clean_ext_data(given)
        except InvalidInputError as error:
            errors = [FieldError(f"contacts[{place}].{one.field}", one.problem) for one in error.errors]
            raise InvalidInputError(errors) from error
        return Person(
            id=f"contacts[{place}]",
            created_at=self._clock.now(),
            phone=data.get(PHONE_FIELD, ""),
            timezone_id=timezone_of(data),
            ext_data=data,
        )

    async def _crew(self, tx: Tx, campaign: Campaign, definition: Definition, cast: Sequence[Actor]) -> PricedCrew:
        account_id, set_id = campaign.account_id, campaign.number_set_id
        wanted = {UUID(node.sms_template_id) for node in definition.nodes.values() if isinstance(node, SmsSend)}
        templates = await self._templates.by_ids(tx, account_id, sorted(wanted))
        sender = await self._number(tx, account_id, set_id, calls=False)
        reached = [actor.person for actor in cast if actor.person.phone]
        usages = [
            Usage(account_id=account_id, service="sms_out", number=one.phone, own=sender, lob="broadcast")
            for one in reached
        ]
        terms = await self._billing.terms(tx, usages)
        settings = await self._accounts.settings(tx, account_id)
        return PricedCrew(
            sender=sender,
            caller=await self._number(tx, account_id, set_id, calls=True),
            templates={str(one): template for one, template in templates.items()},
            terms={one.id: term for one, term in zip(reached, terms, strict=True)},
            substitute=settings.substitute_look_alikes,
            asked=replace(_candidate(account_id, "", "sms"), sender=sender, quiet=quiet_hours_of(settings)),
        )

    async def _number(self, tx: Tx, account_id: UUID, set_id: UUID | None, *, calls: bool) -> str:
        """A number of the set that can; empty where there is none."""
        if set_id is None:
            return ""
        pick = self._numbers.pick_callers if calls else self._numbers.pick_from_set
        (found,) = await self._numbers.pick_each(tx, [(account_id, set_id)], pick)
        return "" if isinstance(found, CordboardError) else found.phone_number


def _played(rehearsal: Rehearsal) -> Report:
    """To its end, or as far as the time goes."""
    started = monotonic()
    while rehearsal.go_on(_AT_ONCE):
        if monotonic() - started > LONGEST_SECONDS:
            rehearsal.cut_off(f"after {LONGEST_SECONDS:.0f} seconds; take fewer people")
    return rehearsal.report()


def _person(contact: Contact) -> Person:
    return Person(
        id=str(contact.id),
        created_at=contact.created_at,
        phone=contact.phone or "",
        timezone_id=contact.timezone,
        ext_data=dict(contact.ext_data),
    )


def _candidate(account_id: UUID, recipient: str, channel: str, *, federal: bool = False) -> Candidate:
    return Candidate(
        subject_id=account_id,
        account_id=account_id,
        channel="call" if channel == "call" else "sms",
        sender="",
        recipient=recipient,
        message_class="marketing",
        quiet=None,
        at="accept",
        federal=federal,
    )
