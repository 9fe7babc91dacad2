"""Work groups: users of an account under a name, in an order (requests 201 to 207)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from cordboard.domain.accounts import repository
from cordboard.domain.accounts import work_group_repository as groups
from cordboard.domain.accounts.errors import (
    TooManyPeopleError,
    WorkGroupExistsError,
    WorkGroupNotFoundError,
)
from cordboard.domain.accounts.events import WORK_GROUP_DELETED, WorkGroupEvent
from cordboard.domain.accounts.models import WorkGroup
from cordboard.infra.db import Tx
from cordboard.infra.events import Event, append
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page

MOST_GROUPS: Final = 1000
MOST_MEMBERS: Final = 1000
_LONGEST_NAME: Final = 100
_LONGEST_DESCRIPTION: Final = 1000
_MOST_PAIRS: Final = 50
_LONGEST_KEY: Final = 100
_LONGEST_VALUE: Final = 1000
_NAMED_STRANGERS: Final = 10


class GroupChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a request sets of a group; None leaves it as it is. `user_ids` are all the members in their order."""

    description: str | None = None
    metadata: dict[str, str] | None = None
    details: dict[str, str] | None = None
    user_ids: list[UUID] | None = None


class WorkGroupService:
    """The verbs of work groups. Names are found in any case of letters."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    async def page(self, tx: Tx, account_id: UUID, wanted: Page) -> list[WorkGroup]:
        """The account's groups by name."""
        return await groups.page(tx, account_id, wanted)

    async def find(self, tx: Tx, account_id: UUID, name: str) -> WorkGroup | None:
        """A group of the account, if there is one of the name."""
        return await groups.find(tx, account_id, name)

    async def get(self, tx: Tx, account_id: UUID, name: str) -> WorkGroup:
        """A group of the account. Raises WorkGroupNotFoundError."""
        return _found(await groups.find(tx, account_id, name))

    async def groups_of(self, tx: Tx, account_id: UUID, user_id: UUID) -> list[WorkGroup]:
        """The groups that a user of the account is in, by name."""
        return await groups.of_user(tx, account_id, user_id)

    async def members(self, tx: Tx, account_id: UUID, name: str) -> list[UUID]:
        """The ids of a group's users in their order. Raises WorkGroupNotFoundError."""
        return (await self.get(tx, account_id, name)).user_ids

    async def create(self, tx: Tx, account_id: UUID, name: str, changes: GroupChanges) -> WorkGroup:
        """A new group. Raises InvalidInputError, WorkGroupExistsError, TooManyPeopleError."""
        blank = WorkGroup(
            id=self._ids.random_uuid(), account_id=account_id, name=name.strip(), created_at=self._clock.now()
        )
        if errors := _name_problems(blank.name):
            raise InvalidInputError(errors)
        new = await self._changed(tx, blank, changes)
        if await groups.count(tx, account_id) >= MOST_GROUPS:
            raise TooManyPeopleError(f"an account may have {MOST_GROUPS} work groups")
        if not await groups.insert(tx, new):
            raise WorkGroupExistsError(f"a work group is named {new.name}")
        await groups.put_members(tx, new.id, new.user_ids)
        return new

    async def edit(self, tx: Tx, account_id: UUID, name: str, changes: GroupChanges) -> WorkGroup:
        """Changes what is given. Raises WorkGroupNotFoundError, InvalidInputError, TooManyPeopleError."""
        changed = await self._changed(tx, _found(await groups.find(tx, account_id, name, lock=True)), changes)
        await groups.update(tx, changed)
        if changes.user_ids is not None:
            await groups.put_members(tx, changed.id, changed.user_ids)
        return changed

    async def add_users(self, tx: Tx, account_id: UUID, name: str, user_ids: Sequence[UUID]) -> WorkGroup:
        """Puts users behind those who are in the group; who is in it already stays in place. Raises
        WorkGroupNotFoundError, InvalidInputError, TooManyPeopleError.
        """
        present = _found(await groups.find(tx, account_id, name, lock=True))
        members = [*present.user_ids, *user_ids]
        changed = await self._changed(tx, present, GroupChanges(user_ids=members))
        await groups.put_members(tx, changed.id, changed.user_ids)
        return changed

    async def remove_users(self, tx: Tx, account_id: UUID, name: str, user_ids: Sequence[UUID]) -> WorkGroup:
        """Takes users out of the group, those who are in it. Raises WorkGroupNotFoundError."""
        present = _found(await groups.find(tx, account_id, name, lock=True))
        gone = set(user_ids)
        changed = replace(present, user_ids=[one for one in present.user_ids if one not in gone])
        await groups.put_members(tx, changed.id, changed.user_ids)
        return changed

    async def delete(self, tx: Tx, account_id: UUID, name: str) -> WorkGroup:
        """Removes a group; its users stay. Raises WorkGroupNotFoundError."""
        gone = _found(await groups.find(tx, account_id, name, lock=True))
        await groups.delete(tx, account_id, gone.id)
        told = msgspec.to_builtins(WorkGroupEvent(account_sid=str(account_id), group_name=gone.name))
        await append(tx, [Event(WORK_GROUP_DELETED, account_id, gone.name.lower(), told, self._clock.now())])
        return gone

    async def _changed(self, tx: Tx, present: WorkGroup, changes: GroupChanges) -> WorkGroup:
        """The group with the changes, checked. Raises InvalidInputError, TooManyPeopleError."""
        given = {name: value for name in changes.__struct_fields__ if (value := getattr(changes, name)) is not None}
        changed = replace(present, **given)
        changed = replace(changed, user_ids=list(dict.fromkeys(changed.user_ids)))
        if len(changed.user_ids) > MOST_MEMBERS:
            raise TooManyPeopleError(f"a work group may have {MOST_MEMBERS} users")
        errors = _problems(changed)
        known = await repository.usernames(tx, changed.account_id, changed.user_ids)
        strangers = [str(one) for one in changed.user_ids if one not in known]
        if strangers:
            errors.append(
                FieldError("userIds", f"are not users of this account: {', '.join(strangers[:_NAMED_STRANGERS])}")
            )
        if errors:
            raise InvalidInputError(errors)
        return changed


def _found(group: WorkGroup | None) -> WorkGroup:
    if group is None:
        raise WorkGroupNotFoundError("groupName")
    return group


def _name_problems(name: str) -> list[FieldError]:
    """A name stands in paths: without slashes, and not only of dots, which clients resolve."""
    usable = name.isprintable() and "/" not in name and name.strip(".")
    if usable and len(name) <= _LONGEST_NAME:
        return []
    return [FieldError("groupName", f"must have 1 to {_LONGEST_NAME} printable characters, no slash, not only dots")]


def _problems(group: WorkGroup) -> list[FieldError]:
    errors = []
    if len(group.description) > _LONGEST_DESCRIPTION:
        errors.append(FieldError("description", f"may have {_LONGEST_DESCRIPTION} characters"))
    return errors + _map_problems("metadata", group.metadata) + _map_problems("details", group.details)


def _map_problems(field: str, pairs: Mapping[str, str]) -> list[FieldError]:
    if len(pairs) > _MOST_PAIRS:
        return [FieldError(field, f"may have {_MOST_PAIRS} members")]
    return [
        FieldError(
            f"{field}.{key[:_LONGEST_KEY]}",
            f"must have a name of 1 to {_LONGEST_KEY} characters and a value of at most {_LONGEST_VALUE}",
        )
        for key, value in pairs.items()
        if not 1 <= len(key) <= _LONGEST_KEY or len(value) > _LONGEST_VALUE
    ]
