"""update_lead (request 244)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cordboard.domain.callcenter.leads.add_lead import AddedLead, AddLead, NewLead
from cordboard.domain.callcenter.leads.callbacks import Callback
from cordboard.domain.callcenter.leads.change_lead import ChangeLead, DncTarget
from cordboard.domain.callcenter.leads.find_leads import FindLeads, LeadSearch
from cordboard.domain.callcenter.leads.lining_up import LineUp
from cordboard.domain.callcenter.leads.lists import LeadLists
from cordboard.domain.callcenter.leads.models import Lead, Where
from cordboard.domain.callcenter.objects.campaign import CenterCampaign
from cordboard.domain.callcenter.objects.service import ObjectService
from cordboard.edge.api.x5.functions import TextCall
from cordboard.edge.api.x5.non_agent.add_lead import hours_told
from cordboard.edge.api.x5.non_agent.lead_extras import LeadExtras, callback_told, custom_values, written_lead
from cordboard.edge.api.x5.non_agent.lead_fields import given_fields
from cordboard.edge.api.x5.non_agent.restriction import ListRestriction
from cordboard.edge.api.x5.parameters import Parameters

_METHODS: Final = ("LEAD_ID", "VENDOR_LEAD_CODE", "PHONE_NUMBER")
_LOCATIONS: Final[Mapping[str, Where]] = {"LIST": "LIST", "CAMPAIGN": "CAMPAIGN"}
_LOWEST_LIST: Final = 99
_SHORTEST_NUMBER: Final = 6
_MOST_RECORDS: Final = 1000
_HOME_LENGTH: Final = 10
_DNC: Final = "DNC"


@dataclass(frozen=True, slots=True)
class UpdateLeadFunction:
    """The handler."""

    find: FindLeads
    change: ChangeLead
    add: AddLead
    line_up: LineUp
    lists: LeadLists
    objects: ObjectService
    extras: LeadExtras
    restriction: ListRestriction

    async def __call__(self, call: TextCall) -> None:
        """Finds leads, and changes or removes them; adds one where none is found and that is asked for."""
        search = _search(call.given)
        if search is None:
            method = call.given.choice("search_method")
            call.say(f"ERROR: update_lead NO VALID SEARCH METHOD - {call.name}|{method}|{_sought(call.given)}")
            return
        if search.list_id and not await self.restriction.allows(call, search.list_id):
            told = f"{_phone(call.given)}|{search.list_id}"
            call.say(f"ERROR: update_lead NOT AN ALLOWED LIST ID, SEARCH - {told}")
            return
        leads = await self.find(call.tx, call.account_id, search)
        if not leads:
            await self._none(call)
        elif problem := await self._problem(call, leads):
            call.say(f"ERROR: update_lead {problem}")
        else:
            for lead in leads:
                await self._take(call, lead)

    async def _none(self, call: TextCall) -> None:
        told = f"|{call.name}|{_sought(call.given)}"
        kind = "NOTICE" if call.given.yes("insert_if_not_found") or call.given.yes("no_update") else "ERROR"
        call.say(f"{kind}: update_lead NO MATCHES FOUND IN THE SYSTEM: {told}")
        if call.given.yes("insert_if_not_found") and not call.given.yes("no_update"):
            await self._insert(call)

    async def _insert(self, call: TextCall) -> None:
        given = call.given
        phone, code = _phone(given), given.digits("phone_code", most=10)
        digits = given.digits("list_id_field", most=14) or given.digits("list_id", most=14)
        if len(phone) < _SHORTEST_NUMBER or not code or len(digits) < len(str(_LOWEST_LIST)):
            call.say(f"ERROR: update_lead INVALID DATA FOR LEAD INSERTION - {call.name}|{phone}|{code}|{digits}|Y")
            return
        list_id = int(digits)
        if not await self.restriction.allows(call, list_id):
            call.say(f"ERROR: update_lead NOT AN ALLOWED LIST ID, INSERT - {phone}|{list_id}")
            return
        fields = await self.extras.custom_fields(call, list_id)
        lead = written_lead(call, list_id, code, phone, fields, **_status(given))
        added = await self.add(call.tx, NewLead(lead=lead, zone_method=given.choice("tz_method")))
        if isinstance(added, AddedLead):
            told = f"{phone}|{list_id}|{added.lead.lead_id}|{hours_told(added.lead)}|{call.name}"
            call.say(f"SUCCESS: update_lead LEAD HAS BEEN ADDED - {told}")
        else:
            call.say(f"ERROR: update_lead INVALID DATA FOR LEAD INSERTION - {call.name}|{phone}|{code}|{digits}|Y")

    async def _problem(self, call: TextCall, leads: list[Lead]) -> str:
        """Why what was found must not be touched as it is asked for; empty where it may be."""
        given = call.given
        for list_id in dict.fromkeys(lead.list_id for lead in leads):
            if not await self.restriction.allows(call, list_id):
                return f"NOT AN ALLOWED LIST ID, RESULTS - {list_id}"
        moved_to = given.digits("list_id_field", most=14)
        if moved_to and not await self.restriction.allows(call, int(moved_to)):
            return f"NOT AN ALLOWED LIST ID, RESULTS - {moved_to}"
        if moved_to and given.yes("list_exists_check") and not await self._has_list(call, int(moved_to)):
            return f"NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - {_phone(given)}|{moved_to}"
        target = given.choice("ADDTODNC")
        if _status(given).get("status") == _DNC and target not in ("INTERNAL", "CAMPAIGN", "BOTH"):
            return f"ADDTODNC MUST BE INTERNAL, CAMPAIGN OR BOTH WITH STATUS DNC - {call.name}|{target}"
        campaign_id = given.word("campaign_id", most=8)
        if target in ("CAMPAIGN", "BOTH") and not await self._has_campaign(call, campaign_id):
            return f"CAMPAIGN DOES NOT EXIST - {call.name}|{campaign_id}"
        return ""

    async def _take(self, call: TextCall, lead: Lead) -> None:
        given = call.given
        if given.yes("no_update"):
            told = f"|{call.name}|{lead.lead_id}|{lead.vendor_lead_code}|{lead.phone_number}"
            call.say(f"NOTICE: update_lead LEADS FOUND IN THE SYSTEM: {told}|{lead.list_id}|{lead.entry_list_id}")
        elif given.yes("delete_lead"):
            count = await self.change.delete(call.tx, lead)
            told = f"{call.name}|{lead.lead_id}|1|0|0|"
            call.say(f"SUCCESS: update_lead LEAD HAS BEEN DELETED {count}|0 - {told}")
            return
        else:
            lead = await self._update(call, lead)
        await self._line_up(call, lead)

    async def _update(self, call: TextCall, lead: Lead) -> Lead:
        fields = await self.extras.custom_fields(call, lead.entry_list_id or lead.list_id)
        custom = custom_values(call, fields)
        changes = {**_changes(call.given), **({"custom": {**lead.custom, **custom}} if custom else {})}
        lead = await self.change.edit(call.tx, lead, changes)
        call.say(f"SUCCESS: update_lead LEAD HAS BEEN UPDATED - {call.name}|{lead.lead_id}|1|||")
        target = _dnc_target(call.given)
        if target is not None:
            await self.change.do_not_call(call.tx, lead, target, call.given.word("campaign_id", most=8))
        if custom:
            lists = f"{lead.list_id}|{lead.entry_list_id}|{lead.entry_list_id or lead.list_id}"
            told = f"{lead.phone_number}|{lead.lead_id}|{lists}|{len(custom)}"
            call.say(f"NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - {told}")
        return await self._schedule(call, lead)

    async def _schedule(self, call: TextCall, lead: Lead) -> Lead:
        if call.given.choice("callback") == "REMOVE":
            count = await self.change.unschedule(call.tx, lead)
            call.say(f"NOTICE: update_lead SCHEDULED CALLBACK DELETED - {call.name}|{lead.lead_id}|{count}|0")
        elif call.given.yes("callback"):
            callback = await self.extras.callback(call, lead.list_id)
            if isinstance(callback, Callback):
                lead = await self.change.schedule(call.tx, lead, callback)
                call.say(f"NOTICE: update_lead SCHEDULED CALLBACK ADDED - {lead.lead_id}|{callback_told(callback)}")
            else:
                problem, told = callback
                call.say(f"NOTICE: update_lead SCHEDULED CALLBACK NOT ADDED, {problem} - {lead.lead_id}|{told}")
        return lead

    async def _line_up(self, call: TextCall, lead: Lead) -> None:
        given = call.given
        if not given.yes("add_to_hopper"):
            return
        priority = given.whole("hopper_priority") or 0
        place = await self.line_up(call.tx, lead, priority, in_hours=given.yes("hopper_local_call_time_check"))
        told = f"{lead.phone_number}|{lead.lead_id}"
        if place.hopper_id is not None:
            call.say(f"NOTICE: update_lead ADDED TO HOPPER - {told}|{place.hopper_id}|{call.name}")
        elif place.is_late:
            late = f"{told}|{hours_told(lead)}|0|{call.name}"
            call.say(f"NOTICE: update_lead NOT ADDED TO HOPPER, OUTSIDE OF LOCAL TIME - {late}")
        else:
            call.say(f"NOTICE: update_lead NOT ADDED TO HOPPER, LEAD IS ALREADY IN THE HOPPER - {told}|{call.name}")

    async def _has_list(self, call: TextCall, list_id: int) -> bool:
        return await self.lists.find(call.tx, call.account_id, list_id) is not None

    async def _has_campaign(self, call: TextCall, campaign_id: str) -> bool:
        return await self.objects.find(call.tx, call.account_id, CenterCampaign, campaign_id) is not None


def _search(given: Parameters) -> LeadSearch | None:
    """What is looked for; None where the method is none, or what it needs is missing."""
    asked = given.choice("search_method") or "LEAD_ID"
    methods = [method for method in _METHODS if method in asked]
    lead_id, digits = given.digits("lead_id", most=9), given.digits("list_id", most=14)
    list_id = int(digits) if digits and int(digits) >= _LOWEST_LIST else 0
    location = _LOCATIONS.get(given.choice("search_location"), "SYSTEM") if list_id else "SYSTEM"
    search = LeadSearch(
        lead_id=int(lead_id) if lead_id and "LEAD_ID" in asked.replace("VENDOR_LEAD_CODE", "") else None,
        vendor_lead_code=given.text("vendor_lead_code", most=20) if "VENDOR_LEAD_CODE" in methods else None,
        phone_number=_phone(given) if "PHONE_NUMBER" in methods else None,
        location=location,
        list_id=list_id,
        records=max(1, min(_MOST_RECORDS, given.whole("records") or 1)),
    )
    return search if search.lead_id is not None or search.vendor_lead_code or search.phone_number else None


def _sought(given: Parameters) -> str:
    vendor = given.text("vendor_lead_code", most=20)
    return f"{given.digits('lead_id', most=9)}|{vendor}|{_phone(given)}"


def _phone(given: Parameters) -> str:
    digits = given.digits("phone_number", most=18)
    return digits[-_HOME_LENGTH:] if given.yes("from_ytel_api") else digits


def _status(given: Parameters) -> dict[str, Any]:
    status = given.word("status", most=8)
    return {"status": status} if status else {}


def _changes(given: Parameters) -> dict[str, Any]:
    """The fields that are to be written."""
    found = {**given_fields(given), **_status(given)}
    if "VENDOR_LEAD_CODE" in given.choice("search_method"):
        found.pop("vendor_lead_code", None)
    if agent := given.text("user_field", most=20):
        found["agent"] = agent
    if digits := given.digits("list_id_field", most=14):
        found["list_id"] = int(digits)
    if given.yes("reset_lead"):
        found["called_since_last_reset"] = "N"
    if given.yes("update_phone_number", "updateNumber") and len(_phone(given)) >= _SHORTEST_NUMBER:
        found["phone_number"] = _phone(given)
    return found


def _dnc_target(given: Parameters) -> DncTarget | None:
    match given.choice("ADDTODNC"):
        case "INTERNAL" | "CAMPAIGN" | "BOTH" as target:
            return target
    return None
