"""Voice on the services below it: what every role that touches calls works with."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.accounts.service import AccountService
from cordboard.domain.billing.service import BillingService
from cordboard.domain.compliance.service import ComplianceService
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.numbers.service import NumberService
from cordboard.domain.voice.admission import Admission, Limits
from cordboard.domain.voice.service import VoiceService
from cordboard.domain.voice.thresholds import Thresholds
from cordboard.domain.voice.use_cases.admit_inbound import AdmitInbound
from cordboard.domain.voice.use_cases.confer import Confer
from cordboard.domain.voice.use_cases.follow_calls import FollowCalls
from cordboard.domain.voice.use_cases.place_calls import PlaceCalls
from cordboard.kit.clock import Clock
from cordboard.kit.ids import Ids
from cordboard.run.settings import Voice


@dataclass(frozen=True, slots=True)
class VoiceParts:
    """The service, and the counter whose timers the worker fires."""

    service: VoiceService
    thresholds: Thresholds


def build_voice_service(
    settings: Voice,
    *,
    clock: Clock,
    ids: Ids,
    accounts: AccountService,
    contacts: ContactService,
    numbers: NumberService,
    billing: BillingService,
    compliance: ComplianceService,
) -> VoiceParts:
    """The verbs of calls, wired."""
    limits = Limits(settings.concurrent_calls, settings.calls_per_second, settings.caps())
    admission = Admission(accounts, limits)
    thresholds = Thresholds(clock, accounts)
    place = PlaceCalls(
        clock=clock,
        ids=ids,
        accounts=accounts,
        contacts=contacts,
        numbers=numbers,
        billing=billing,
        compliance=compliance,
        admission=admission,
        thresholds=thresholds,
    )
    service = VoiceService(
        clock=clock,
        ids=ids,
        place=place,
        admit=AdmitInbound(clock, ids, contacts, billing, admission),
        follow=FollowCalls(clock, billing),
        confer=Confer(clock, ids),
    )
    return VoiceParts(service, thresholds)
