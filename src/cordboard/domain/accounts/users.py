"""The users of an account (requests 149 to 154 and 156 to 158)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from cordboard.domain.accounts import repository, user_repository
from cordboard.domain.accounts.administration import (
    require_administrator_left,
    require_reach,
    role_problems,
    roles_after,
)
from cordboard.domain.accounts.errors import (
    AccountSuspendedError,
    TooManyPeopleError,
    UsernameTakenError,
    UserNotFoundError,
)
from cordboard.domain.accounts.events import user_deleted
from cordboard.domain.accounts.models import Principal, User, UserView
from cordboard.domain.accounts.passwords import hash_password, password_problems
from cordboard.domain.accounts.ports import UserInboxes, UserNumbers
from cordboard.domain.accounts.tokens import first_second_after
from cordboard.domain.accounts.user_fields import (
    NewUser,
    UserEdit,
    field_problems,
    unchangeable_problems,
    with_details,
)
from cordboard.infra.db import Tx
from cordboard.infra.events import append
from cordboard.kit.clock import Clock
from cordboard.kit.errors import FieldError, InvalidInputError
from cordboard.kit.ids import Ids
from cordboard.kit.paging import Page

MOST_USERS: Final = 10_000


class UserService:
    """The verbs of users. `principal` is who asks: only users of the account that it acts for can be reached."""

    def __init__(self, *, clock: Clock, ids: Ids, numbers: UserNumbers, inboxes: UserInboxes) -> None:
        self._clock = clock
        self._ids = ids
        self._numbers = numbers
        self._inboxes = inboxes

    async def page(self, tx: Tx, account_id: UUID, wanted: Page) -> list[User]:
        """The account's users, the oldest first."""
        return await user_repository.page(tx, account_id, wanted)

    async def get(self, tx: Tx, account_id: UUID, user_id: UUID) -> User:
        """One of them. Raises UserNotFoundError."""
        return _found(await user_repository.find(tx, account_id, user_id), "clientId")

    async def named(self, tx: Tx, account_id: UUID, username: str) -> User:
        """One of them by the user name, in any case of letters. Raises UserNotFoundError."""
        return _found(await user_repository.named(tx, account_id, username), "username")

    async def shown(self, tx: Tx, account_id: UUID, users: Sequence[User]) -> list[UserView]:
        """Users of an account with what other contexts know of them."""
        ids = [user.id for user in users]
        account = await repository.account(tx, account_id)
        numbers = await self._numbers.webphone_numbers(tx, account_id, ids)
        inboxes = await self._inboxes.inboxes(tx, account_id, ids)
        parent_id = account.parent_id if account else account_id
        return [UserView(user, parent_id, numbers.get(user.id, ""), inboxes.get(user.id, [])) for user in users]

    async def prepare(self, principal: Principal, new: NewUser) -> User:
        """The user that `add` may add: checked, and with a hashed password, which takes long. Raises InvalidInputError,
        with an error for each rule that is broken.
        """
        username = new.username.strip()
        blank = User(
            self._ids.random_uuid(),
            new.account_id or principal.account_id,
            username,
            "",
            int(new.active),
            [],
            None,
            0,
            email=username,
            created_at=self._clock.now(),
        )
        user = with_details(blank, new.details)
        user = user if user.email else replace(user, email=username)
        errors = field_problems(user)
        errors += [FieldError("password", problem) for problem in password_problems(new.password, username)]
        errors += role_problems(new.roles, (), principal.privileges)
        if errors:
            raise InvalidInputError(errors)
        return replace(user, roles=roles_after(new.roles, ()), password_hash=await hash_password(new.password))

    async def add(self, tx: Tx, principal: Principal, prepared: User) -> User:
        """Adds a prepared user. Raises InvalidInputError for another account, AccountSuspendedError,
        UsernameTakenError, TooManyPeopleError.
        """
        account = await repository.account(tx, prepared.account_id)
        if account is None or principal.account_id not in (account.id, account.parent_id):
            raise InvalidInputError.of("belongAcctId", "must be this account's or a subaccount's")
        if not account.active:
            raise AccountSuspendedError
        if await user_repository.count(tx, account.id) >= MOST_USERS:
            raise TooManyPeopleError(f"an account may have {MOST_USERS} users")
        if not await user_repository.add(tx, prepared):
            raise UsernameTakenError("username")
        return prepared

    async def edit(self, tx: Tx, principal: Principal, user_id: UUID, edit: UserEdit) -> User:
        """Gives a user these roles, and changes what is given besides. Roles that were taken are gone from tokens
        within two seconds; those that were given are in the next token. Raises UserNotFoundError, InvalidInputError,
        PermissionDeniedError, LastAdministratorError.
        """
        before = await self._for_change(tx, principal, user_id)
        after = with_details(before, edit.details)
        after = after if after.email else replace(after, email=before.username)
        errors = unchangeable_problems(before, edit) + field_problems(after)
        errors += role_problems(edit.roles, before.roles, principal.privileges)
        if errors:
            raise InvalidInputError(errors)
        after = replace(after, roles=roles_after(edit.roles, before.roles))
        await require_administrator_left(tx, before, after)
        await user_repository.update(tx, after)
        return after

    async def set_status(self, tx: Tx, principal: Principal, user_id: UUID, *, active: bool) -> User:
        """Lets a user sign in again, or no longer: then the sessions end within two seconds, and the keys rest. Raises
        UserNotFoundError, PermissionDeniedError, LastAdministratorError.
        """
        before = await self._for_change(tx, principal, user_id)
        after = replace(before, status=int(active))
        await require_administrator_left(tx, before, after)
        await user_repository.set_status(tx, after.account_id, after.id, after.status)
        if before.active and not active:
            now = self._clock.now()
            await user_repository.end_sessions(tx, user_id, now, first_second_after(now))
        return after

    async def delete(self, tx: Tx, principal: Principal, user_id: UUID) -> User:
        """Removes a user with keys and sessions; what the user made stays with the account. Raises UserNotFoundError,
        PermissionDeniedError, LastAdministratorError.
        """
        gone = await self._for_change(tx, principal, user_id)
        await require_administrator_left(tx, gone, None)
        await user_repository.delete(tx, gone.account_id, gone.id)
        await append(tx, [user_deleted(gone.account_id, gone.id, self._clock.now())])
        return gone

    @staticmethod
    async def _for_change(tx: Tx, principal: Principal, user_id: UUID) -> User:
        """A user whom the caller may change, locked; who administers the account is the caller's to change until the
        transaction ends. Raises UserNotFoundError, PermissionDeniedError.
        """
        await user_repository.lock_account(tx, principal.account_id)
        user = _found(await user_repository.find(tx, principal.account_id, user_id, lock=True), "clientId")
        require_reach(principal.privileges, user)
        return user


def _found(user: User | None, field: str) -> User:
    if user is None:
        raise UserNotFoundError(field)
    return user
