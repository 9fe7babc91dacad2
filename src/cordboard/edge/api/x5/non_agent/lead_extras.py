"""What a request gives of a lead, in whichever function: its fields, values of custom ones, a callback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cordboard.domain.callcenter.leads.callbacks import USUAL_STATUS, Callback
from cordboard.domain.callcenter.leads.models import Lead
from cordboard.domain.callcenter.objects.campaign import CenterCampaign
from cordboard.domain.callcenter.objects.custom_field import CustomField
from cordboard.domain.callcenter.objects.service import ObjectService
from cordboard.domain.callcenter.users.service import CenterUsers
from cordboard.edge.api.x5.functions import TextCall
from cordboard.edge.api.x5.non_agent.lead_fields import given_fields
from cordboard.edge.api.x5.parameters import BLANK

_LONGEST_TIME: Final = 19
_LONGEST_DAYS: Final = 8


@dataclass(frozen=True, slots=True)
class LeadExtras:
    """Reads them for a call."""

    objects: ObjectService
    users: CenterUsers

    async def custom_fields(self, call: TextCall, list_id: int) -> dict[str, CustomField]:
        """The list's fields by label, where values for them are to be taken."""
        if not call.given.yes("custom_fields"):
            return {}
        found = await self.objects.all_of(call.tx, call.account_id, CustomField)
        return {one.field_label: one for one in found if one.list_id == list_id}

    async def callback(self, call: TextCall, list_id: int) -> Callback | tuple[str, str]:
        """The callback that is asked for; or why there is none, and what a line tells of it."""
        given = call.given
        campaign_id, agent = given.word("campaign_id", most=8), given.text("callback_user", most=20)
        only_user = given.choice("callback_type") == "USERONLY"
        moment = moment_of(given.raw("callback_datetime"), call.now)
        if moment is None:
            return "DATE AND TIME NOT VALID", campaign_id
        if await self.objects.find(call.tx, call.account_id, CenterCampaign, campaign_id) is None:
            return "CAMPAIGN NOT VALID", campaign_id
        if only_user and await self.users.find(call.tx, call.account_id, agent) is None:
            return "USER NOT VALID", f"{campaign_id}|{agent}|USERONLY"
        return Callback(
            account_id=call.account_id,
            lead_id=0,
            list_id=list_id,
            campaign_id=campaign_id,
            lead_status=given.word("callback_status", most=8).upper() or USUAL_STATUS,
            recipient="USERONLY" if only_user else "ANYONE",
            agent=agent if only_user else "",
            comments=given.text("callback_comments", most=255),
            callback_time=moment,
            entry_time=call.now,
        )


def written_lead(
    call: TextCall, list_id: int, phone_code: str, phone_number: str, fields: dict[str, CustomField], **known: str
) -> Lead:
    """A new lead of what a request gives, without an id yet; `known` counts before what it gives."""
    return Lead(
        account_id=call.account_id,
        lead_id=0,
        list_id=list_id,
        entry_date=call.now,
        modify_date=call.now,
        phone_code=phone_code,
        phone_number=phone_number,
        custom=custom_values(call, fields),
        **{**given_fields(call.given), **known},
    )


def custom_values(call: TextCall, fields: dict[str, CustomField]) -> dict[str, str]:
    """The values that were sent for custom fields; `--BLANK--` empties one."""
    return {
        label: "" if call.given.raw(label) == BLANK else call.given.text(label, most=one.field_max)
        for label, one in fields.items()
        if call.given.has(label)
    }


def callback_told(callback: Callback) -> str:
    """A callback as lines tell of it."""
    moment = f"{callback.callback_time:%Y-%m-%d %H:%M:%S}"
    return f"{callback.campaign_id}|{moment}|{callback.recipient}|{callback.agent}|{callback.lead_status}"


def moment_of(text: str, now: datetime) -> datetime | None:
    """A date and time in UTC, NOW, or some DAYS from now; None for anything else."""
    words = text.strip().upper().replace("+", " ")
    if words == "NOW":
        return now
    if words.endswith("DAYS") and words[:-4].isdecimal() and len(words) <= _LONGEST_DAYS:
        return now + timedelta(days=int(words[:-4]))
    try:
        return datetime.strptime(words[:_LONGEST_TIME], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
