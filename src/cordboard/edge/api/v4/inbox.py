"""Requests 75 to 77 and 80 to 82: inboxes, and how conversations stand in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.inbox.models import (
    EntryFilter,
    InboxChanges,
    InboxSummary,
    OpenFilter,
    OpenState,
    ReadStatus,
    Viewer,
)
from cordboard.domain.inbox.service import InboxService
from cordboard.domain.inbox.shaping import day_of
from cordboard.domain.inbox.use_cases.read_conversations import ReadConversations
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.days import day_range
from cordboard.edge.api.v4.inbox_fields import SOURCE, render_entry, viewer_of
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import time_of

_TAG: Final = "Inbox"
_USUAL, _MOST = 100, 1000
_USUAL_DAYS, _MOST_DAYS = 30, 4000
_BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
_NAME: Final = {"inboxName": "Support"}
_ACCOUNT: Final = "173c6f7f-c911-4823-bb2d-a13e4780c307"
_CLIENT: Final = "24554439-118f-4265-bde9-0789702990ae"
_PLACE: Final = {"inbox": "Support", "partition": 20221111, "time": "db31d030-6156-11ed-8f22-3d2972e44898"}
_CONTACT: Final = "3f343ca7-91a8-4b03-90a7-141b26b90658"
_EXAMPLE: Final = {
    "accountSid": _ACCOUNT,
    **_PLACE,
    "timestamp": 1668126119091,
    "contact": {
        "accountSid": _ACCOUNT,
        "contactId": _CONTACT,
        "created": "28874e20-cbc3-11ec-90a8-fb85a106d9fa",
        "lastUsed": _PLACE["time"],
        "lastInbox": "Support",
        "lastMethod": "sms",
        "extData": {"phonenumber1": "+19495551234"},
        "keys": ["+19495551234"],
        "dnc": 0,
    },
    "contactId": _CONTACT,
    "event": {
        "messageId": _PLACE["time"],
        "to": "+19498675309",
        "from": "+19495551234",
        "direction": "in",
        "body": "Hello world",
        "mediaUrl": "",
        "tags": [],
        "attributes": {"phonenumber1": "+19495551234"},
        "version": "",
        "type": "sms",
        "time": 1668126119091,
    },
    "source": SOURCE,
    "status": "unread",
    "open": "open",
    "type": "sms",
}
_INBOX: Final = {
    "accountSid": _ACCOUNT,
    "name": "Support",
    "displayName": "Customer support",
    "clientIds": [_CLIENT],
    "unread": 3,
    "open": 12,
}


class InboxQuery(msgspec.Struct, rename="camel", kw_only=True):
    """`inbox` None: the default one. `lastTime` is the `time` of the entry that all returned ones are older than. Dates
    as YYYY-MM-DD or YYYYMMDD, UTC, both ends inclusive; without a start the last `days` days, 30 if not said.
    """

    inbox: str | None = None
    last_time: UUID | None = None
    limit: int | None = None
    open: OpenFilter = "open"
    start_date: str | None = None
    end_date: str | None = None
    days: int | None = None


class StatusBody(msgspec.Struct, kw_only=True):
    """`inbox`, `partition` and `time` as the list shows them; `status`, `open` or both."""

    inbox: str | None = None
    partition: int | None = None
    time: UUID
    status: ReadStatus | None = None
    open: OpenState | None = None


class NewInboxBody(msgspec.Struct, rename="camel", kw_only=True):
    """A name of up to 64 characters, shown as `displayName`; `clientIds` are the users who see it."""

    name: str
    display_name: str | None = None
    client_ids: list[UUID] | None = None


class InboxBody(msgspec.Struct, rename="camel", kw_only=True):
    """Changes what is given; `clientIds` are then all the users."""

    name: str | None = None
    display_name: str | None = None
    client_ids: list[UUID] | None = None


class InboxResource:
    """`/v4/inbox`."""

    def __init__(self, inboxes: InboxService, conversations: ReadConversations, clock: Clock) -> None:
        self._inboxes = inboxes
        self._conversations = conversations
        self._clock = clock

    async def get_inbox(self, call: Call) -> Reply:
        """Conversations by their newest published event, the newest first."""
        query: InboxQuery = call.query
        found = await self._conversations.page(call.tx, viewer_of(call.principal), query.inbox, self._filter(query))
        return Reply([render_entry(shown) for shown in found])

    async def get_names(self, call: Call) -> Reply:
        """The inboxes that the caller may see, with how much is open and unread in them."""
        caller = call.principal
        sees_all = caller.may(Privilege.INBOX_READ_ALL) or caller.may(Privilege.INBOX_UPDATE)
        found = await self._inboxes.summaries(call.tx, Viewer(caller.account_id, caller.client_id, sees_all))
        return Reply([render_inbox(summary) for summary in found])

    async def update_status(self, call: Call) -> Reply:
        """Marks a conversation as read or unread, open or closed, for all users of the inbox."""
        body: StatusBody = call.body
        errors = []
        happened_at = time_of(body.time)
        if happened_at is None:
            errors.append(FieldError("time", "must be a time UUID, as the inbox shows it"))
        elif body.partition is not None and body.partition != day_of(happened_at):
            errors.append(FieldError("partition", f"of that time is {day_of(happened_at)}"))
        if body.status is None and body.open is None:
            errors.append(FieldError("status", "give status (read, unread), open (open, closed) or both"))
        if errors:
            raise InvalidInputError(errors)
        shown = await self._conversations.mark(
            call.tx, viewer_of(call.principal), body.inbox, body.time, body.status, body.open
        )
        return Reply([render_entry(shown)])

    async def create_inbox(self, call: Call) -> Reply:
        """A new inbox."""
        changes = InboxChanges(**msgspec.structs.asdict(call.body))
        return Reply([render_inbox(await self._inboxes.create(call.tx, call.principal.account_id, changes))])

    async def update_inbox(self, call: Call) -> Reply:
        """Changes what is given."""
        changes = InboxChanges(**msgspec.structs.asdict(call.body))
        account_id, name = call.principal.account_id, call.path["inboxName"]
        return Reply([render_inbox(await self._inboxes.update(call.tx, account_id, name, changes))])

    async def delete_inbox(self, call: Call) -> Reply:
        """Deletes an inbox; its conversations go to the default one."""
        inbox = await self._inboxes.delete(call.tx, call.principal.account_id, call.path["inboxName"])
        return Reply([{"accountSid": inbox.account_id, "name": inbox.name, "displayName": inbox.display_name}])

    def _filter(self, query: InboxQuery) -> EntryFilter:
        """Raises InvalidInputError."""
        errors: list[FieldError] = []
        limit, days = query.limit or _USUAL, query.days or _USUAL_DAYS
        if query.limit is not None and not 1 <= query.limit <= _MOST:
            errors.append(FieldError("limit", f"must be from 1 to {_MOST}"))
        if query.days is not None and not 1 <= query.days <= _MOST_DAYS:
            errors.append(FieldError("days", f"must be from 1 to {_MOST_DAYS}"))
            days = _USUAL_DAYS
        before = None
        if query.last_time is not None:
            moment = time_of(query.last_time)
            if moment is None:
                errors.append(FieldError("lastTime", "must be a time UUID, as the inbox shows it"))
            before = (moment, query.last_time) if moment else None
        start, end = self._days(query, days, errors)
        if errors:
            raise InvalidInputError(errors)
        return EntryFilter(start=start, end=end, limit=limit, open=query.open, before=before)

    def _days(self, query: InboxQuery, days: int, errors: list[FieldError]) -> tuple[datetime, datetime]:
        now = self._clock.now()
        if query.end_date and not query.start_date:
            _, end = day_range(None, query.end_date, _BEGINNING, errors)
            return end - min(timedelta(days=days), end - _BEGINNING), end
        return day_range(query.start_date, query.end_date, now, errors, days_back=days)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/v4/inbox", "/v4/inbox/{inboxName}"
        body = {name: _INBOX[name] for name in ("name", "displayName", "clientIds")}
        return (
            Endpoint(
                number="75",
                method="GET",
                path=base,
                handler=self.get_inbox,
                summary="Get inbox",
                privilege=Privilege.INBOX_READ,
                query=InboxQuery,
                tag=_TAG,
                example=Example(query={"limit": "100", "open": "open", "days": "30"}, response=_EXAMPLE),
            ),
            Endpoint(
                number="76",
                method="GET",
                path=base + "/name",
                handler=self.get_names,
                summary="Get inbox names",
                privilege=Privilege.INBOX_READ,
                alternative=Privilege.INBOX_UPDATE,
                tag=_TAG,
                example=Example(response=_INBOX),
            ),
            Endpoint(
                number="77",
                method="PUT",
                path=base,
                handler=self.update_status,
                summary="Update inbox status",
                privilege=Privilege.INBOX_READ,
                body=StatusBody,
                tag=_TAG,
                example=Example(body={**_PLACE, "status": "read", "open": "closed"}, response=_EXAMPLE),
            ),
            Endpoint(
                number="80",
                method="POST",
                path=base + "/create",
                handler=self.create_inbox,
                summary="Create inbox",
                privilege=Privilege.INBOX_UPDATE,
                body=NewInboxBody,
                tag=_TAG,
                example=Example(body=body, response=_INBOX),
            ),
            Endpoint(
                number="81",
                method="DELETE",
                path=one,
                handler=self.delete_inbox,
                summary="Delete inbox",
                privilege=Privilege.INBOX_UPDATE,
                tag=_TAG,
                example=Example(
                    path=_NAME, response={name: _INBOX[name] for name in ("accountSid", "name", "displayName")}
                ),
            ),
            Endpoint(
                number="82",
                method="PUT",
                path=one,
                handler=self.update_inbox,
                summary="Update inbox",
                privilege=Privilege.INBOX_UPDATE,
                body=InboxBody,
                tag=_TAG,
                example=Example(path=_NAME, body=body, response=_INBOX),
            ),
        )


def render_inbox(summary: InboxSummary) -> dict[str, Any]:
    """An inbox with its users and counts."""
    return {
        "accountSid": summary.inbox.account_id,
        "name": summary.inbox.name,
        "displayName": summary.inbox.display_name,
        "clientIds": summary.client_ids,
        "unread": summary.unread,
        "open": summary.open,
    }
