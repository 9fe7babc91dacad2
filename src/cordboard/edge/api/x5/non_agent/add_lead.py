"""add_lead (request 243)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from cordboard.domain.callcenter.leads.add_lead import AddedLead, AddLead, NewLead, OtherPhone
from cordboard.domain.callcenter.leads.callbacks import Callback
from cordboard.domain.callcenter.leads.lists import LeadLists
from cordboard.domain.callcenter.leads.models import DEFAULT_LIST, Lead, Where
from cordboard.domain.callcenter.leads.screening import Dnc, Duplicates, Flaw, Refusal, Same, Screen
from cordboard.domain.callcenter.objects.custom_field import CustomField
from cordboard.edge.api.x5.functions import TextCall
from cordboard.edge.api.x5.non_agent.lead_extras import LeadExtras, callback_told, written_lead
from cordboard.edge.api.x5.non_agent.restriction import ListRestriction
from cordboard.edge.api.x5.parameters import Parameters, digits_of, plain

_SHORTEST_LIST: Final = 3
_MOST_PHONES: Final = 1024
_DAYS: Final = frozenset({1, 2, 3, 7, 14, 15, 21, 28, 30, 60, 90, 180, 360})
_SEARCH: Final = re.compile(
    r"DUP(?P<same>PHONEALT|TITLEALTPHONE|NAMEPHONE|)(?P<where>LIST|CAMP|SYS)(?:(?P<days>\d{1,3})DAY)?", re.ASCII
)
_PLACES: Final = {"LIST": "LIST", "CAMPAIGN": "CAMPAIGN LISTS", "SYSTEM": "SYSTEM"}
_WHERE: Final[Mapping[str, Where]] = {"LIST": "LIST", "CAMP": "CAMPAIGN", "SYS": "SYSTEM"}
_NUMBER_FLAWS: Final = {
    Flaw.LENGTH: "INVALID PHONE NUMBER LENGTH",
    Flaw.PREFIX: "INVALID PHONE NUMBER PREFIX",
    Flaw.AREA_CODE: "INVALID PHONE NUMBER AREACODE",
    Flaw.DNC: "PHONE NUMBER IN DNC",
}


@dataclass(frozen=True, slots=True)
class AddLeadFunction:
    """The handler."""

    add: AddLead
    lists: LeadLists
    extras: LeadExtras
    restriction: ListRestriction

    async def __call__(self, call: TextCall) -> None:
        """Adds a lead, and says in lines of their own what came of its other numbers, fields, place and callback."""
        list_id = _list_of(call.given)
        phone = call.given.digits("phone_number", most=18)
        if not await self.restriction.allows(call, list_id):
            call.say(f"ERROR: add_lead NOT AN ALLOWED LIST ID - {phone}|{list_id}")
            return
        if call.given.yes("list_exists_check") and not await self.lists.find(call.tx, call.account_id, list_id):
            call.say(f"ERROR: add_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - {phone}|{list_id}")
            return
        fields = await self.extras.custom_fields(call, list_id)
        callback = await self.extras.callback(call, list_id) if call.given.yes("callback") else None
        new = _new_lead(call, list_id, phone, fields, callback if isinstance(callback, Callback) else None)
        added = await self.add(call.tx, new)
        if isinstance(added, Refusal):
            call.say(_refused(call, new.lead, new.screen, added))
            return
        lead = added.lead
        call.say(
            f"SUCCESS: add_lead LEAD HAS BEEN ADDED - {phone}|{list_id}|{lead.lead_id}|{hours_told(lead)}|{call.name}"
        )
        self._tell(call, new, added, fields)
        if isinstance(callback, Callback):
            call.say(f"NOTICE: add_lead SCHEDULED CALLBACK ADDED - {lead.lead_id}|{callback_told(callback)}")
        elif callback is not None:
            problem, told = callback
            call.say(f"NOTICE: add_lead SCHEDULED CALLBACK NOT ADDED, {problem} - {lead.lead_id}|{told}")

    @staticmethod
    def _tell(call: TextCall, new: NewLead, added: AddedLead, fields: dict[str, CustomField]) -> None:
        lead = added.lead
        if new.other_phones:
            count = len(new.other_phones)
            call.say(f"NOTICE: add_lead MULTI-ALT-PHONE NUMBERS LOADED - {count}|{lead.lead_id}|{call.name}")
        if call.given.yes("custom_fields"):
            told = f"{lead.phone_number}|{lead.lead_id}|{lead.list_id}"
            if fields:
                call.say(f"NOTICE: add_lead CUSTOM FIELDS VALUES ADDED - {told}|{len(lead.custom)}")
            else:
                call.say(f"NOTICE: add_lead CUSTOM FIELDS NOT ADDED, NO FIELDS DEFINED - {told}")
        if added.in_line is None:
            return
        told = f"{lead.phone_number}|{lead.lead_id}"
        if added.in_line.hopper_id is None:
            call.say(
                f"NOTICE: add_lead NOT ADDED TO HOPPER, OUTSIDE OF LOCAL TIME - {told}|{hours_told(lead)}|0|{call.name}"
            )
        else:
            call.say(f"NOTICE: add_lead ADDED TO HOPPER - {told}|{added.in_line.hopper_id}|{call.name}")


def _new_lead(
    call: TextCall, list_id: int, phone: str, fields: dict[str, CustomField], callback: Callback | None
) -> NewLead:
    given = call.given
    code = given.digits("phone_code", most=10) or "1"
    return NewLead(
        lead=written_lead(call, list_id, code, phone, fields),
        screen=_screen(given),
        zone_method=given.choice("tz_method"),
        other_phones=_other_phones(given.raw("multi_alt_phones")[:_MOST_PHONES]),
        hopper=(given.whole("hopper_priority") or 0) if given.yes("add_to_hopper") else None,
        in_hours=given.yes("hopper_local_call_time_check"),
        callback=callback,
    )


def _screen(given: Parameters) -> Screen:
    return Screen(
        prefix=given.yes("usacan_prefix_check"),
        area_code=given.yes("usacan_areacode_check"),
        dnc=_dnc(given, "dnc_check"),
        campaign_dnc=_dnc(given, "campaign_dnc_check"),
        campaign_id=given.word("campaign_id", most=8),
        duplicates=tuple(_searches(given.raw("duplicate_check").upper())),
    )


def _searches(text: str) -> Iterator[Duplicates]:
    for match in _SEARCH.finditer(text):
        days = int(match["days"]) if match["days"] else None
        same = cast("Same", match["same"] or "PHONE")
        yield Duplicates(same=same, where=_WHERE[match["where"]], days=days if days in _DAYS else None)


def _dnc(given: Parameters, name: str) -> Dnc:
    if given.choice(name) == "AREACODE":
        return "AREACODE"
    return "Y" if given.yes(name) else "N"


def _other_phones(text: str) -> tuple[OtherPhone, ...]:
    """Records number_code_note, joined by exclamation marks."""
    found = []
    for record in text.split("!"):
        number, _, rest = record.partition("_")
        code, _, note = rest.partition("_")
        if digits := digits_of(number)[:18]:
            found.append(OtherPhone(digits, digits_of(code)[:10] or "1", plain(note)[:100]))
    return tuple(found)


def _list_of(given: Parameters) -> int:
    digits = given.digits("list_id", most=14)
    return int(digits) if len(digits) >= _SHORTEST_LIST else DEFAULT_LIST


def _refused(call: TextCall, lead: Lead, screen: Screen, refusal: Refusal) -> str:
    phone = lead.phone_number
    if refusal.flaw in _NUMBER_FLAWS:
        return f"ERROR: add_lead {_NUMBER_FLAWS[refusal.flaw]} - {phone}|{call.name}"
    if refusal.flaw is Flaw.CAMPAIGN_DNC or refusal.search is None or refusal.found is None:
        return f"ERROR: add_lead PHONE NUMBER IN CAMPAIGN DNC - {phone}|{screen.campaign_id}|{call.name}"
    found, search = refusal.found, refusal.search
    what, values = {
        "PHONE": ("PHONE NUMBER", phone),
        "PHONEALT": ("PHONE NUMBER", phone),
        "TITLEALTPHONE": ("TITLE ALT_PHONE", f"{lead.title}|{lead.alt_phone}"),
        "NAMEPHONE": ("NAME PHONE", f"{lead.first_name}|{lead.last_name}|{phone}"),
    }[search.same]
    line = f"ERROR: add_lead DUPLICATE {what} IN {_PLACES[search.where]} - {values}|{lead.list_id}|{found.lead_id}"
    line = line if search.where == "LIST" else f"{line}|{found.list_id}"
    return f"{line}|{found.by}" if found.by else line


def hours_told(lead: Lead) -> str:
    """An offset as programs read it: -5, or 5.5."""
    return f"{lead.gmt_offset_now.normalize():f}"
