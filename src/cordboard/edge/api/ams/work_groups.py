"""Requests 201 to 207: work groups. One POST creates them, and adds and removes users."""

from __future__ import annotations

from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from cordboard.domain.accounts.models import WorkGroup
from cordboard.domain.accounts.privileges import Privilege
from cordboard.domain.accounts.work_groups import GroupChanges, WorkGroupService
from cordboard.edge.api.frame.endpoint import Call, Endpoint, Example, Reply
from cordboard.kit.clock import epoch_ms
from cordboard.kit.errors import ConflictError, InvalidInputError, NotFoundError
from cordboard.kit.paging import Page

_TAG: Final = "Work groups"
_NAME: Final = {"groupname": "crew"}
_BODY: Final = {
    "groupName": "crew",
    "description": "The Crew",
    "metadata": {"accountItem": "KRTC", "region": "Northeast"},
    "details": {"manager": "Jane"},
}
_SHOWN: Final = {
    "accountSid": "173c6f7f-c911-4823-bb2d-a13e4780c300",
    **_BODY,
    "userIds": ["07f9bc1a-7777-4444-8888-0601e38803ca"],
    "created": 1767614400000,
}


class PageQuery(msgspec.Struct):
    """At most 1000 groups at once; 100 unless said otherwise."""

    size: int | None = None
    offset: int | None = None


class GroupEditBody(msgspec.Struct, rename="camel", kw_only=True):
    """What is given replaces what was; `userIds` are then all the users, in their order."""

    group_name: str
    description: str | None = None
    metadata: dict[str, str] | None = None
    details: dict[str, str] | None = None
    user_ids: list[UUID] | None = None

    @property
    def changes(self) -> GroupChanges:
        """What is given."""
        return GroupChanges(
            description=self.description, metadata=self.metadata, details=self.details, user_ids=self.user_ids
        )


class GroupBody(GroupEditBody, rename="camel", kw_only=True):
    """A name that is new makes a group. With one that there is, `userIds` are added, or removed by the `action`."""

    action: Literal["add", "remove"] | None = None


class MembersBody(msgspec.Struct, rename="camel", kw_only=True):
    """The users to take out."""

    user_ids: list[UUID]


class WorkGroupsResource:
    """`/ams/v3/workgroup`."""

    def __init__(self, groups: WorkGroupService) -> None:
        self._groups = groups

    async def get_groups(self, call: Call) -> Reply:
        """The account's groups by name."""
        wanted = Page.of(call.query.size, call.query.offset)
        found = await self._groups.page(call.tx, call.principal.account_id, wanted)
        return Reply([render_group(group) for group in found])

    async def get_group(self, call: Call) -> Reply:
        """One group, its name in any case of letters."""
        return _shown(await self._groups.get(call.tx, call.principal.account_id, call.path["groupname"]))

    async def post_group(self, call: Call) -> Reply:
        """Creates the group of a new name; adds users to, or removes them from, one that there is."""
        body: GroupBody = call.body
        account_id = call.principal.account_id
        present = await self._groups.find(call.tx, account_id, body.group_name)
        if present is None and body.action is None:
            return _shown(await self._groups.create(call.tx, account_id, body.group_name, body.changes))
        if present is None:
            raise NotFoundError("groupName")
        _require_membership_only(body, present)
        change = self._groups.remove_users if body.action == "remove" else self._groups.add_users
        return _shown(await change(call.tx, account_id, body.group_name, body.user_ids or []))

    async def edit_group(self, call: Call) -> Reply:
        """Changes what is given of a group."""
        body: GroupEditBody = call.body
        return _shown(await self._groups.edit(call.tx, call.principal.account_id, body.group_name, body.changes))

    async def delete_group(self, call: Call) -> Reply:
        """Removes a group; its users stay."""
        return _shown(await self._groups.delete(call.tx, call.principal.account_id, call.path["groupname"]))

    async def remove_users(self, call: Call) -> Reply:
        """Takes users out of a group, those who are in it."""
        account_id, name = call.principal.account_id, call.path["groupname"]
        return _shown(await self._groups.remove_users(call.tx, account_id, name, call.body.user_ids))

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The table."""
        base, one = "/ams/v3/workgroup", "/ams/v3/workgroup/{groupname}"
        return (
            Endpoint(
                number="201",
                method="GET",
                path=base,
                handler=self.get_groups,
                summary="Get work groups",
                privilege=Privilege.WORKGROUP_READ,
                query=PageQuery,
                tag=_TAG,
                example=Example(response=_SHOWN),
            ),
            Endpoint(
                number="202",
                method="GET",
                path=one,
                handler=self.get_group,
                summary="Get work group",
                privilege=Privilege.WORKGROUP_READ,
                tag=_TAG,
                example=Example(path=_NAME, response=_SHOWN),
            ),
            Endpoint(
                number="203, 206, 207",
                method="POST",
                path=base,
                handler=self.post_group,
                summary="Create work group, or add or remove users",
                privilege=Privilege.WORKGROUP_UPDATE,
                body=GroupBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="204",
                method="PUT",
                path=base,
                handler=self.edit_group,
                summary="Update work group",
                privilege=Privilege.WORKGROUP_UPDATE,
                body=GroupEditBody,
                tag=_TAG,
                example=Example(body=_BODY, response=_SHOWN),
            ),
            Endpoint(
                number="205",
                method="DELETE",
                path=one,
                handler=self.delete_group,
                summary="Delete work group",
                privilege=Privilege.WORKGROUP_UPDATE,
                tag=_TAG,
                example=Example(path=_NAME, response=_SHOWN),
            ),
            Endpoint(
                number="ours",
                method="DELETE",
                path=one + "/users",
                handler=self.remove_users,
                summary="Remove users from work group",
                privilege=Privilege.WORKGROUP_UPDATE,
                body=MembersBody,
                tag=_TAG,
                example=Example(
                    path=_NAME,
                    body={"userIds": ["07f9bc1a-7777-4444-8888-0601e38803ca"]},
                    response=_SHOWN | {"userIds": []},
                ),
            ),
        )


def render_group(group: WorkGroup) -> dict[str, Any]:
    """A group; `created` in epoch milliseconds."""
    return {
        "accountSid": group.account_id,
        "groupName": group.name,
        "description": group.description,
        "metadata": group.metadata,
        "details": group.details,
        "userIds": group.user_ids,
        "created": epoch_ms(group.created_at),
    }


def _shown(group: WorkGroup) -> Reply:
    return Reply([render_group(group)])


def _require_membership_only(body: GroupBody, present: WorkGroup) -> None:
    """Of a group that there is, a POST changes the users only. Raises InvalidInputError where it names none, and
    ConflictError where it would describe the group anew.
    """
    given = (body.description, body.metadata, body.details)
    shown = (present.description, present.metadata, present.details)
    if any(new not in (None, old) for new, old in zip(given, shown, strict=True)):
        raise ConflictError(f"the work group {present.name} exists; change it with PUT")
    if not body.user_ids:
        raise InvalidInputError.of("userIds", f"is required: the work group {present.name} exists")
