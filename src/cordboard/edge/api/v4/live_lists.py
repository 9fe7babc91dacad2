"""Requests 90 to 97: live lists."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec

from cordboard.domain.accounts.models import Principal
from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.live_lists.errors import LiveListEmptyError
from cordboard.domain.live_lists.models import LiveListSummary, QueuedContact, Viewer
from cordboard.domain.live_lists.service import LiveListService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.edge.api.v4.call_fields import deciding
from cordboard.edge.api.v4.contacts import CONTACT_EXAMPLE, render_contact
from cordboard.infra.db import Database
from cordboard.kit.clock import epoch_ms
from cordboard.kit.paging import Page

LARGEST_PREVIEW: Final = 100

_TAG: Final = "Live lists"
_CLIENT: Final = "9f0b1b9e-1f51-4d5c-8a76-0f2f2f0f7c11"
_NAME: Final = "hot_leads"
_PATH: Final = {"name": _NAME}
_LIST: Final = {
    "accountSid": CONTACT_EXAMPLE["accountSid"],
    "listName": _NAME,
    "clientIds": [_CLIENT],
    "length": 3,
}
_QUEUED: Final = {
    **CONTACT_EXAMPLE,
    "listName": _NAME,
    "campaignId": "c2c1b1c4-9d6a-11f0-8de9-0242ac120002",
    "campaignRunId": "d7a5f4c8-9d6a-11f0-8de9-0242ac120002",
    "campaignExtData": {"source": "web form"},
    "expiresAt": 1767628800000,
    "addedAt": 1767625200000,
}


class LiveListBody(msgspec.Struct, rename="camel"):
    """A name of 1 to 64 characters, without slashes and commas; `clientIds` are the users who work the list off."""

    list_name: str
    client_ids: list[UUID] = []


class LiveListUsersBody(msgspec.Struct, rename="camel"):
    """All the users who work the list off from now on."""

    client_ids: list[UUID]


class PreviewQuery(msgspec.Struct):
    """At most 100 contacts; usually one."""

    size: int | None = None


class LiveListsResource:
    """`/v4/livelist`."""

    def __init__(self, live_lists: LiveListService, database: Database) -> None:
        self._live_lists = live_lists
        self._database = database

    async def get_lists(self, call: Call) -> Reply:
        """For administrators of lists every list with its users; for others those that they may work off."""
        viewer = viewer_of(call.principal)
        found = await self._live_lists.summaries(call.tx, viewer)
        return Reply([render_list(one, with_users=viewer.sees_all) for one in found])

    async def create_list(self, call: Call) -> Reply:
        """A new list."""
        body: LiveListBody = call.body
        made = await self._live_lists.create(
            call.tx,
            call.principal.account_id,
            name=body.list_name,
            client_ids=body.client_ids,
            made_by=call.principal.client_id,
        )
        return Reply([render_list(made)])

    async def edit_list(self, call: Call) -> Reply:
        """Gives a list to other users; who is in line stays there."""
        body: LiveListUsersBody = call.body
        edited = await self._live_lists.edit(call.tx, call.principal.account_id, call.path["name"], body.client_ids)
        return Reply([render_list(edited)])

    async def delete_list(self, call: Call) -> Reply:
        """Removes a list with all who are in line."""
        deleted = await self._live_lists.delete(
            call.tx, call.principal.account_id, call.path["name"], deleted_by=call.principal.client_id
        )
        return Reply([{"accountSid": deleted.account_id, "listName": deleted.name}])

    async def preview(self, call: Call) -> Reply:
        """The first in line, expired ones among them. Nobody is removed."""
        size = Page.of(call.query.size, None, largest=LARGEST_PREVIEW, usual=1).size
        found = await self._live_lists.preview(call.tx, viewer_of(call.principal), call.path["name"], size)
        return Reply([render_queued(one) for one in found])

    async def take_next(self, call: Call) -> Reply:
        """The next contact whose time is not over: removed from the list, with all before it, and nobody else's. A
        repeat with the same Idempotency-Key gets the same contact.
        """
        return Reply([render_queued(await self._taken(call))])

    async def remove_next(self, call: Call) -> Reply:
        """Removes the next contact whose time is not over, with all before it; answers whom."""
        return Reply([render_queued(await self._taken(call))])

    async def _taken(self, call: Call) -> QueuedContact:
        """Raises LiveListEmptyError once the removal of who has expired is committed."""
        async with deciding(call, self._database) as tx:
            taken = await self._live_lists.take(tx, viewer_of(call.principal), call.path["name"])
        if taken is None:
            raise LiveListEmptyError(call.path["name"])
        return taken

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        return (*self._lists(), *self._queues())

    def _lists(self) -> tuple[Endpoint, ...]:
        base, one = "/v4/livelist", "/v4/livelist/{name}"
        return (
            Endpoint(
                number="90, 94",
                method="GET",
                path=base,
                handler=self.get_lists,
                summary="Get live lists",
                privilege=Privilege.LIVE_LIST_USE,
                tag=_TAG,
                example=Example(response=_LIST),
            ),
            Endpoint(
                number="95",
                method="POST",
                path=base,
                handler=self.create_list,
                summary="Create live list",
                privilege=Privilege.LIVE_LIST_UPDATE,
                body=LiveListBody,
                tag=_TAG,
                example=Example(body={"listName": _NAME, "clientIds": []}, response=_LIST),
            ),
            Endpoint(
                number="96",
                method="PUT",
                path=one,
                handler=self.edit_list,
                summary="Edit live list",
                privilege=Privilege.LIVE_LIST_UPDATE,
                body=LiveListUsersBody,
                tag=_TAG,
                example=Example(path=_PATH, body={"clientIds": [_CLIENT]}, response=_LIST),
            ),
            Endpoint(
                number="97",
                method="DELETE",
                path=one,
                handler=self.delete_list,
                summary="Delete live list",
                privilege=Privilege.LIVE_LIST_UPDATE,
                tag=_TAG,
                example=Example(path=_PATH, response={name: _LIST[name] for name in ("accountSid", "listName")}),
            ),
        )

    def _queues(self) -> tuple[Endpoint, ...]:
        queue = "/v4/livelist/queue/{name}"
        return (
            Endpoint(
                number="91",
                method="GET",
                path=queue,
                handler=self.preview,
                summary="Preview live list",
                privilege=Privilege.LIVE_LIST_USE,
                query=PreviewQuery,
                tag=_TAG,
                example=Example(path=_PATH, query={"size": "1"}, response=_QUEUED),
            ),
            Endpoint(
                number="92",
                method="POST",
                path=queue,
                handler=self.take_next,
                summary="Get live list next",
                privilege=Privilege.LIVE_LIST_USE,
                own_transactions=True,
                tag=_TAG,
                example=Example(path=_PATH, response=_QUEUED),
            ),
            Endpoint(
                number="93",
                method="DELETE",
                path=queue,
                handler=self.remove_next,
                summary="Remove live list next",
                privilege=Privilege.LIVE_LIST_USE,
                own_transactions=True,
                tag=_TAG,
                example=Example(path=_PATH, response=_QUEUED),
            ),
        )


def viewer_of(caller: Principal) -> Viewer:
    """Who works lists off."""
    return Viewer(caller.account_id, caller.client_id, caller.may(Privilege.LIVE_LIST_UPDATE))


def render_list(summary: LiveListSummary, *, with_users: bool = True) -> dict[str, Any]:
    """A list; its users are for administrators of lists."""
    shown: dict[str, Any] = {"accountSid": summary.live_list.account_id, "listName": summary.live_list.name}
    if with_users:
        shown["clientIds"] = summary.client_ids
    return {**shown, "length": summary.length}


def render_queued(queued: QueuedContact) -> dict[str, Any]:
    """A contact in line: as contacts are shown, with what put it there and until when (`expiresAt` null: for good).
    Times are epoch milliseconds.
    """
    entry = queued.entry
    return {
        **render_contact(queued.contact),
        "listName": queued.live_list.name,
        "campaignId": entry.campaign_id,
        "campaignRunId": entry.run_id,
        "campaignExtData": entry.variables,
        "expiresAt": epoch_ms(entry.expires_at) if entry.expires_at else None,
        "addedAt": epoch_ms(entry.added_at),
    }
