"""Requests 178, 179 and 181 to 185: campaigns, and starting one for a contact; and where contacts are in them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.contacts.models import ConflictMode
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.workflows.models import CampaignChanges, StartedRun, StartRequest
from cordboard.domain.workflows.service import CampaignService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.edge.api.v4.campaign_fields import render_campaign, render_run, set_id, time_of_day, variables_of
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.paging import Page

TAG: Final = "Campaigns"
PATH: Final = {"campaignId": "165c6fa0-59c8-11eb-a080-51e25f7d5918"}
_RUN: Final = {"campaignRunId": "24926fc0-59c8-11eb-a850-5d6f7436c35b"}
_CONTACT: Final = "da54d682-4d48-4f13-a4ee-07c850c05bb8"
_BODY: Final = {
    "campaignName": "Spring offer",
    "timezoneProtectionType": 1,
    "timezoneProtectionTimezoneFixed": -20,
    "timezoneProtectionStartTime": "08:00:00",
    "timezoneProtectionEndTime": "22:00:00",
    "workflowDisplayType": 1,
}
_SHOWN: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    **PATH,
    **_BODY,
    "timezoneProtectionStartTime": "08:00",
    "timezoneProtectionEndTime": "22:00",
    "workflowVersion": 0,
}
_RUN_SHOWN: Final = {
    **_RUN,
    **PATH,
    "contactId": _CONTACT,
    "version": 1,
    "status": "waiting",
    "node": 2,
    "waitsFor": "event",
}
_MOST_RUNS: Final = 100
_SMALL: Final = 2**31


class CampaignBody(msgspec.Struct, rename="camel"):
    """Times are HH:MM:SS. `timezoneProtectionType` 0: none, 1: on the recipient's clock, 2: on that of
    `timezoneProtectionTimezoneFixed`. Editing changes what is given.
    """

    campaign_name: str | None = None
    number_set: str | None = None
    timezone_protection_type: int | None = None
    timezone_protection_timezone_fixed: int | None = None
    timezone_protection_fixed: int | None = None
    timezone_protection_start_time: str | None = None
    timezone_protection_end_time: str | None = None
    workflow_display_type: int | None = None


class SendBody(msgspec.Struct, rename="camel"):
    """A contact by its id, or by its data: then it is made, or changed by `conflictMode`."""

    contact_id: str | None = None
    ext_data: dict[str, Any] | None = None
    keys: list[str] | None = None
    conflict_mode: ConflictMode = "OVERWRITE"
    campaign_ext_data: dict[str, Any] | None = None


class PageQuery(msgspec.Struct):
    """At most 1000 at once."""

    size: int | None = None
    offset: int | None = None


class RunsQuery(msgspec.Struct, rename="camel"):
    """Whose runs."""

    contact_id: str = ""


class CampaignsResource:
    """`/v4/campaign`."""

    def __init__(self, campaigns: CampaignService, contacts: ContactService) -> None:
        self._campaigns = campaigns
        self._contacts = contacts

    async def get_campaigns(self, call: Call) -> Reply:
        """The campaigns that are not archived, the oldest first."""
        page = Page.of(call.query.size, call.query.offset)
        found = await self._campaigns.page(call.tx, call.principal.account_id, page)
        return Reply([render_campaign(one) for one in found])

    async def add_campaign(self, call: Call) -> Reply:
        """A new campaign, without a workflow."""
        made = await self._campaigns.add(call.tx, call.principal.account_id, _changes(call.body))
        return Reply([render_campaign(made)])

    async def edit_campaign(self, call: Call) -> Reply:
        """Changes what is given."""
        changed = await self._campaigns.edit(call.tx, call.principal.account_id, _id(call), _changes(call.body))
        return Reply([render_campaign(changed)])

    async def get_campaign(self, call: Call) -> Reply:
        """One campaign."""
        return Reply([render_campaign(await self._campaigns.get(call.tx, call.principal.account_id, _id(call)))])

    async def archive_campaign(self, call: Call) -> Reply:
        """Hides a campaign: nobody enters it any more."""
        changed = await self._campaigns.set_archived(call.tx, call.principal.account_id, _id(call), archived=True)
        return Reply([render_campaign(changed)])

    async def unarchive_campaign(self, call: Call) -> Reply:
        """Brings a campaign back."""
        changed = await self._campaigns.set_archived(call.tx, call.principal.account_id, _id(call), archived=False)
        return Reply([render_campaign(changed)])

    async def send_campaign(self, call: Call) -> Reply:
        """Starts the campaign for a contact: now, or when its hours begin."""
        body: SendBody = call.body
        errors: list[FieldError] = []
        variables = variables_of(body.campaign_ext_data, errors)
        contact_id = parse_uuid(body.contact_id) if body.contact_id else None
        if body.contact_id and contact_id is None:
            errors.append(FieldError("contactId", "must be the id of a contact"))
        if not body.contact_id and not body.ext_data:
            errors.append(FieldError("extData", "is required unless contactId is given"))
        if errors:
            raise InvalidInputError(errors)
        account_id = call.principal.account_id
        await self._campaigns.get(call.tx, account_id, _id(call))
        if contact_id is None:
            entered = await self._contacts.enter(
                call.tx, account_id, body.ext_data or {}, body.keys or [], body.conflict_mode
            )
            contact_id = entered.id
        request = StartRequest(account_id=account_id, campaign_id=_id(call), contact_id=contact_id, variables=variables)
        (started,) = await self._campaigns.start(call.tx, [request])
        if not isinstance(started, StartedRun):
            raise started
        return Reply([_started(call, started, variables)])

    async def get_runs(self, call: Call) -> Reply:
        """A contact's runs in a campaign, the newest first."""
        contact_id = parse_uuid(call.query.contact_id)
        if contact_id is None:
            raise InvalidInputError.of("contactId", "is required: the id of a contact")
        found = await self._campaigns.runs_of(call.tx, call.principal.account_id, _id(call), contact_id, _MOST_RUNS)
        return Reply([render_run(one) for one in found])

    async def get_run(self, call: Call) -> Reply:
        """Where a run is."""
        run_id = uuid_in_path(call, "campaignRunId")
        return Reply([render_run(await self._campaigns.run(call.tx, call.principal.account_id, run_id))])

    async def stop_run(self, call: Call) -> Reply:
        """Ends a run that is under way."""
        run_id = uuid_in_path(call, "campaignRunId")
        over = await self._campaigns.stop(call.tx, call.principal.account_id, run_id, "stopped by a request")
        return Reply([render_run(over)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/campaign", "/v4/campaign/{campaignId}"
        run = "/v4/campaign/run/{campaignRunId}"
        read, update = Privilege.WORKFLOW_READ, Privilege.WORKFLOW_UPDATE
        send = {"contactId": _CONTACT, "campaignExtData": {"offer": "10 %"}}
        sent = {**PATH, **send, **_RUN, "version": 1, "startsAt": 1610998377000}
        return (
            Endpoint(
                number="178",
                method="GET",
                path=base,
                handler=self.get_campaigns,
                summary="Get campaigns",
                privilege=read,
                query=PageQuery,
                tag=TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="179",
                method="POST",
                path=base,
                handler=self.add_campaign,
                summary="Add campaign",
                privilege=update,
                body=CampaignBody,
                tag=TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="181",
                method="PUT",
                path=one,
                handler=self.edit_campaign,
                summary="Edit campaign",
                privilege=update,
                body=CampaignBody,
                tag=TAG,
                example=Example(path=PATH, body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="182",
                method="GET",
                path=one,
                handler=self.get_campaign,
                summary="Get campaign",
                privilege=read,
                tag=TAG,
                example=Example(path=PATH, response=_SHOWN),
            ),
            Endpoint(
                number="183",
                method="POST",
                path=one + "/send",
                handler=self.send_campaign,
                summary="Send campaign",
                privilege=Privilege.WORKFLOW_RUN,
                body=SendBody,
                tag=TAG,
                example=Example(path=PATH, body=send, response=sent),
            ),
            Endpoint(
                number="184",
                method="DELETE",
                path=one,
                handler=self.archive_campaign,
                summary="Archive campaign",
                privilege=update,
                tag=TAG,
                example=Example(path=PATH, response=_SHOWN),
            ),
            Endpoint(
                number="185",
                method="PUT",
                path=one + "/unarchive",
                handler=self.unarchive_campaign,
                summary="Unarchive campaign",
                privilege=update,
                tag=TAG,
                example=Example(path=PATH, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=one + "/run",
                handler=self.get_runs,
                summary="Get a contact's runs",
                privilege=read,
                query=RunsQuery,
                tag=TAG,
                example=Example(path=PATH, query={"contactId": _CONTACT}, response=_RUN_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=run,
                handler=self.get_run,
                summary="Get run",
                privilege=read,
                tag=TAG,
                example=Example(path=_RUN, response=_RUN_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=run,
                handler=self.stop_run,
                summary="Stop run",
                privilege=Privilege.WORKFLOW_RUN,
                tag=TAG,
                example=Example(path=_RUN, response={**_RUN_SHOWN, "status": "stopped"}),
            ),
        )


def _id(call: Call) -> UUID:
    return uuid_in_path(call, "campaignId")


def _changes(body: CampaignBody) -> CampaignChanges:
    """Raises InvalidInputError naming each field that cannot be read."""
    errors: list[FieldError] = []
    fixed = body.timezone_protection_timezone_fixed
    changes = CampaignChanges(
        name=body.campaign_name.strip() if body.campaign_name is not None else None,
        number_set_id=set_id(body.number_set, errors),
        protection_type=body.timezone_protection_type,
        protection_timezone=body.timezone_protection_fixed if fixed is None else fixed,
        protection_start=time_of_day(body.timezone_protection_start_time, "timezoneProtectionStartTime", errors),
        protection_end=time_of_day(body.timezone_protection_end_time, "timezoneProtectionEndTime", errors),
        display_type=body.workflow_display_type,
    )
    if not -_SMALL <= (changes.display_type or 0) < _SMALL:
        errors.append(FieldError("workflowDisplayType", "must be a small whole number"))
    if errors:
        raise InvalidInputError(errors)
    return changes


def _started(call: Call, started: StartedRun, variables: dict[str, str]) -> dict[str, Any]:
    return {
        "accountSid": call.principal.account_id,
        "campaignId": started.campaign_id,
        "version": started.version,
        "contactId": started.contact_id,
        "campaignExtData": variables,
        "campaignRunId": started.id,
        "startsAt": epoch_ms(started.starts_at),
    }
