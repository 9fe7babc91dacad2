"""Subaccounts (requests 4, 6 to 8): made, suspended, closed, opened again and deleted by their parent only."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.accounts import repository
from cordboard.domain.accounts import subaccounts_repository as tree
from cordboard.domain.accounts.events import user_deleted
from cordboard.domain.accounts.models import ACTIVE, CLOSED, INACTIVE, Account
from cordboard.domain.accounts.ports import OwnedNumbers
from cordboard.domain.accounts.profile import ProfileChanges, changed_profile
from cordboard.infra.db import Tx
from cordboard.infra.events import append
from cordboard.kit.clock import Clock
from cordboard.kit.errors import ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page

MOST_SUBACCOUNTS: Final = 1000
_FOLLOWING: Final = {ACTIVE: (ACTIVE, INACTIVE, CLOSED), INACTIVE: (INACTIVE, ACTIVE, CLOSED), CLOSED: (CLOSED, ACTIVE)}
"""Which statuses may follow one: what was closed is opened again or stays closed."""


class SubaccountService:
    """The verbs of subaccounts. They have none themselves: the tree is two levels high."""

    def __init__(self, clock: Clock, ids: Ids, numbers: OwnedNumbers) -> None:
        self._clock = clock
        self._ids = ids
        self._numbers = numbers

    async def page(self, tx: Tx, parent_id: UUID, wanted: Page) -> list[Account]:
        """The account's subaccounts of every status, the oldest first; none for a subaccount."""
        return await tree.subaccounts(tx, parent_id, wanted)

    async def create(self, tx: Tx, parent_id: UUID, profile: ProfileChanges, status: Literal[0, 1]) -> Account:
        """A new subaccount, which has no users yet. Raises InvalidInputError, PermissionDeniedError, ConflictError."""
        parent = await tree.lock(tx, parent_id)
        if parent is None or not parent.is_parent:
            raise PermissionDeniedError("only a parent account has subaccounts")
        if await tree.count_subaccounts(tx, parent_id) >= MOST_SUBACCOUNTS:
            raise ConflictError(f"an account may have {MOST_SUBACCOUNTS} subaccounts")
        now = self._clock.now()
        empty = Account(self._ids.random_uuid(), parent_id, "", "", "", "", "cordboard", "", "", status, now, now)
        made = changed_profile(empty, profile)
        if not made.name:
            raise InvalidInputError.of("name", "is required")
        await repository.insert_account(tx, made)
        return made

    async def set_status(self, tx: Tx, parent_id: UUID, account_id: UUID, status: int) -> Account:
        """Makes a subaccount active, inactive or closed; its tokens follow within two seconds. Closing also revokes its
        keys and sessions for good. Raises NotFoundError, PermissionDeniedError, ConflictError.
        """
        if account_id == parent_id:
            raise PermissionDeniedError("an account does not change its own status; its parent does")
        present = await self._locked(tx, parent_id, account_id)
        if status not in _FOLLOWING[present.status]:
            raise ConflictError("the subaccount is closed; make it active again first")
        return await self._with_status(tx, present, status)

    async def delete(self, tx: Tx, parent_id: UUID, account_id: UUID) -> Account:
        """Takes a subaccount out of sight, and its users away; its logs stay as long as logs do. Raises NotFoundError,
        PermissionDeniedError, ConflictError while it owns numbers.
        """
        if account_id == parent_id:
            raise PermissionDeniedError("an account does not delete itself")
        present = await self._locked(tx, parent_id, account_id)
        if await self._numbers.owns_numbers(tx, account_id):
            raise ConflictError("the subaccount owns numbers; release them or transfer them to the parent first")
        now = self._clock.now()
        closed = await self._with_status(tx, present, CLOSED)
        await tree.mark_deleted(tx, account_id, now)
        gone = await tree.delete_users(tx, account_id)
        await append(tx, [user_deleted(account_id, user_id, now) for user_id in gone])
        return closed

    async def ends_of_move(self, tx: Tx, caller_id: UUID, source_id: UUID, target_id: UUID) -> tuple[Account, Account]:
        """From where to where an account moves something between a parent and its own subaccount, kept as they are
        until the transaction ends. The source is the caller or a subaccount of it. Raises NotFoundError,
        InvalidInputError, ConflictError.
        """
        found = await tree.hold(tx, [source_id, target_id])
        source, target = found.get(source_id), found.get(target_id)
        if source is None or caller_id not in (source.id, source.parent_id):
            raise NotFoundError("fromAccountSid")
        in_sight = target_id in (caller_id, source.parent_id)
        if target is None or not (in_sight or target.parent_id == caller_id):
            raise NotFoundError("toAccountSid")
        if source_id == target_id:
            raise InvalidInputError.of("toAccountSid", "is the account that has the numbers")
        if target_id != source.parent_id and target.parent_id != source_id:
            raise InvalidInputError.of("toAccountSid", "is another subaccount; transfer to the parent account first")
        if not target.active:
            raise ConflictError("toAccountSid names an account that is not active")
        return source, target

    async def _locked(self, tx: Tx, parent_id: UUID, account_id: UUID) -> Account:
        found = await tree.subaccount(tx, parent_id, account_id, lock=True)
        if found is None:
            raise NotFoundError("accountId")
        return found

    async def _with_status(self, tx: Tx, present: Account, status: int) -> Account:
        now = self._clock.now()
        changed = replace(present, status=status, modified_at=now)
        await tree.update(tx, changed)
        if status == CLOSED:
            await tree.revoke_tokens(tx, present.id, now)
        return changed
