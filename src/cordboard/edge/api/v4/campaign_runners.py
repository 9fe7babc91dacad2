"""Requests 192 to 200: runners."""

from __future__ import annotations

from typing import Any, Final, get_args
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.contacts.service import ContactService
from cordboard.domain.workflows.models import StartedRun
from cordboard.domain.workflows.runners.models import AUTOMATIC, LONGEST_PERIOD, MANUAL, Runner, RunnerRequest, Subtype
from cordboard.domain.workflows.runners.service import RunnerService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.edge.api.v4.campaigns import TAG
from cordboard.edge.api.v4.contacts import CONTACT_EXAMPLE, render_contact
from cordboard.engines.rules.statements import parse_statements
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import parse_uuid
from cordboard.kit.paging import Page

_CAMPAIGN: Final = {"campaignId": "24926fc0-59c8-11eb-a850-5d6f7436c35b"}
_PATH: Final = {**_CAMPAIGN, "batchId": "b2904860-59cd-11eb-b685-d322c09b20ac"}
_SHOWN: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    **_PATH,
    "displayName": "My runner",
    "status": "Not started",
    "started": 0,
    "queued": 1,
    "periodMs": 0,
}
_BODY: Final = {
    "displayName": "My runner",
    "statements": [{"operation": "contains", "value": "Roy", "variable": "firstname"}],
    "start": True,
    "periodMs": 1000,
    "filters": {"dnc": ["sms"]},
}
_STATES: Final = {
    "not_started": "Not started",
    "in_progress": "In Progress",
    "stopped": "Stopped",
    "completed": "Completed",
}
_LONGEST_NAME: Final = 255
_MOST_CONTACTS: Final = 100_000


class RunnerBody(msgspec.Struct, rename="camel"):
    """`contactIds` or `statements`, not both. `periodMs` between two starts; 0: by hand, -1: as fast as the campaign's
    numbers send. `filters.dnc` leaves out whom the account's lists name.
    """

    display_name: str | None = None
    contact_ids: list[str] | None = None
    statements: list[Any] | None = None
    start: bool | None = None
    period_ms: int | None = None
    filters: dict[str, Any] | None = None


class PageQuery(msgspec.Struct):
    """At most 1000 at once."""

    size: int | None = None
    offset: int | None = None


