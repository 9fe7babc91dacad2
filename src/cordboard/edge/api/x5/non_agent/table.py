"""Which functions `non_agent.php` has: name, handler, and who may call it."""

from __future__ import annotations

from dataclasses import dataclass

from cordboard.domain.callcenter.leads.add_lead import AddLead
from cordboard.domain.callcenter.leads.change_lead import ChangeLead
from cordboard.domain.callcenter.leads.find_leads import FindLeads
from cordboard.domain.callcenter.leads.lining_up import LineUp
from cordboard.domain.callcenter.leads.lists import LeadLists
from cordboard.domain.callcenter.objects.service import ObjectService
from cordboard.domain.callcenter.users.models import UserSettings
from cordboard.domain.callcenter.users.service import CenterUsers
from cordboard.edge.api.x5.functions import Function, Functions
from cordboard.edge.api.x5.non_agent.add_lead import AddLeadFunction
from cordboard.edge.api.x5.non_agent.lead_extras import LeadExtras
from cordboard.edge.api.x5.non_agent.list_fields import ListFields
from cordboard.edge.api.x5.non_agent.lists import AddListFunction, UpdateListFunction
from cordboard.edge.api.x5.non_agent.restriction import ListRestriction
from cordboard.edge.api.x5.non_agent.update_lead import UpdateLeadFunction
from cordboard.edge.api.x5.non_agent.users import AddUserFunction, UpdateUserFunction


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the functions are made of."""

    objects: ObjectService
    users: CenterUsers
    lists: LeadLists
    add_lead: AddLead
    find_leads: FindLeads
    change_lead: ChangeLead
    line_up: LineUp


def functions_of(cases: UseCases) -> Functions:
    """The table."""
    restriction = ListRestriction(cases.objects, cases.lists)
    extras = LeadExtras(cases.objects, cases.users)
    fields = ListFields(cases.objects)
    add_list = AddListFunction(cases.lists, cases.objects, fields)
    return {
        "add_lead": Function(
            AddLeadFunction(cases.add_lead, cases.lists, extras, restriction),
            "ADD LEADS TO THE SYSTEM",
            _modifies_leads,
        ),
        "update_lead": Function(
            UpdateLeadFunction(
                cases.find_leads,
                cases.change_lead,
                cases.add_lead,
                cases.line_up,
                cases.lists,
                cases.objects,
                extras,
                restriction,
            ),
            "UPDATE LEADS IN THE SYSTEM",
            _modifies_leads,
        ),
        "add_list": Function(add_list, "ADD LISTS", _modifies_lists),
        "update_list": Function(
            UpdateListFunction(cases.lists, cases.objects, fields, restriction, add_list),
            "UPDATE LISTS",
            _modifies_lists,
        ),
        "add_user": Function(AddUserFunction(cases.users, cases.objects), "ADD USERS", _modifies_users),
        "update_user": Function(UpdateUserFunction(cases.users, cases.objects), "UPDATE USERS", _modifies_users),
    }


def _modifies_leads(settings: UserSettings) -> bool:
    return bool(settings.vdc_agent_api_access) and settings.modify_leads in (1, 2, 3, 4)


def _modifies_lists(settings: UserSettings) -> bool:
    return bool(settings.vdc_agent_api_access and settings.modify_lists)


def _modifies_users(settings: UserSettings) -> bool:
    return bool(settings.vdc_agent_api_access and settings.modify_users)
