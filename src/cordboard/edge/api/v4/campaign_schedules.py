"""Requests 189 to 191: schedules of runners; ours: one read, one deleted."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.workflows.runners.models import RunnerRequest, Schedule
from cordboard.domain.workflows.runners.schedules import ScheduleService
from cordboard.edge.api.frame.decode import build
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.frame.paths import uuid_in_path
from cordboard.edge.api.v4.campaign_runners import PageQuery, RunnerBody, runner_request
from cordboard.edge.api.v4.campaigns import TAG
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.paging import Page

_CAMPAIGN: Final = {"campaignId": "24926fc0-59c8-11eb-a850-5d6f7436c35b"}
_PATH: Final = {**_CAMPAIGN, "scheduleId": "c2904860-59cd-11eb-b685-d322c09b20ac"}
_BODY: Final = {
    "status": 1,
    "timezoneId": -32,
    "recurring": True,
    "periodNumber": 1,
    "periodUnits": "DAYS",
    "scheduleFailureMode": 1,
    "createBatchRequest": {
        "displayName": "Every working day",
        "periodMs": -1,
        "start": True,
        "statements": [{"operation": "exists", "value": "", "variable": "phonenumber1"}],
    },
    "dayOfWeek": 62,
    "timeOfDay": "10:00",
}
_SHOWN: Final = {"accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300", **_CAMPAIGN, **_BODY}
_RECURRENCE: Final = (
    "timeOfDay",
    "timezoneId",
    "recurring",
    "expire",
    "dayOfWeek",
    "dayOfMonth",
    "periodUnits",
    "periodNumber",
    "scheduleFailureMode",
    "frequencyDescription",
)
_LONGEST: Final = 1000
_ACTIVE: Final = 1


class ScheduleBody(msgspec.Struct, rename="camel"):
    """When a runner is made, and which. `status` 1 is active. `nextScheduled` is the time of the first runner, whatever
    its day; null: as it recurs. Editing changes what is given, and finds `nextScheduled` anew where that is not;
    `filters` may stand here or in `createBatchRequest`.
    """

    time_of_day: Any = None
    timezone_id: Any = None
    recurring: Any = None
    expire: Any = None
    day_of_week: Any = None
    day_of_month: Any = None
    period_units: Any = None
    period_number: Any = None
    schedule_failure_mode: Any = None
    frequency_description: str | None = None
    next_scheduled: Any = None
    create_batch_request: dict[str, Any] | None = None
    filters: dict[str, Any] | None = None
    status: int | None = None


class CampaignSchedulesResource:
    """`/v4/campaign/{campaignId}/batch/schedule`."""

    def __init__(self, schedules: ScheduleService) -> None:
        self._schedules = schedules

    async def add_schedule(self, call: Call) -> Reply:
        """A new schedule."""
        body: ScheduleBody = call.body
        if body.create_batch_request is None:
            raise InvalidInputError.of("createBatchRequest", "is required: the runner to make")
        made = await self._schedules.add(
            call.tx,
            call.principal.account_id,
            uuid_in_path(call, "campaignId"),
            _members(body),
            _request(body),
            _status(body) is not False,
            body.next_scheduled,
        )
        return Reply([render_schedule(made)])

    async def edit_schedule(self, call: Call) -> Reply:
        """Changes what is given."""
        body: ScheduleBody = call.body
        changed = await self._schedules.edit(
            call.tx,
            call.principal.account_id,
            uuid_in_path(call, "campaignId"),
            _id(call),
            _members(body),
            _request(body) if body.create_batch_request is not None else None,
            _status(body),
            body.next_scheduled,
        )
        return Reply([render_schedule(changed)])

    async def get_schedules(self, call: Call) -> Reply:
        """The account's schedules, the oldest first."""
        page = Page.of(call.query.size, call.query.offset)
        found = await self._schedules.page(call.tx, call.principal.account_id, page)
        return Reply([render_schedule(one) for one in found])

    async def get_schedule(self, call: Call) -> Reply:
        """One schedule."""
        found = await self._schedules.get(
            call.tx, call.principal.account_id, uuid_in_path(call, "campaignId"), _id(call)
        )
        return Reply([render_schedule(found)])

    async def delete_schedule(self, call: Call) -> Reply:
        """Removes a schedule; the runners that it made stay."""
        removed = await self._schedules.delete(
            call.tx, call.principal.account_id, uuid_in_path(call, "campaignId"), _id(call)
        )
        return Reply([render_schedule(removed)])

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base = "/v4/campaign/{campaignId}/batch/schedule"
        one = base + "/{scheduleId}"
        run = Privilege.WORKFLOW_RUN
        return (
            Endpoint(
                number="189",
                method="POST",
                path=base,
                handler=self.add_schedule,
                summary="Add schedule",
                privilege=run,
                body=ScheduleBody,
                tag=TAG,
                example=Example(path=_CAMPAIGN, body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="190",
                method="PUT",
                path=one,
                handler=self.edit_schedule,
                summary="Edit schedule",
                privilege=run,
                body=ScheduleBody,
                tag=TAG,
                example=Example(path=_PATH, body={"status": 0}, response={**_SHOWN, "status": 0}),
            ),
            Endpoint(
                number="191",
                method="GET",
                path="/v4/campaign/batch/schedule",
                handler=self.get_schedules,
                summary="Get schedules",
                privilege=Privilege.WORKFLOW_READ,
                query=PageQuery,
                tag=TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="GET",
                path=one,
                handler=self.get_schedule,
                summary="Get schedule",
                privilege=Privilege.WORKFLOW_READ,
                tag=TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=one,
                handler=self.delete_schedule,
                summary="Delete schedule",
                privilege=run,
                tag=TAG,
                example=Example(path=_PATH, response=_SHOWN),
            ),
        )


def render_schedule(one: Schedule) -> dict[str, Any]:
    """A schedule with the members that it was given."""
    request = msgspec.convert(one.request, RunnerRequest)
    return {
        "accountSid": one.account_id,
        "campaignId": one.campaign_id,
        "eventId": one.id,
        **one.members,
        "createBatchRequest": {
            "campaignId": one.campaign_id,
            "displayName": request.display_name or "",
            "periodMs": request.period_ms or 0,
            "start": request.start,
            **({"contactIds": request.contact_ids} if request.contact_ids else {}),
            **({"statements": request.statements} if request.statements else {}),
            **({"filters": {"dnc": request.dnc}} if request.dnc else {}),
        },
        "nextScheduled": epoch_ms(one.next_at) if one.next_at else None,
        "lastRun": epoch_ms(one.last_run) if one.last_run else None,
        "status": int(one.active),
    }


def _members(body: ScheduleBody) -> dict[str, Any]:
    """What is given of the recurrence, as it came. Raises InvalidInputError."""
    given = msgspec.to_builtins(body)
    members = {name: given[name] for name in _RECURRENCE if given.get(name) is not None}
    errors = [
        FieldError(name, f"must be a text or a number of at most {_LONGEST} characters")
        for name, value in members.items()
        if not isinstance(value, str | int | float) or len(str(value)) > _LONGEST
    ]
    if errors:
        raise InvalidInputError(errors)
    return members


def _request(body: ScheduleBody) -> RunnerRequest:
    """Raises InvalidInputError naming members of createBatchRequest."""
    given = dict(body.create_batch_request or {})
    if body.filters is not None:
        given.setdefault("filters", body.filters)
    try:
        asked = build(RunnerBody, given)
    except InvalidInputError as error:
        raise InvalidInputError(
            [FieldError(f"createBatchRequest.{one.field}", one.problem) for one in error.errors]
        ) from error
    return runner_request(asked, required=True, within="createBatchRequest")


def _status(body: ScheduleBody) -> bool | None:
    """Raises InvalidInputError."""
    if body.status not in (None, 0, _ACTIVE):
        raise InvalidInputError.of("status", "must be 1 (active) or 0")
    return None if body.status is None else body.status == _ACTIVE


def _id(call: Call) -> UUID:
    return uuid_in_path(call, "scheduleId")
