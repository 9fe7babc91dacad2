"""add_list and update_list (requests 251 and 252)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cordboard.domain.callcenter.leads.errors import ListExistsError, ResetLimitError
from cordboard.domain.callcenter.leads.lists import LeadLists
from cordboard.domain.callcenter.leads.models import ListSettings
from cordboard.domain.callcenter.objects.campaign import CenterCampaign
from cordboard.domain.callcenter.objects.service import ObjectService
from cordboard.edge.api.x5.bad_field import OPTIONAL, BadFieldError
from cordboard.edge.api.x5.functions import TextCall
from cordboard.edge.api.x5.non_agent.list_fields import ListFields
from cordboard.edge.api.x5.non_agent.restriction import ListRestriction
from cordboard.edge.api.x5.parameters import Parameters

_SHORTEST_ID, _LONGEST_ID = 2, 14
_SHORTEST_NAME, _SHORTEST_NEW_NAME, _LONGEST_NAME = 6, 2, 30
_REQUIRED: Final = "YOU MUST USE ALL REQUIRED FIELDS"


@dataclass(frozen=True, slots=True)
class AddListFunction:
    """The handler of add_list."""

    lists: LeadLists
    objects: ObjectService
    fields: ListFields

    async def __call__(self, call: TextCall) -> None:
        """Adds a list to a campaign."""
        list_id, name, campaign_id = _id(call.given), _name(call.given), call.given.word("campaign_id", most=8)
        if list_id is None or len(name) < _SHORTEST_NEW_NAME or len(campaign_id) < _SHORTEST_ID:
            told = f"{call.given.digits('list_id', most=_LONGEST_ID)}|{name}|{campaign_id}"
            call.say(f"ERROR: add_list {_REQUIRED}: |{call.name}|{told}")
            return
        if await self.objects.find(call.tx, call.account_id, CenterCampaign, campaign_id) is None:
            call.say(f"ERROR: add_list CAMPAIGN DOES NOT EXIST: |{call.name}|{campaign_id}")
            return
        try:
            settings = ListSettings(list_name=name, **await self.fields.given(call))
            await self.lists.add(call.tx, call.account_id, list_id, campaign_id, settings)
        except BadFieldError as error:
            call.say(f"ERROR: add_list {error.problem}: |{call.name}|{error.value}")
        except ListExistsError:
            call.say(f"ERROR: add_list LIST ALREADY EXISTS: |{call.name}|{list_id}")
        else:
            call.say(f"SUCCESS: add_list LIST HAS BEEN ADDED - {call.name}|{list_id}|{name}|{campaign_id}")


@dataclass(frozen=True, slots=True)
class UpdateListFunction:
    """The handler of update_list."""

    lists: LeadLists
    objects: ObjectService
    fields: ListFields
    restriction: ListRestriction
    add_list: AddListFunction

    async def __call__(self, call: TextCall) -> None:
        """Changes a list, has its leads called again, or removes them or it."""
        list_id = _id(call.given)
        if list_id is None:
            call.say(f"ERROR: update_list {_REQUIRED}: |{call.name}|{call.given.digits('list_id', most=_LONGEST_ID)}")
        elif await self.lists.find(call.tx, call.account_id, list_id) is None:
            await self._without(call, list_id)
        elif not await self.restriction.allows(call, list_id):
            call.say(f"ERROR: update_list NOT AN ALLOWED LIST ID - {list_id}")
        else:
            await self._update(call, list_id)

    async def _without(self, call: TextCall, list_id: int) -> None:
        if not call.given.yes("insert_if_not_found"):
            call.say(f"ERROR: update_list LIST DOES NOT EXIST: |{call.name}|{list_id}")
            return
        told = f"|{call.name}|{list_id}"
        call.say(f"NOTICE: update_list LIST DOES NOT EXIST, SENDING TO add_list FUNCTION: {told}")
        await self.add_list(call)

    async def _update(self, call: TextCall, list_id: int) -> None:
        given = call.given
        if given.yes("delete_list"):
            if not call.user.settings.delete_lists:
                call.say(f"ERROR: update_list USER DOES NOT HAVE PERMISSION TO DELETE LISTS: |{call.name}|0|")
                return
            count = await self.lists.delete(call.tx, call.account_id, list_id)
            call.say(f"NOTICE: update_list LIST HAS BEEN DELETED - {call.name}|{list_id}|{count}")
            return
        changed = await self._settings(call, list_id)
        if changed is None:
            return
        acted = await self._act(call, list_id)
        if changed:
            call.say(f"SUCCESS: update_list LIST HAS BEEN UPDATED - {call.name}|{list_id}")
        elif not acted:
            call.say(f"NOTICE: update_list NO UPDATES DEFINED: |{call.name}|")

    async def _settings(self, call: TextCall, list_id: int) -> bool | None:
        """Whether settings were changed; None where one is wrong, which is said."""
        campaign_id = call.given.word("campaign_id", most=8) or None
        if campaign_id and await self.objects.find(call.tx, call.account_id, CenterCampaign, campaign_id) is None:
            call.say(f"ERROR: update_list CAMPAIGN DOES NOT EXIST: |{call.name}|{campaign_id}")
            return None
        try:
            changes: dict[str, Any] = await self.fields.given(call)
        except BadFieldError as error:
            call.say(f"ERROR: update_list {error.problem}: |{call.name}|{error.value}")
            return None
        if name := _name(call.given):
            if len(name) < _SHORTEST_NAME:
                problem = f"LIST NAME MUST BE FROM {_SHORTEST_NAME} TO {_LONGEST_NAME} CHARACTERS"
                call.say(f"ERROR: update_list {problem}, {OPTIONAL}: |{call.name}|{name}")
                return None
            changes["list_name"] = name
        if not changes and campaign_id is None:
            return False
        await self.lists.edit(call.tx, call.account_id, list_id, changes, campaign_id)
        return True

    async def _act(self, call: TextCall, list_id: int) -> bool:
        """Resets and removes leads; whether anything was asked for."""
        acted = False
        if call.given.yes("reset_list"):
            acted = True
            try:
                count = await self.lists.reset(call.tx, call.account_id, list_id)
            except ResetLimitError as error:
                limit = f"daily reset limit reached: {error.more_info}"
                call.say(f"NOTICE: update_list LIST RESET FAILED, {limit} - {call.name}|{list_id}")
            else:
                call.say(f"NOTICE: update_list LEADS IN LIST HAVE BEEN RESET - {call.name}|{list_id}|{count}")
        if call.given.yes("delete_leads"):
            acted = True
            count = await self.lists.delete_leads(call.tx, call.account_id, list_id)
            call.say(f"NOTICE: update_list LEADS IN LIST HAVE BEEN DELETED - {call.name}|{list_id}|{count}")
        return acted


def _id(given: Parameters) -> int | None:
    digits = given.digits("list_id", most=_LONGEST_ID)
    return int(digits) if len(digits) >= _SHORTEST_ID else None


def _name(given: Parameters) -> str:
    return given.text("list_name", most=_LONGEST_NAME)
