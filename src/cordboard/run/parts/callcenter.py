"""The contact centre, wired."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.callcenter.leads.add_lead import AddLead
from cordboard.domain.callcenter.leads.lists import LeadLists
from cordboard.domain.callcenter.leads.screening import ScreenLead
from cordboard.domain.callcenter.objects.service import ObjectService
from cordboard.domain.callcenter.users.service import CenterUsers
from cordboard.domain.callcenter.users.signing_in import SignIntoCenter
from cordboard.domain.compliance.service import ComplianceService
from cordboard.infra.db import Database
from cordboard.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class CallCenter:
    """The verbs of the contact centre."""

    objects: ObjectService
    users: CenterUsers
    sign_in: SignIntoCenter
    lists: LeadLists
    add_lead: AddLead


def build_callcenter(*, database: Database, clock: Clock, compliance: ComplianceService) -> CallCenter:
    """The contact centre of an installation."""
    objects, lists = ObjectService(clock), LeadLists(clock)
    return CallCenter(
        objects=objects,
        users=CenterUsers(clock, objects),
        sign_in=SignIntoCenter(database, clock),
        lists=lists,
        add_lead=AddLead(clock, lists, objects, ScreenLead(compliance, objects)),
    )
