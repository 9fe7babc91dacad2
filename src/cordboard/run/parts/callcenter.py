"""The contact centre, wired."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.callcenter.leads.add_lead import AddLead
from cordboard.domain.callcenter.leads.change_lead import ChangeLead
from cordboard.domain.callcenter.leads.find_leads import FindLeads
from cordboard.domain.callcenter.leads.lining_up import LineUp
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
    line_up: LineUp
    add_lead: AddLead
    find_leads: FindLeads
    change_lead: ChangeLead


def build_callcenter(*, database: Database, clock: Clock, compliance: ComplianceService) -> CallCenter:
    """The contact centre of an installation."""
    objects, lists = ObjectService(clock), LeadLists(clock)
    line_up = LineUp(clock, lists, objects)
    return CallCenter(
        objects=objects,
        users=CenterUsers(clock, objects),
        sign_in=SignIntoCenter(database, clock),
        lists=lists,
        line_up=line_up,
        add_lead=AddLead(clock, ScreenLead(compliance, objects), line_up),
        find_leads=FindLeads(),
        change_lead=ChangeLead(clock, compliance),
    )