class CampaignRunnersResource:
    """`/v4/campaign/{campaignId}/batch`."""

    def __init__(self, runners: RunnerService, contacts: ContactService) -> None:
        self._runners = runners
        self._contacts = contacts

    async def add_runner(self, call: Call) -> Reply:
        """A new runner; its contacts are fixed now."""
        request = runner_request(call.body, required=True)
        made = await self._runners.add(call.tx, call.principal.account_id, _campaign(call), request)
        return Reply([render_runner(made)])

    async def edit_runner(self, call: Call) -> Reply:
        """Changes a runner, starts it or stops it."""
        request = runner_request(call.body, required=False)
        changed = await self._runners.edit(
            call.tx, call.principal.account_id, _campaign(call), _runner(call), request, call.body.start
        )
        return Reply([render_runner(changed)])

    async def get_all_runners(self, call: Call) -> Reply:
        """The account's runners, the newest first."""
        page = Page.of(call.query.size, call.query.offset)
        found = await self._runners.page(call.tx, call.principal.account_id, None, page)
        return Reply([render_runner(one) for one in found])

    async def get_runners(self, call: Call) -> Reply:
        """A campaign's runners, the newest first."""
        page = Page.of(call.query.size, call.query.offset)
        found = await self._runners.page(call.tx, call.principal.account_id, _campaign(call), page)
        return Reply([render_runner(one) for one in found])

    async def get_runner(self, call: Call) -> Reply:
        """One runner."""
        found = await self._runners.get(call.tx, call.principal.account_id, _campaign(call), _runner(call))
        return Reply([render_runner(found)])

    async def start_runner(self, call: Call) -> Reply:
        """Starts a runner, or lets it go on where it stopped."""
        changed = await self._runners.start(call.tx, call.principal.account_id, _campaign(call), _runner(call))
        return Reply([render_runner(changed)])

    async def stop_runner(self, call: Call) -> Reply:
        """Stops a runner; who has entered goes on."""
        changed = await self._runners.stop(call.tx, call.principal.account_id, _campaign(call), _runner(call))
        return Reply([render_runner(changed)])

    async def get_next(self, call: Call) -> Reply:
        """The contact that enters next, of a runner that is clicked through."""
        account_id = call.principal.account_id
        contact_id = await self._runners.next_contact(call.tx, account_id, _campaign(call), _runner(call))
        found = await self._contacts.of_accounts(call.tx, [(account_id, contact_id)])
        return Reply([render_contact(found[account_id, contact_id])])

    async def send_next(self, call: Call) -> Reply:
        """Lets the next contact enter; those who are gone are passed over for good, even if none comes after them."""
        started = await self._runners.send_next(call.tx, call.principal.account_id, _campaign(call), _runner(call))
        if not isinstance(started, StartedRun):
            return Reply([], failure=started)
        shown = {
            "accountSid": call.principal.account_id,
            "campaignId": started.campaign_id,
            "batchId": _runner(call),
            "contactId": started.contact_id,
            "campaignRunId": started.id,
            "version": started.version,
            "startsAt": epoch_ms(started.starts_at),
        }
        return Reply([shown])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        every, base = "/v4/campaign/batch", "/v4/campaign/{campaignId}/batch"
        one = base + "/{batchId}"
        read, run = Privilege.WORKFLOW_READ, Privilege.WORKFLOW_RUN
        sent = {**_PATH, "contactId": CONTACT_EXAMPLE["contactId"], "version": 1}
        return (
            Endpoint(
                number="192",
                method="POST",
                path=base,
                handler=self.add_runner,
                summary="Add runner",
                privilege=run,
                body=RunnerBody,
                tag=TAG,
                example=Example(path=_CAMPAIGN, body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="193",
                method="PUT",
                path=one,
                handler=self.edit_runner,
                summary="Edit runner",
                privilege=run,
                body=RunnerBody,
                tag=TAG,
                example=Example(path=_PATH, body={"displayName": "My runner edited"}, response=_SHOWN),
            ),
            Endpoint(
                number="194",
                method="GET",
                path=every,
                handler=self.get_all_runners,
                summary="Get campaign runners",
                privilege=read,
                query=PageQuery,
                tag=TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="195",
                method="GET",
                path=base,
                handler=self.get_runners,
                summary="Get campaign runners for campaign",
                privilege=read,
                query=PageQuery,
                tag=TAG,
                example=Example(path=_CAMPAIGN, response=_SHOWN),
            ),
            Endpoint(
                number="196",
                method="GET",
                path=one,
                handler=self.get_runner,
                summary="Get campaign runner",
                privilege=read,
                tag=TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
            Endpoint(
                number="197",
                method="POST",
                path=one + "/start",
                handler=self.start_runner,
                summary="Start a campaign runner",
                privilege=run,
                tag=TAG,
                example=Example(path=_PATH, response={**_SHOWN, "status": "In Progress", "periodMs": 1000}),
            ),
            Endpoint(
                number="198",
                method="POST",
                path=one + "/stop",
                handler=self.stop_runner,
                summary="Stop a campaign runner",
                privilege=run,
                tag=TAG,
                example=Example(path=_PATH, response={**_SHOWN, "status": "Stopped"}),
            ),
            Endpoint(
                number="199",
                method="GET",
                path=one + "/next",
                handler=self.get_next,
                summary="Get next campaign runner (manual)",
                privilege=run,
                tag=TAG,
                example=Example(path=_PATH, response=CONTACT_EXAMPLE),
            ),
            Endpoint(
                number="200",
                method="POST",
                path=one + "/next",
                handler=self.send_next,
                summary="Send next campaign runner (manual)",
                privilege=run,
                tag=TAG,
                example=Example(path=_PATH, response=sent),
            ),
        )


def runner_request(body: RunnerBody, *, required: bool, within: str = "") -> RunnerRequest:
    """The runner that a body asks for. `required`: its contacts have to be named. Raises InvalidInputError naming each
    bad field, all of them members of `within`.
    """
    errors: list[FieldError] = []
    contact_ids = [parse_uuid(one) for one in body.contact_ids or ()]
    errors += [
        FieldError(f"contactIds[{place}]", "must be the id of a contact")
        for place, one in enumerate(contact_ids)
        if one is None
    ]
    if len(contact_ids) > _MOST_CONTACTS:
        errors.append(FieldError("contactIds", f"may have {_MOST_CONTACTS} ids; use statements for more"))
    if body.contact_ids and body.statements:
        errors.append(FieldError("contactIds", "and statements exclude each other: give one of them"))
    elif required and not body.contact_ids and not body.statements:
        errors.append(FieldError("contactIds", "or statements is required: who is to enter"))
    try:
        parse_statements(body.statements or ())
    except InvalidInputError as error:
        errors += error.errors
    if body.period_ms is not None and not (
        body.period_ms in (MANUAL, AUTOMATIC) or 0 < body.period_ms <= LONGEST_PERIOD
    ):
        errors.append(FieldError("periodMs", f"must be -1, 0, or from 1 to {LONGEST_PERIOD}"))
    if len(body.display_name or "") > _LONGEST_NAME:
        errors.append(FieldError("displayName", f"may have {_LONGEST_NAME} characters"))
    dnc = _dnc(body.filters, errors)
    if errors:
        prefix = f"{within}." if within else ""
        raise InvalidInputError([FieldError(prefix + one.field, one.problem) for one in errors])
    return RunnerRequest(
        display_name=body.display_name,
        contact_ids=tuple(one for one in contact_ids if one is not None),
        statements=tuple(body.statements or ()),
        dnc=dnc,
        start=bool(body.start),
        period_ms=body.period_ms,
    )


def render_runner(one: Runner) -> dict[str, Any]:
    """A runner as the reference shows it; `filling` while contacts are still being looked for."""
    shown = {
        "accountSid": one.account_id,
        "campaignId": one.campaign_id,
        "batchId": one.id,
        "displayName": one.display_name,
        "status": _STATES[one.state],
        "started": one.started,
        "queued": one.queued,
        "periodMs": one.period_ms,
    }
    return {**shown, "filling": True} if one.filling else shown


def _dnc(filters: dict[str, Any] | None, errors: list[FieldError]) -> tuple[Subtype, ...]:
    given = (filters or {}).get("dnc") or []
    allowed: tuple[Subtype, ...] = get_args(Subtype)
    if not isinstance(given, list) or any(one not in allowed for one in given):
        errors.append(FieldError("filters.dnc", f"must be a list of {' and '.join(allowed)}"))
        return ()
    return tuple(one for one in allowed if one in given)


def _campaign(call: Call) -> UUID:
    return uuid_in_path(call, "campaignId")


def _runner(call: Call) -> UUID:
    return uuid_in_path(call, "batchId")
